#include "spec.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel_call.h"
#include "memory.h"
#include "namespace.h"
#include "root.h"
#include "runtime.h"
#include "spec_parts.h"
#include "text.h"

void spec_warn(struct spec_build *build, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (!build->warnings)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buffer_printf(build->warnings, "%s\n", text);
}

const char *spec_annotation(const struct spec_build *build, const char *name)
{
	return json_string_at(build->annotations, name, NULL);
}

bool spec_path_is_absolute(const json_t *value)
{
	return json_is_string(value) && json_string_value(value)[0] == '/';
}

fallible spec_get_number(const json_t *object, const char *key, int64_t fallback, int64_t least,
			 int64_t most, int64_t *out)
{
	const json_t *value = json_object_get(object, key);

	TRY(json_get_integer(object, key, fallback, out));
	if (!value || json_is_null(value))
		return fallback == SPEC_REQUIRED ? error_new(ERROR_INVALID, "%s is missing", key)
						 : NULL;
	if (*out < least || *out > most)
		return error_new(ERROR_INVALID, "%s: %lld is not in %lld..%lld", key,
				 (long long)*out, (long long)least, (long long)most);
	return NULL;
}

/* "1.3.0-rc.1+build" of Semantic Versioning 2.0.0. */
static bool is_semantic_version(const char *version, int *major, int *minor)
{
	int patch, length = 0;

	if (sscanf(version, "%5d.%5d.%5d%n", major, minor, &patch, &length) != 3 ||
	    strspn(version, "0123456789.") != (size_t)length)
		return false;
	const char *rest = version + length;
	return !*rest || (strchr("-+", *rest) && rest[1] &&
			  strspn(rest, "0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-+.") == strlen(rest));
}

static fallible check_version(struct spec_build *build)
{
	const char *version;
	int major, minor, known_major, known;

	TRY(json_get_string(build->spec, "ociVersion", "", &version));
	if (!*version)
		return error_new(ERROR_INVALID, "ociVersion is missing");
	if (!is_semantic_version(version, &major, &minor))
		return error_new(ERROR_INVALID, "ociVersion: '%s' is no version of the form 1.2.3",
				 version);
	is_semantic_version(SPEC_VERSION, &known_major, &known);
	if (major != known_major)
		return error_new(ERROR_INVALID,
				 "ociVersion is '%s', and this runtime knows version 1", version);
	if (minor > known)
		spec_warn(build,
			  "ociVersion is '%s': what is newer than " SPEC_VERSION " is ignored",
			  version);
	return NULL;
}

static fallible check_annotations(json_t *annotations)
{
	const char *name;
	const json_t *value;

	json_object_foreach (annotations, name, value)
		if (!*name || !json_is_string(value))
			return error_new(ERROR_INVALID, "annotations.%s: %s", name,
					 *name ? "it must be a string" : "a key is empty");
	return NULL;
}

static fallible read_parts(struct spec_build *build)
{
	json_t *part;

	if (!json_is_object(build->spec))
		return error_new(ERROR_INVALID, "the document must be an object");
	TRY(check_version(build));
	TRY(json_get_object(build->spec, "annotations", &part));
	build->annotations = part;
	TRY(check_annotations(part));
	TRY(json_get_object(build->spec, "linux", &part));
	build->linux = part;
	if (!build->process) {
		TRY(json_get_object(build->spec, "process", &part));
		build->process = part;
	}
	if (!build->process)
		return error_new(ERROR_INVALID, "process is missing: there is nothing to run");
	TRY(error_wrap(json_get_boolean(build->process, "terminal", false, &build->terminal),
		       "process"));
	return spec_read_namespaces(build);
}

static fallible add_name(struct spec_build *build, const char *member, enum step_kind kind)
{
	const char *name;

	TRY(json_get_string(build->spec, member, "", &name));
	if (!*name)
		return NULL;
	if (!((build->new_namespaces | build->joined) & CLONE_NEWUTS))
		return error_new(ERROR_INVALID,
				 "%s: it would rename the host; it needs a namespace of type uts",
				 member);
	if (strlen(name) > 64)
		return error_new(ERROR_INVALID, "%s: '%s' is longer than 64 characters", member,
				 name);
	plan_step(build->plan, kind, .text = {name});
	return NULL;
}

static fallible add_oom_score(struct spec_build *build)
{
	int64_t score;
	json_t *value = json_object_get(build->process, "oomScoreAdj");

	TRY(error_wrap(json_get_integer(build->process, "oomScoreAdj", 0, &score), "process"));
	if (score < -1000 || score > 1000)
		return error_new(ERROR_INVALID, "process.oomScoreAdj: %lld is not in -1000..1000",
				 (long long)score);
	if (json_is_integer(value))
		plan_step(build->plan, STEP_OOM_SCORE, .number = {score});
	return NULL;
}

/* Before the root is switched: who sees what. /proc is still the host's. */
static fallible add_surroundings(struct spec_build *build)
{
	TRY(spec_add_namespaces(build));
	TRY(spec_add_scheduling(build));
	TRY(spec_add_net_devices(build));
	TRY(add_oom_score(build));
	TRY(spec_add_security_labels(build));
	/* Who is not root outside could not open the namespaces of a hidden one for exec or a hook.
	 * So where nobody is there to look, it comes with the start. */
	if (!(build->new_namespaces & CLONE_NEWPID))
		plan_step(build->plan, STEP_HIDE);
	plan_step(build->plan, STEP_SESSION);
	TRY(add_name(build, "hostname", STEP_HOSTNAME));
	TRY(add_name(build, "domainname", STEP_DOMAINNAME));
	if (build->new_namespaces & CLONE_NEWNET)
		plan_step(build->plan, STEP_LOOPBACK);
	/* The group is the top of a new cgroup namespace, so the child must be in it before. */
	plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_CGROUP_JOINED});
	if (build->new_namespaces & CLONE_NEWCGROUP)
		plan_step(build->plan, STEP_UNSHARE, .number = {CLONE_NEWCGROUP});
	return NULL;
}

static fallible add_folder_to_make(struct spec_build *build)
{
	const char *cwd = json_string_at(build->process, "cwd", NULL);

	if (strcmp(spec_annotation(build, "mini-docker.workdir"), "create") == 0 && *cwd)
		plan_step(build->plan, STEP_CWD, .number = {1}, .text = {cwd});
	return NULL;
}

static fallible compile(struct spec_build *build)
{
	bool readonly;

	TRY(read_parts(build));
	TRY(spec_add_hooks(build));
	TRY(spec_add_cgroup(build));
	TRY(spec_add_resctrl(build));
	TRY(add_surroundings(build));
	TRY(spec_add_root(build));
	TRY(spec_add_mounts(build));
	TRY(spec_add_devices(build));
	TRY(spec_add_console(build));
	spec_add_creation_hooks(build);
	plan_step(build->plan, STEP_PIVOT,
		  .number = {!spec_has_mounts(build)    ? ROOT_CHROOT
			     : build->options->no_pivot ? ROOT_MOVE
							: ROOT_PIVOT});
	TRY(add_folder_to_make(build));
	TRY(spec_add_propagation(build));
	TRY(json_get_boolean(json_object_get(build->spec, "root"), "readonly", false, &readonly));
	if (readonly)
		plan_step(build->plan, STEP_ROOT_READONLY);
	TRY(spec_add_sysctls(build));
	TRY(spec_add_paths(build));
	return spec_add_process(build);
}

fallible spec_compile(const json_t *spec, const struct spec_options *options, struct plan *plan,
		      struct buffer *warnings)
{
	static const struct spec_options none;
	struct spec_build build = {.spec = spec,
				   .options = options ? options : &none,
				   .plan = plan,
				   .warnings = warnings};

	return error_wrap(compile(&build), "config.json");
}

/* The mount namespace last: until then /proc/PID is there to find the others in. */
static void join_all(struct spec_build *build, pid_t init_pid)
{
	uint64_t present = build->new_namespaces | build->joined;

	for (int last = 0; last < 2; last++)
		for (const struct namespace_kind *kind = namespace_kinds; kind->oci; kind++) {
			autofree char *path = format("/proc/%d/ns/%s", init_pid, kind->proc);

			if (!(present & kind->flag) || (kind->flag == CLONE_NEWNS) != last)
				continue;
			plan_step(build->plan,
				  kind->flag == CLONE_NEWUSER  ? STEP_JOIN_USER
				  : kind->flag == CLONE_NEWPID ? STEP_JOIN_PID
							       : STEP_JOIN,
				  .number = {kind->flag}, .text = {path});
		}
}

static void add_single_groups(struct spec_build *build)
{
	const char *line = build->options->cgroups;

	for (; line && *line; line += strcspn(line, "\n") + 1) {
		size_t name = strcspn(line, " ");
		autofree char *controller = duplicate_range(line, name);
		autofree char *path =
			duplicate_range(line + name + 1, strcspn(line + name + 1, "\n"));

		plan_step(build->plan, STEP_CGROUP_SINGLE, .text = {controller, path});
	}
}

static fallible compile_exec(struct spec_build *build, pid_t init_pid)
{
	TRY(read_parts(build));
	const char *group = json_string_at(build->linux, "cgroupsPath", NULL);
	if (*group)
		plan_step(build->plan, STEP_CGROUP_JOIN, .text = {group});
	add_single_groups(build);
	TRY(spec_add_affinity(build, "initial", STEP_CPU_AFFINITY_FIRST));
	TRY(spec_add_scheduling(build));
	TRY(add_oom_score(build));
	TRY(spec_add_security_labels(build));
	plan_step(build->plan, STEP_HIDE);
	plan_step(build->plan, STEP_SESSION);
	plan_step(build->plan, STEP_WAIT, .number = {RUNTIME_CGROUP_JOINED});
	TRY(spec_add_affinity(build, "final", STEP_CPU_AFFINITY));
	join_all(build, init_pid);
	autofree char *root = spec_has_mounts(build) ? NULL : format("/proc/%d/root", init_pid);
	plan_step(build->plan, STEP_CHROOT_JOINED, .text = {root});
	TRY(spec_add_console(build));
	return spec_add_process(build);
}

fallible spec_compile_exec(const json_t *spec, const json_t *process, pid_t init_pid,
			   const struct spec_options *options, struct plan *plan,
			   struct buffer *warnings)
{
	static const struct spec_options none;
	struct spec_build build = {.spec = spec,
				   .process = process,
				   .options = options ? options : &none,
				   .plan = plan,
				   .warnings = warnings};

	build.init_pid = init_pid;
	return compile_exec(&build, init_pid);
}
