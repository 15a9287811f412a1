#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cgroup.h"
#include "json.h"
#include "memory.h"
#include "options.h"
#include "plan.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_launch.h"
#include "runc_session.h"
#include "spec.h"
#include "text.h"

struct exec_options {
	const char *cwd, *user, *process, *apparmor, *label;
	bool terminal, no_new_privs, ignore_paused;
	struct words environment, capabilities, groups, cgroups;
	struct runc_launch_options launch;
};

#define LAUNCH(member)                                                                             \
	(offsetof(struct exec_options, launch) + offsetof(struct runc_launch_options, member))

static const struct option_row rows[] = {
	{0, "apparmor", OPTION_TEXT, offsetof(struct exec_options, apparmor), "profile",
	 "the AppArmor profile of the process"},
	{'c', "cap", OPTION_LIST, offsetof(struct exec_options, capabilities), "name",
	 "one more capability"},
	{0, "cgroup", OPTION_LIST, offsetof(struct exec_options, cgroups), "[controller:]path",
	 "a group that exists below the container's"},
	{0, "console-socket", OPTION_TEXT, LAUNCH(console_socket), "path",
	 "unix socket that gets the terminal"},
	{0, "cwd", OPTION_TEXT, offsetof(struct exec_options, cwd), "folder",
	 "where the program starts"},
	{'d', "detach", OPTION_FLAG, LAUNCH(detached), NULL, "do not wait for the program"},
	{'e', "env", OPTION_LIST, offsetof(struct exec_options, environment), "NAME=value",
	 "one more variable"},
	{'g', "additional-gids", OPTION_LIST, offsetof(struct exec_options, groups), "gid",
	 "one more group"},
	{0, "ignore-paused", OPTION_FLAG, offsetof(struct exec_options, ignore_paused), NULL,
	 "also in a paused container, where it waits for resume"},
	{0, "no-new-privs", OPTION_FLAG, offsetof(struct exec_options, no_new_privs), NULL,
	 "set no_new_privs"},
	{0, "pid-file", OPTION_TEXT, LAUNCH(pid_file), "file", "write the process id there"},
	{0, "preserve-fds", OPTION_INTEGER, LAUNCH(preserve_fds), "N",
	 "hand on N more descriptors, from 3 on"},
	{'p', "process", OPTION_TEXT, offsetof(struct exec_options, process), "file",
	 "the process as a JSON file, as in config.json"},
	{0, "process-label", OPTION_TEXT, offsetof(struct exec_options, label), "label",
	 "the SELinux label of the process"},
	{'t', "tty", OPTION_FLAG, offsetof(struct exec_options, terminal), NULL, "with a terminal"},
	{'u', "user", OPTION_TEXT, offsetof(struct exec_options, user), "uid[:gid]",
	 "who it runs as"},
	{0},
};

static void exec_options_finish(struct exec_options *options)
{
	words_finish(&options->environment);
	words_finish(&options->capabilities);
	words_finish(&options->groups);
	words_finish(&options->cgroups);
}
#define autooptions __attribute__((cleanup(exec_options_finish))) struct exec_options

static fallible set_ids(const char *text, json_t *user)
{
	autofree char *uid = duplicate(text);
	char *gid = strchr(uid, ':');
	int64_t number;

	if (gid)
		*gid++ = '\0';
	TRY(integer_parse(uid, "--user", 0, UINT32_MAX - 1, &number));
	json_object_set_new(user, "uid", json_integer(number));
	TRY(integer_parse(gid ? gid : "0", "--user", 0, UINT32_MAX - 1, &number));
	json_object_set_new(user, "gid", json_integer(number));
	return NULL;
}

/* The member as it is, or an empty one that was put there. */
static json_t *member_of(json_t *object, const char *name, json_t *empty)
{
	json_t *member = json_object_get(object, name);

	if (member) {
		json_decref(empty);
		return member;
	}
	json_object_set_new(object, name, empty);
	return empty;
}

static fallible set_user(const struct exec_options *options, json_t *process)
{
	json_t *user = member_of(process, "user", json_object());
	json_t *groups = member_of(user, "additionalGids", json_array());
	int64_t number;

	if (options->user)
		TRY(set_ids(options->user, user));
	for (size_t i = 0; i < options->groups.count; i++) {
		TRY(integer_parse(options->groups.items[i], "--additional-gids", 0, UINT32_MAX - 1,
				  &number));
		json_array_append_new(groups, json_integer(number));
	}
	return NULL;
}

static void add_capabilities(const struct exec_options *options, json_t *process)
{
	static const char *const sets[] = {"bounding", "effective", "permitted"};

	json_t *capabilities = member_of(process, "capabilities", json_object());

	for (size_t s = 0; s < countof(sets); s++) {
		json_t *set = member_of(capabilities, sets[s], json_array());

		for (size_t i = 0; i < options->capabilities.count; i++)
			json_array_append_new(set, json_string(options->capabilities.items[i]));
	}
}

/* The container's own process, with what the options change. */
static fallible make_process(const struct exec_options *options, const json_t *spec, char **argv,
			     json_t **out)
{
	autojson *process = json_deep_copy(json_object_get(spec, "process"));
	json_t *args = json_array(), *environment = json_object_get(process, "env");

	if (!environment) {
		environment = json_array();
		json_object_set_new(process, "env", environment);
	}
	for (; *argv; argv++)
		json_array_append_new(args, json_text_value(*argv, strlen(*argv)));
	json_object_set_new(process, "args", args);
	json_object_set_new(process, "terminal", json_boolean(options->terminal));
	for (size_t i = 0; i < options->environment.count; i++)
		json_array_append_new(environment, json_string(options->environment.items[i]));
	if (options->cwd)
		json_object_set_new(process, "cwd", json_string(options->cwd));
	if (options->apparmor)
		json_object_set_new(process, "apparmorProfile", json_string(options->apparmor));
	if (options->label)
		json_object_set_new(process, "selinuxLabel", json_string(options->label));
	if (options->no_new_privs)
		json_object_set_new(process, "noNewPrivileges", json_true());
	TRY(set_user(options, process));
	add_capabilities(options, process);
	*out = steal(&process);
	return NULL;
}

/* The groups of an exec: where the container is, not where the document may have left it open; or
 * below that. */
struct exec_groups {
	char *path;           /* owned: of all controllers */
	struct buffer single; /* owned: lines "controller path", as spec_options has them */
};

static void exec_groups_finish(struct exec_groups *groups)
{
	free(groups->path);
	buffer_finish(&groups->single);
}
#define autogroups __attribute__((cleanup(exec_groups_finish))) struct exec_groups

static fallible below(const struct runc_container *container, const char *path, char **out)
{
	autofree char *slashes = format("/%s/", path);

	if (!*container->cgroup)
		return error_new(ERROR_INVALID, "--cgroup: the container has no group");
	if (strstr(slashes, "/../"))
		return error_new(ERROR_INVALID, "--cgroup: '%s' is not below the container's group",
				 path);
	path += strspn(path, "/");
	*out = format("%s%s%s", container->cgroup, *path ? "/" : "", path);
	return NULL;
}

/* "cpu,memory:path": each of these controllers. Version 2 has one tree for all of them. */
static fallible add_single(const struct runc_container *container, const char *word,
			   struct exec_groups *groups)
{
	const char *colon = strchr(word, ':');
	autofree char *list = duplicate_range(word, colon - word), *path = NULL;
	char *save = NULL;

	if (cgroup_layout() == CGROUP_V2)
		return error_new(
			ERROR_INVALID,
			"--cgroup: '%s': controllers have no groups of their own on cgroup "
			"version 2; give the path alone",
			word);
	TRY(below(container, colon + 1, &path));
	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		autofree char *line = format("%s ", name);

		if (groups->single.data && strstr(groups->single.data, line))
			return error_new(ERROR_INVALID, "--cgroup: '%s' is there twice", name);
		buffer_printf(&groups->single, "%s%s\n", line, path);
	}
	return NULL;
}

static fallible find_groups(const struct exec_options *options,
			    const struct runc_container *container, struct exec_groups *groups)
{
	for (size_t i = 0; i < options->cgroups.count; i++) {
		const char *word = options->cgroups.items[i];

		if (strchr(word, ':')) {
			TRY(add_single(container, word, groups));
			continue;
		}
		if (groups->path)
			return error_new(ERROR_INVALID, "--cgroup: there are two paths for all "
							"controllers");
		TRY(below(container, word, &groups->path));
	}
	if (!groups->path)
		groups->path = duplicate(container->cgroup);
	return NULL;
}

static fallible compile(const struct runc *runc, const struct exec_options *options,
			const struct runc_container *container, char **argv, struct plan *plan)
{
	json_t *config = json_object_get(container->state, "config");
	autojson *spec = json_copy(config), *process = NULL;
	const json_t *given = json_object_get(config, "linux");
	autojson *linux_part = given ? json_copy((json_t *)given) : json_object();
	autofree char *filters = runc_container_filters(runc->root);
	autogroups groups = {0};

	TRY(find_groups(options, container, &groups));
	const struct spec_options shared = {
		.id = container->id,
		.filters = filters,
		.cgroups = groups.single.data,
		.no_keyring = json_is_true(json_object_get(container->state, "noNewKeyring"))};
	autobuffer warnings = {0};

	json_object_set_new(linux_part, "cgroupsPath", json_string(groups.path));
	json_object_set(spec, "linux", linux_part);
	if (options->user) /* the one who is named here wins over the annotation */
		json_object_del(spec, "annotations");
	TRY(options->process ? bundle_read_json(options->process, &process)
			     : make_process(options, spec, argv, &process));
	TRY(spec_compile_exec(spec, process, container->pid, &shared, plan, &warnings));
	runc_warn(runc, warnings.data);
	return NULL;
}

/* With the words that callers look for. The joins go by the process's number: when it still is the
 * container's after them, it was in between. */
static fallible check_running(const struct exec_options *options,
			      const struct runc_container *container)
{
	const char *status = runc_container_status(container);

	if (strcmp(status, "running") == 0 || strcmp(status, "created") == 0)
		return NULL;
	if (strcmp(status, "paused") != 0)
		return error_new(ERROR_CONFLICT, "cannot exec in a %s container",
				 strcmp(status, "creating") == 0 ? "half-made" : status);
	if (options->ignore_paused)
		return NULL;
	return error_new(ERROR_CONFLICT,
			 "cannot exec in a paused container (use --ignore-paused to override)");
}

static fallible launch(const struct exec_options *options, const struct runc_container *container,
		       const struct plan *plan, struct runtime_process *process)
{
	TRY(runc_launch(plan, &options->launch, NULL, process));
	struct error *e = check_running(options, container);
	if (!e) {
		runc_session_copy_size(process);
		e = runtime_start(process);
	}
	if (e)
		runtime_abort(process);
	return e;
}

static fallible run(const struct runc *runc, const struct exec_options *options,
		    const struct runc_container *container, const struct plan *plan, int *code)
{
	struct runtime_process process = RUNTIME_PROCESS_EMPTY;
	struct runc_session session;

	TRY(runc_session_begin(&session, true));
	struct error *e = launch(options, container, plan, &process);
	runc_warn(runc, process.warnings.data);
	if (!e)
		runc_debug(runc, "started: process %d runs the program", process.pid);
	if (!e && !options->launch.detached)
		e = runc_session_run(&session, &process, code);
	runtime_process_finish(&process);
	runc_session_end(&session);
	return e;
}

fallible runc_exec(const struct runc *runc, int argc, char **argv, int *code)
{
	autooptions options = {0};
	autorunc container = {0};
	autoplan plan = {0};
	bool help = false;
	int first;

	TRY(options_parse(rows, &options, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help) {
		runc_usage("exec [options] ID COMMAND [arguments]", rows);
		return NULL;
	}
	if (argc - first < (options.process ? 1 : 2))
		return error_new(ERROR_INVALID,
				 "exec takes an id and a command: exec [options] ID COMMAND");
	TRY(runc_container_open(runc->root, argv[first], &container));
	TRY(check_running(&options, &container));
	TRY(compile(runc, &options, &container, argv + first + 1, &plan));
	return run(runc, &options, &container, &plan, code);
}
