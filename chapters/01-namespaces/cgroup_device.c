#include "cgroup_device.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "memory.h"

/* A rule in numbers; -1 is any. */
struct rule {
	bool allow;
	int type; /* BPF_DEVCG_DEV_* */
	int64_t major, minor;
	int access; /* BPF_DEVCG_ACC_* */
};

#define ALL_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

static bool read_number(const char **at, int64_t *number)
{
	char *end;

	*number = -1;
	if (**at == '*') {
		(*at)++;
		return true;
	}
	*number = strtoll(*at, &end, 10);
	bool good = end != *at && *number >= 0 && *number <= UINT32_MAX;
	*at = end;
	return good;
}

static bool read_access(const char *at, int *access)
{
	for (*access = 0; *at; at++)
		*access |= *at == 'r'   ? BPF_DEVCG_ACC_READ
			   : *at == 'w' ? BPF_DEVCG_ACC_WRITE
			   : *at == 'm' ? BPF_DEVCG_ACC_MKNOD
					: 1 << 30;
	return *access && *access <= ALL_ACCESS;
}

static bool read_rule(const char *text, struct rule *rule)
{
	const char *at = text + 4;

	if (strlen(text) < 9 || !strchr("ad", text[0]) || text[1] != ' ' ||
	    !strchr("abc", text[2]) || text[3] != ' ')
		return false;
	rule->allow = text[0] == 'a';
	rule->type = text[2] == 'b'   ? BPF_DEVCG_DEV_BLOCK
		     : text[2] == 'c' ? BPF_DEVCG_DEV_CHAR
				      : -1;
	return read_number(&at, &rule->major) && *at++ == ':' && read_number(&at, &rule->minor) &&
	       *at++ == ' ' && read_access(at, &rule->access);
}

static fallible read_rules(const char *text, struct buffer *rules)
{
	autofree char *copy = duplicate(text);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct rule rule;

		if (!read_rule(line, &rule))
			return error_new(ERROR_INVALID, "'%s' is no device rule", line);
		buffer_append(rules, &rule, sizeof(rule));
	}
	return NULL;
}

/* ---- the program ---- */

enum { ANSWER = BPF_REG_0, CONTEXT, TYPE, ACCESS, MAJOR, MINOR };

static void add(struct buffer *program, uint8_t code, uint8_t to, uint8_t from, int16_t offset,
		int32_t value)
{
	const struct bpf_insn instruction = {
		.code = code, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};

	buffer_append(program, &instruction, sizeof(instruction));
}

static void add_answer(struct buffer *program, bool allow)
{
	add(program, BPF_ALU64 | BPF_MOV | BPF_K, ANSWER, 0, 0, allow);
	add(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The upper half of the first word is what is asked for, the lower half the kind of device. */
static void add_head(struct buffer *program)
{
	const uint8_t load = BPF_LDX | BPF_MEM | BPF_W;

	add(program, load, TYPE, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
	add(program, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	add(program, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	add(program, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	add(program, load, MAJOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	add(program, load, MINOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
}

/* An allowing rule must cover all that is asked for, a denying one any of it. Jumps go to the
 * next rule; how far that is is filled in when its end is known. */
static void add_rule(struct buffer *program, const struct rule *rule)
{
	const uint8_t differs = BPF_JMP32 | BPF_JNE | BPF_K, covers = BPF_JMP32 | BPF_JNE | BPF_X;
	const uint8_t none = BPF_JMP32 | BPF_JEQ | BPF_K;
	size_t start = program->length;

	if (rule->type >= 0)
		add(program, differs, TYPE, 0, 0, rule->type);
	if (rule->access != ALL_ACCESS) {
		add(program, BPF_ALU64 | BPF_MOV | BPF_X, ANSWER, ACCESS, 0, 0);
		add(program, BPF_ALU64 | BPF_AND | BPF_K, ANSWER, 0, 0, rule->access);
		if (rule->allow)
			add(program, covers, ANSWER, ACCESS, 0, 0);
		else
			add(program, none, ANSWER, 0, 0, 0);
	}
	if (rule->major >= 0)
		add(program, differs, MAJOR, 0, 0, rule->major);
	if (rule->minor >= 0)
		add(program, differs, MINOR, 0, 0, rule->minor);
	add_answer(program, rule->allow);
	struct bpf_insn *first = (void *)(program->data + start);
	struct bpf_insn *end = (void *)(program->data + program->length);
	for (struct bpf_insn *i = first; i < end; i++)
		if (BPF_CLASS(i->code) == BPF_JMP32)
			i->off = end - i - 1;
}

/* Nothing may follow a rule that fits everything: the kernel refuses programs with instructions
 * that are never reached. Without such a rule, a group may use every device. */
static void add_rules(struct buffer *program, const struct rule *rules, size_t count)
{
	add_head(program);
	while (count--) {
		const struct rule *rule = &rules[count];

		add_rule(program, rule);
		if (rule->type < 0 && rule->major < 0 && rule->minor < 0 &&
		    rule->access == ALL_ACCESS)
			return;
	}
	add_answer(program, true);
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int load(const struct buffer *program)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = program->length / sizeof(struct bpf_insn),
		.insns = (uintptr_t)program->data,
		.license = (uintptr_t) "MIT",
	};

	return bpf(BPF_PROG_LOAD, &attr); /* close-on-exec by itself */
}

fallible cgroup_device_attach(int group, const char *rules)
{
	uint64_t began = explain_clock();
	autobuffer list = {0}, program = {0};

	TRY(read_rules(rules, &list));
	add_rules(&program, (const void *)list.data, list.length / sizeof(struct rule));
	autoclose int fd = load(&program);
	union bpf_attr attr = {.target_fd = group,
			       .attach_bpf_fd = fd,
			       .attach_type = BPF_CGROUP_DEVICE,
			       .attach_flags = BPF_F_ALLOW_MULTI};
	if (fd < 0 || bpf(BPF_PROG_ATTACH, &attr) < 0)
		return error_errno(errno == EPERM || errno == ENOSYS || errno == EINVAL
					   ? ERROR_UNAVAILABLE
					   : ERROR_SYSTEM,
				   errno,
				   "cannot limit the devices of the cgroup with a BPF program");
	explain(began, "1.6", "the kernel asks it at each open of a device",
		"bpf(BPF_PROG_ATTACH, BPF_CGROUP_DEVICE, %zu rules)",
		list.length / sizeof(struct rule));
	return NULL;
}
