#include <stdlib.h>
#include <string.h>

#include "bundle.h"
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
	const char *cwd, *user, *process;
	bool terminal, detach, no_new_privs;
	struct words environment, capabilities, groups;
	struct runc_launch_options launch;
};

#define LAUNCH(member)                                                                             \
	(offsetof(struct exec_options, launch) + offsetof(struct runc_launch_options, member))

static const struct option_row rows[] = {
	{'c', "cap", OPTION_LIST, offsetof(struct exec_options, capabilities), "name",
	 "one more capability"},
	{0, "console-socket", OPTION_TEXT, LAUNCH(console_socket), "path",
	 "unix socket that gets the terminal"},
	{0, "cwd", OPTION_TEXT, offsetof(struct exec_options, cwd), "folder",
	 "where the program starts"},
	{'d', "detach", OPTION_FLAG, offsetof(struct exec_options, detach), NULL,
	 "do not wait for the program"},
	{'e', "env", OPTION_LIST, offsetof(struct exec_options, environment), "NAME=value",
	 "one more variable"},
	{'g', "additional-gids", OPTION_LIST, offsetof(struct exec_options, groups), "gid",
	 "one more group"},
	{0, "no-new-privs", OPTION_FLAG, offsetof(struct exec_options, no_new_privs), NULL,
	 "set no_new_privs"},
	{0, "pid-file", OPTION_TEXT, LAUNCH(pid_file), "file", "write the process id there"},
	{0, "preserve-fds", OPTION_INTEGER, LAUNCH(preserve_fds), "N",
	 "hand on N more descriptors, from 3 on"},
	{'p', "process", OPTION_TEXT, offsetof(struct exec_options, process), "file",
	 "the process as a JSON file, as in config.json"},
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
}
#define autooptions __attribute__((cleanup(exec_options_finish))) struct exec_options

static fallible set_user(const struct exec_options *options, json_t *process)
{
	autofree char *text = duplicate(options->user ? options->user : "0");
	char *colon = strchr(text, ':');
	json_t *user = json_object();
	int64_t number;

	if (!options->user && !options->groups.count) {
		json_decref(user);
		return NULL;
	}
	json_object_set_new(process, "user", user);
	if (colon)
		*colon++ = '\0';
	TRY(integer_parse(text, "--user", 0, UINT32_MAX - 1, &number));
	json_object_set_new(user, "uid", json_integer(number));
	TRY(integer_parse(colon ? colon : "0", "--user", 0, UINT32_MAX - 1, &number));
	json_object_set_new(user, "gid", json_integer(number));
	json_t *groups = json_array();
	json_object_set_new(user, "additionalGids", groups);
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

	for (size_t s = 0; s < countof(sets); s++) {
		json_t *set = json_at(process, "capabilities", sets[s], NULL);

		for (size_t i = 0; set && i < options->capabilities.count; i++)
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
	if (options->no_new_privs)
		json_object_set_new(process, "noNewPrivileges", json_true());
	TRY(set_user(options, process));
	add_capabilities(options, process);
	*out = steal(&process);
	return NULL;
}

static fallible compile(const struct runc *runc, const struct exec_options *options,
			const struct runc_container *container, char **argv, struct plan *plan)
{
	json_t *config = json_object_get(container->state, "config");
	autojson *spec = json_copy(config), *process = NULL;
	json_t *linux_part = json_copy(json_object_get(config, "linux"));
	autobuffer warnings = {0};

	/* Where it is, not where the document may have left it open. */
	if (linux_part)
		json_object_set_new(linux_part, "cgroupsPath", json_string(container->cgroup));
	json_object_set_new(spec, "linux", linux_part ? linux_part : json_null());
	if (options->user) /* the one who is named here wins over the annotation */
		json_object_del(spec, "annotations");
	TRY(options->process ? bundle_read_json(options->process, &process)
			     : make_process(options, spec, argv, &process));
	TRY(spec_compile_exec(spec, process, container->pid, plan, &warnings));
	runc_warn(runc, warnings.data);
	return NULL;
}

static fallible run(const struct runc *runc, const struct exec_options *options,
		    const struct plan *plan, int *code)
{
	struct runtime_process process = RUNTIME_PROCESS_EMPTY;
	struct runc_session session;

	TRY(runc_session_begin(&session));
	struct error *e = runc_launch(plan, &options->launch, options->detach, &process);
	if (!e)
		runc_warn(runc, process.warnings.data);
	if (!e)
		e = runtime_start(&process);
	if (!e && !options->detach)
		e = runc_session_run(&session, &process, code);
	else if (e)
		runtime_abort(&process);
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
	const char *status = runc_container_status(&container);
	if (strcmp(status, "running") != 0 && strcmp(status, "created") != 0)
		return error_new(ERROR_CONFLICT, "cannot exec in a container in the state '%s'",
				 status);
	TRY(compile(runc, &options, &container, argv + first + 1, &plan));
	return run(runc, &options, &plan, code);
}
