#include "plan.h"

#include <string.h>

/* One step on the wire: this, the numbers, the bytes, the texts each with its NUL, and zeros up to
 * the next multiple of 8. Trailing zero numbers and empty texts are left out. */
struct wire {
	uint32_t size; /* of all that */
	uint32_t bytes_length;
	uint16_t kind;
	uint8_t numbers;
	uint8_t texts;
	uint32_t zero;
};

static const char *const names[STEP_KIND_COUNT] = {
	[STEP_CGROUP_CREATE] = "cgroup create",
	[STEP_CGROUP_JOIN] = "cgroup join",
	[STEP_CGROUP_LIMIT] = "cgroup limit",
	[STEP_JOIN_USER] = "join user namespace",
	[STEP_CGROUP_OWNER] = "cgroup owner",
	[STEP_JOIN_PID] = "join pid namespace",
	[STEP_CPU_AFFINITY_FIRST] = "cpu affinity of the runtime",
	[STEP_RESCTRL] = "resctrl group",
	[STEP_CLONE] = "clone",
	[STEP_MAP_IDS] = "map ids",
	[STEP_SECCOMP_LISTENER] = "seccomp listener",
	[STEP_SOURCE_OUTSIDE] = "source outside",
	[STEP_SOURCE_GIVEN] = "source given",
	[STEP_SCHEDULER] = "scheduler",
	[STEP_IO_PRIORITY] = "io priority",
	[STEP_NET_DEVICE] = "network device",
	[STEP_STATE] = "state",
	[STEP_HOOK] = "hook",
	[STEP_WAIT] = "wait",
	[STEP_RUN_HOOKS] = "run hooks",
	[STEP_JOIN] = "join namespace",
	[STEP_CGROUP_SINGLE] = "cgroup of one controller",
	[STEP_UNSHARE] = "unshare",
	[STEP_TIME_NAMESPACE] = "time namespace",
	[STEP_SECURITY_LABEL] = "security label",
	[STEP_CPU_AFFINITY] = "cpu affinity",
	[STEP_HIDE] = "hide",
	[STEP_SESSION] = "session",
	[STEP_HOSTNAME] = "hostname",
	[STEP_DOMAINNAME] = "domainname",
	[STEP_LOOPBACK] = "loopback",
	[STEP_PROPAGATION] = "propagation",
	[STEP_SOURCE] = "source",
	[STEP_ROOT] = "root",
	[STEP_MOUNT] = "mount",
	[STEP_CGROUP_MOUNT] = "cgroup mount",
	[STEP_DEVICE] = "device",
	[STEP_SYMLINK] = "symlink",
	[STEP_CONSOLE] = "console",
	[STEP_PIVOT] = "pivot",
	[STEP_CHROOT_JOINED] = "chroot",
	[STEP_ROOT_PROPAGATION] = "root propagation",
	[STEP_ROOT_READONLY] = "root read-only",
	[STEP_SYSCTL] = "sysctl",
	[STEP_MASK] = "mask",
	[STEP_READONLY] = "read-only path",
	[STEP_OOM_SCORE] = "oom score",
	[STEP_PERSONALITY] = "personality",
	[STEP_MEMORY_POLICY] = "memory policy",
	[STEP_KEYRING] = "keyring",
	[STEP_RLIMIT] = "rlimit",
	[STEP_UMASK] = "umask",
	[STEP_NO_NEW_PRIVS] = "no new privileges",
	[STEP_KEEP_CAPS] = "keep capabilities",
	[STEP_BOUNDING] = "bounding set",
	[STEP_USER] = "user",
	[STEP_USER_NAME] = "user name",
	[STEP_CAPABILITIES] = "capabilities",
	[STEP_SECCOMP] = "seccomp",
	[STEP_CWD] = "cwd",
	[STEP_ENVIRONMENT] = "environment",
	[STEP_PROGRAM] = "program",
	[STEP_EXEC] = "exec",
};

const char *step_name(enum step_kind kind)
{
	return names[kind];
}

void plan_finish(struct plan *plan)
{
	buffer_finish(&plan->steps);
}

static const char *text_of(const struct step *step, int i)
{
	return step->text[i] ? step->text[i] : "";
}

static int count_numbers(const struct step *step)
{
	int n = STEP_NUMBERS;

	while (n && step->number[n - 1] == 0)
		n--;
	return n;
}

static int count_texts(const struct step *step)
{
	int n = STEP_TEXTS;

	while (n && !*text_of(step, n - 1))
		n--;
	return n;
}

void plan_add(struct plan *plan, const struct step *step)
{
	static const char zeros[8];
	struct buffer *b = &plan->steps;
	size_t start = b->length;
	struct wire wire = {
		.kind = step->kind,
		.bytes_length = step->bytes_length,
		.numbers = count_numbers(step),
		.texts = count_texts(step),
	};

	buffer_append(b, &wire, sizeof(wire));
	buffer_append(b, step->number, wire.numbers * sizeof(step->number[0]));
	buffer_append(b, step->bytes, step->bytes_length);
	for (int i = 0; i < wire.texts; i++)
		buffer_append(b, text_of(step, i), strlen(text_of(step, i)) + 1);
	buffer_append(b, zeros, -b->length % 8);
	wire.size = b->length - start;
	memcpy(b->data + start, &wire, sizeof(wire));
}

/* The texts lie in [at, end); false when one has no NUL there. */
static int take_texts(const char *at, const char *end, struct step *step, int count)
{
	for (int i = 0; i < STEP_TEXTS; i++)
		step->text[i] = "";
	for (int i = 0; i < count; i++) {
		const char *nul = memchr(at, '\0', end - at);

		if (!nul)
			return -1;
		step->text[i] = at;
		at = nul + 1;
	}
	return 1;
}

int plan_next(const void *bytes, size_t length, size_t *offset, struct step *step)
{
	const char *at = (const char *)bytes + *offset;
	size_t left = length - *offset;
	struct wire wire;

	if (!left)
		return 0;
	if (*offset > length || left < sizeof(wire))
		return -1;
	memcpy(&wire, at, sizeof(wire));
	if (wire.size > left || wire.size < sizeof(wire) || wire.size % 8)
		return -1;
	if (wire.kind >= STEP_KIND_COUNT || wire.numbers > STEP_NUMBERS || wire.texts > STEP_TEXTS)
		return -1;
	size_t fixed = sizeof(wire) + wire.numbers * sizeof(step->number[0]);
	if (fixed > wire.size || wire.bytes_length > wire.size - fixed)
		return -1;
	*step = (struct step){.kind = wire.kind,
			      .bytes = wire.bytes_length ? at + fixed : NULL,
			      .bytes_length = wire.bytes_length};
	memcpy(step->number, at + sizeof(wire), wire.numbers * sizeof(step->number[0]));
	*offset += wire.size;
	return take_texts(at + fixed + wire.bytes_length, at + wire.size, step, wire.texts);
}
