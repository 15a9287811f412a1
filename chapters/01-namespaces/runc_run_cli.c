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
#include "root.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_destroy.h"
#include "runc_launch.h"
#include "runc_notify.h"
#include "runc_session.h"
#include "spec.h"

struct run_options {
	const char *bundle, *config;
	bool keep, no_pivot, no_new_keyring, no_subreaper;
	struct runc_launch_options launch;
};

#define LAUNCH(member)                                                                             \
	(offsetof(struct run_options, launch) + offsetof(struct runc_launch_options, member))

/* The rows that both commands have. */
#define CREATE_ROWS                                                                                \
	{'b',         "bundle",                                                                    \
	 OPTION_TEXT, offsetof(struct run_options, bundle),                                        \
	 "folder",    "the bundle (default: the current folder)"},                                 \
		{'f',         "config",                                                            \
		 OPTION_TEXT, offsetof(struct run_options, config),                                \
		 "file",      "crun's: another file than the bundle's config.json"},               \
		{0,           "console-socket",                                                    \
		 OPTION_TEXT, LAUNCH(console_socket),                                              \
		 "path",      "unix socket that gets the terminal"},                               \
		{0,           "no-new-keyring",                                                    \
		 OPTION_FLAG, offsetof(struct run_options, no_new_keyring),                        \
		 NULL,        "keep the caller's session keyring"},                                \
		{0,           "no-pivot",                                                          \
		 OPTION_FLAG, offsetof(struct run_options, no_pivot),                              \
		 NULL,        "chroot(2) instead of pivot_root(2): for a root that is a ramdisk"}, \
		{0,           "pid-file",                                                          \
		 OPTION_TEXT, LAUNCH(pid_file),                                                    \
		 "file",      "write the process id there"},                                       \
	{                                                                                          \
		0, "preserve-fds", OPTION_INTEGER, LAUNCH(preserve_fds), "N",                      \
			"hand on N more descriptors, from 3 on"                                    \
	}

static const struct option_row create_rows[] = {CREATE_ROWS, {0}};

static const struct option_row run_rows[] = {
	CREATE_ROWS,
	{'d', "detach", OPTION_FLAG, LAUNCH(detached), NULL, "do not wait for the container"},
	{0, "keep", OPTION_FLAG, offsetof(struct run_options, keep), NULL,
	 "do not delete the container when it has ended"},
	{0, "no-subreaper", OPTION_FLAG, offsetof(struct run_options, no_subreaper), NULL,
	 "leave orphans of the container to the next reaper above"},
	{0},
};

/* One container from its bundle to its process. */
struct run {
	const struct runc *runc;
	struct run_options options;
	char *id;                        /* owned */
	char *bundle;                    /* owned */
	json_t *spec;                    /* owned */
	struct plan plan;                /* owned */
	bool notified;                   /* our caller wants to know when it is ready */
	int notify;                      /* owned: the socket that it says so on, -1: none */
	struct runc_container container; /* folderfd below 0: the id is not ours */
	struct runtime_process process;
};

static void run_finish(struct run *run)
{
	free(run->id);
	free(run->bundle);
	json_decref(run->spec);
	plan_finish(&run->plan);
	runc_container_finish(&run->container);
	runtime_process_finish(&run->process);
	close_fd(&run->notify);
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
	bool bundle = !run->options.bundle && is_bundle(argv[first]);
	if (bundle)
		run->options.bundle = argv[first];
	run->id = bundle ? derive_id(argv[first]) : duplicate(argv[first]);
	TRY(runc_container_check_id(run->id));
	return bundle_load(run->options.bundle ? run->options.bundle : ".", run->options.config,
			   &run->spec, &run->bundle);
}

/* As sd_listen_fds(3) wants it in there, where the program is process 1. */
static void add_activation(struct run *run, json_t *spec)
{
	json_t *environment = json_at(spec, "process", "env", NULL);
	int64_t count = run->options.launch.listen_fds;
	autofree char *text = format("LISTEN_FDS=%d", (int)count);

	if (!count)
		return;
	json_array_append_new(environment, json_string(text));
	json_array_append_new(environment, json_string("LISTEN_PID=1"));
}

static char *absolute(const char *path)
{
	autofree char *here = *path == '/' ? NULL : getcwd(NULL, 0);

	return here ? format("%s/%s", here, path) : duplicate(path);
}

/* What our own caller gave us for this program goes into it, and not into the document: what is
 * executed in the container later has none of it. */
static json_t *with_callers_gifts(struct run *run)
{
	autofree char *root = absolute(run->runc->root);
	autofree char *folder = format("%s/%s", root, run->id);

	run->options.launch.listen_fds = runc_launch_listen_fds();
	run->notified =
		runc_notify_is_wanted() && json_is_object(json_object_get(run->spec, "process"));
	if (!run->options.launch.listen_fds && !run->notified)
		return json_incref(run->spec);
	json_t *spec = json_deep_copy(run->spec);
	add_activation(run, spec);
	if (run->notified)
		runc_notify_add(spec, folder);
	return spec;
}

static fallible compile(struct run *run, struct plan *plan)
{
	autofree char *cgroup = format("mini-runc-%s", run->id);
	autofree char *filters = runc_container_filters(run->runc->root);
	const struct spec_options options = {.bundle = run->bundle,
					     .cgroup_default = cgroup,
					     .id = run->id,
					     .no_pivot = run->options.no_pivot,
					     .no_keyring = run->options.no_new_keyring,
					     .filters = filters,
					     .rootless = run->runc->without_root};
	autobuffer warnings = {0};
	autojson *spec = with_callers_gifts(run);

	TRY(spec_compile(spec, &options, plan, &warnings));
	if (options.no_pivot)
		buffer_printf(&warnings, "--no-pivot: the host's root stays below the container's, "
					 "and who breaks out of a chroot is there\n");
	runc_warn(run->runc, warnings.data);
	return NULL;
}

/* Of the whole plan: where the group lies. */
static const char *group_in(const struct plan *plan)
{
	struct step step;
	size_t offset = 0;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, &step) > 0)
		if (step.kind == STEP_CGROUP_CREATE)
			return step.text[0];
	return "";
}

/* With the host. */
static bool shares_mounts(const struct plan *plan)
{
	struct step step;
	size_t offset = 0;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, &step) > 0)
		if (step.kind == STEP_PIVOT)
			return step.number[0] == ROOT_CHROOT;
	return false;
}

/* Up to the state "created". */
static fallible create(struct run *run)
{
	struct plan *plan = &run->plan;

	/* Checked before the id is taken. */
	TRY(compile(run, plan));
	const char *group = group_in(plan);
	TRY(runc_container_reserve(run->runc->root, run->id, &run->container));
	/* A group that others use must not be written down: it would be taken away from them. */
	if (*group)
		TRY(cgroup_check_free(group));
	TRY(runc_container_describe(&run->container, run->bundle, run->spec, group));
	json_object_set_new(run->container.state, "noNewKeyring",
			    json_boolean(run->options.no_new_keyring));
	if (run->notified)
		TRY(runc_notify_prepare(&run->container));
	if (shares_mounts(plan))
		TRY(runc_container_share_mounts(&run->container));
	TRY(runc_container_store(&run->container));
	runc_debug(run->runc, "bundle %s, state %s, cgroup %s", run->bundle, run->container.folder,
		   *group ? group : "none");
	TRY(runc_launch(plan, &run->options.launch, &run->container, &run->process));
	runc_warn(run->runc, run->process.warnings.data);
	runc_debug(run->runc, "created: process %d waits for its start", run->process.pid);
	return NULL;
}

/* What is left when it did not come to a container, or when that has ended. Somebody else may have
 * deleted it, and made another of that name. */
static void clean_up(struct run *run)
{
	struct runc_container *container = &run->container;
	autoerror e = container->locked ? NULL : runc_container_lock(container);

	if (!e)
		e = container->pid ? runc_destroy(run->runc, container)
				   : runc_container_forget(container);
	if (e && e->class != ERROR_NOT_FOUND)
		runc_log(run->runc, "warning", e->message);
}

static fallible undo(struct run *run, struct error *e)
{
	if (!e)
		return NULL;
	runtime_abort(&run->process);
	if (run->container.folderfd >= 0)
		clean_up(run);
	return e;
}

static fallible create_or_undo(struct run *run)
{
	return undo(run, create(run));
}

static fallible start(struct run *run)
{
	TRY(runc_notify_bind(&run->container, &run->notify));
	TRY(runtime_start(&run->process));
	runc_debug(run->runc, "started: process %d runs the program", run->process.pid);
	return NULL;
}

static fallible start_or_undo(struct run *run)
{
	return undo(run, start(run));
}

static fallible run_in_foreground(struct run *run, int *code)
{
	struct runc_session session;

	TRY(runc_session_begin(&session, !run->options.no_subreaper));
	struct error *e = create_or_undo(run);
	if (!e) {
		runc_session_copy_size(&run->process);
		e = start_or_undo(run);
	}
	session.notify = run->notify;
	if (!e) {
		e = runc_session_run(&session, &run->process, code);
		runc_debug(run->runc, "ended: exit code %d", *code);
		if (!run->options.keep)
			clean_up(run);
	}
	runc_session_end(&session);
	return e;
}

fallible runc_run(const struct runc *runc, int argc, char **argv, int *code)
{
	autorun run = {.runc = runc,
		       .process = RUNTIME_PROCESS_EMPTY,
		       .container.folderfd = -1,
		       .notify = -1};
	bool help = false;

	TRY(parse(&run, run_rows, "run [options] ID, or run [options] BUNDLE", argc, argv, &help));
	if (help)
		return NULL;
	if (!run.options.launch.detached) {
		TRY(run_in_foreground(&run, code));
		/* The process's end gives back all that is left, and touches no page for it. */
		exit(*code);
	}
	TRY(create_or_undo(&run));
	TRY(start_or_undo(&run));
	autoerror e = runc_notify_await(run.notify, &run.process);
	if (e)
		runc_log(runc, "warning", e->message);
	return NULL;
}

fallible runc_create(const struct runc *runc, int argc, char **argv, int *code)
{
	autorun run = {.runc = runc,
		       .process = RUNTIME_PROCESS_EMPTY,
		       .container.folderfd = -1,
		       .notify = -1,
		       .options.launch = {.detached = true, .waits = true}};
	bool help = false;

	(void)code;
	TRY(parse(&run, create_rows, "create [options] ID", argc, argv, &help));
	return help ? NULL : create_or_undo(&run);
}
