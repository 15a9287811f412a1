#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct run_options {
	const char *bundle;
	bool detach, keep, no_pivot, no_new_keyring, no_subreaper;
	struct runc_launch_options launch;
};

#define LAUNCH(member)                                                                             \
	(offsetof(struct run_options, launch) + offsetof(struct runc_launch_options, member))

static const struct option_row create_rows[] = {
	{'b', "bundle", OPTION_TEXT, offsetof(struct run_options, bundle), "folder",
	 "the bundle (default: the current folder)"},
	{0, "console-socket", OPTION_TEXT, LAUNCH(console_socket), "path",
	 "unix socket that gets the terminal"},
	{0, "no-new-keyring", OPTION_FLAG, offsetof(struct run_options, no_new_keyring), NULL,
	 "accepted: no keyring is made"},
	{0, "no-pivot", OPTION_FLAG, offsetof(struct run_options, no_pivot), NULL,
	 "refused: without pivot_root the host's files are in reach"},
	{0, "pid-file", OPTION_TEXT, LAUNCH(pid_file), "file", "write the process id there"},
	{0, "preserve-fds", OPTION_INTEGER, LAUNCH(preserve_fds), "N",
	 "hand on N more descriptors, from 3 on"},
	{0},
};

static const struct option_row run_rows[] = {
	{'b', "bundle", OPTION_TEXT, offsetof(struct run_options, bundle), "folder",
	 "the bundle (default: the current folder)"},
	{0, "console-socket", OPTION_TEXT, LAUNCH(console_socket), "path",
	 "unix socket that gets the terminal"},
	{'d', "detach", OPTION_FLAG, offsetof(struct run_options, detach), NULL,
	 "do not wait for the container"},
	{0, "keep", OPTION_FLAG, offsetof(struct run_options, keep), NULL,
	 "do not delete the container when it has ended"},
	{0, "no-new-keyring", OPTION_FLAG, offsetof(struct run_options, no_new_keyring), NULL,
	 "accepted: no keyring is made"},
	{0, "no-pivot", OPTION_FLAG, offsetof(struct run_options, no_pivot), NULL,
	 "refused: without pivot_root the host's files are in reach"},
	{0, "no-subreaper", OPTION_FLAG, offsetof(struct run_options, no_subreaper), NULL,
	 "accepted: the reaper of orphans we are anyway"},
	{0, "pid-file", OPTION_TEXT, LAUNCH(pid_file), "file", "write the process id there"},
	{0, "preserve-fds", OPTION_INTEGER, LAUNCH(preserve_fds), "N",
	 "hand on N more descriptors, from 3 on"},
	{0},
};

/* One container from its bundle to its process. */
struct run {
	const struct runc *runc;
	struct run_options options;
	char *id;     /* owned */
	char *bundle; /* owned */
	json_t *spec; /* owned */
	struct runc_container container;
	bool reserved; /* the id is ours, so its folder is ours to remove */
	struct runtime_process process;
};

static void run_finish(struct run *run)
{
	free(run->id);
	free(run->bundle);
	json_decref(run->spec);
	runc_container_finish(&run->container);
	runtime_process_finish(&run->process);
}
#define autorun __attribute__((cleanup(run_finish))) struct run

static bool is_bundle(const char *dir)
{
	autofree char *config = format("%s/config.json", dir);

	return strchr(dir, '/') || access(config, F_OK) == 0;
}

/* `run BUNDLE` needs no id: one is made of the folder's name and our process id. */
static char *derive_id(const char *dir)
{
	autofree char *path = realpath(dir, NULL);
	const char *base = path ? strrchr(path, '/') + 1 : "bundle";
	char *id = format("%.200s-%d", *base ? base : "bundle", getpid());

	for (char *c = id; *c; c++)
		if (!strchr("_+-.", *c) && !(*c >= '0' && *c <= '9') &&
		    !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
			*c = '-';
	return id;
}

static fallible parse(struct run *run, const struct option_row *rows, const char *usage, int argc,
		      char **argv, bool *help)
{
	int first;

	TRY(options_parse(rows, &run->options, OPTIONS_FIRST, argc, argv, &first, help));
	if (*help) {
		runc_usage(usage, rows);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "%s takes one argument: %s", argv[0], usage);
	if (run->options.no_pivot)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "--no-pivot: without pivot_root the host's files stay in reach of "
				 "the container, so it is refused");
	bool bundle = !run->options.bundle && is_bundle(argv[first]);
	if (bundle)
		run->options.bundle = argv[first];
	run->id = bundle ? derive_id(argv[first]) : duplicate(argv[first]);
	TRY(runc_container_check_id(run->id));
	return bundle_load(run->options.bundle ? run->options.bundle : ".", &run->spec,
			   &run->bundle);
}

static fallible compile(struct run *run, const char *fifo, struct plan *plan)
{
	autofree char *cgroup = format("/mini-runc-%s", run->id);
	const struct spec_options options = {.bundle = run->bundle,
					     .cgroup_default = cgroup,
					     .rootless = run->runc->without_root};
	autobuffer warnings = {0};

	if (fifo)
		plan_step(plan, STEP_START_FIFO, .text = {fifo});
	TRY(spec_compile(run->spec, &options, plan, &warnings));
	runc_warn(run->runc, warnings.data);
	return NULL;
}

/* Before anything is made: should we be killed on the way, `delete --force` knows of the group.
 * One that others use must not be written down, as that would kill them. */
static fallible announce(const struct run *run, const struct plan *plan)
{
	size_t offset = 0;
	struct step step;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, &step) > 0)
		if (step.kind == STEP_CGROUP_CREATE) {
			TRY(cgroup_check_free(step.text[0]));
			return runc_container_announce(&run->container, step.text[0]);
		}
	return NULL;
}

/* Up to the state "created". */
static fallible create(struct run *run, bool waits)
{
	autoplan plan = {0};

	TRY(runc_container_reserve(run->runc->root, run->id, &run->container));
	run->reserved = true;
	autofree char *fifo = waits ? runc_container_fifo(&run->container) : NULL;
	if (fifo && mkfifo(fifo, 0600) < 0)
		return error_system("cannot create '%s'", fifo);
	TRY(compile(run, fifo, &plan));
	TRY(announce(run, &plan));
	TRY(runc_launch(&plan, &run->options.launch, run->options.detach || waits, &run->process));
	runc_warn(run->runc, run->process.warnings.data);
	return runc_container_save(&run->container, run->bundle, run->spec, run->process.pid,
				   run->process.cgroup.path);
}

/* What is left when it did not come to a container, or when that has ended. */
static void clean_up(struct run *run)
{
	autoerror e = cgroup_remove(&run->process.cgroup);

	if (e)
		runc_log(run->runc, "warning", e->message);
	if (run->reserved)
		error_free(runc_container_forget(&run->container));
}

static fallible create_or_undo(struct run *run, bool waits)
{
	autoerror e = create(run, waits);

	if (!e)
		return NULL;
	runtime_abort(&run->process);
	clean_up(run);
	return steal(&e);
}

static fallible start_or_undo(struct run *run)
{
	autoerror e = runtime_start(&run->process);

	if (!e)
		return NULL;
	runtime_abort(&run->process);
	clean_up(run);
	return steal(&e);
}

static fallible run_in_foreground(struct run *run, int *code)
{
	struct runc_session session;

	TRY(runc_session_begin(&session));
	struct error *e = create_or_undo(run, false);
	if (!e)
		e = start_or_undo(run);
	if (!e) {
		e = runc_session_run(&session, &run->process, code);
		if (!run->options.keep)
			clean_up(run);
	}
	runc_session_end(&session);
	return e;
}

fallible runc_run(const struct runc *runc, int argc, char **argv, int *code)
{
	autorun run = {.runc = runc, .process = RUNTIME_PROCESS_EMPTY};
	bool help = false;

	TRY(parse(&run, run_rows, "run [options] ID, or run [options] BUNDLE", argc, argv, &help));
	if (help)
		return NULL;
	if (!run.options.detach)
		return run_in_foreground(&run, code);
	TRY(create_or_undo(&run, false));
	return start_or_undo(&run);
}

fallible runc_create(const struct runc *runc, int argc, char **argv, int *code)
{
	autorun run = {.runc = runc, .process = RUNTIME_PROCESS_EMPTY};
	bool help = false;

	(void)code;
	TRY(parse(&run, create_rows, "create [options] ID", argc, argv, &help));
	return help ? NULL : create_or_undo(&run, true);
}
