/*
 * mini-runc - runs containers from OCI bundles: chapter 01 as a program
 *
 * Standard: OCI runtime-spec; the command line is runc's. Book: 1.12
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "executable.h"
#include "explain.h"
#include "json.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_rootless.h"
#include "spec.h"
#include "text.h"
#include "version.h"

static const struct option_row rows[] = {
	{0, "cgroup-manager", OPTION_TEXT, offsetof(struct runc, cgroup_manager), "cgroupfs",
	 "crun's name for who makes cgroups: we do, directly"},
	{0, "criu", OPTION_TEXT, offsetof(struct runc, criu), "path", "accepted, without effect"},
	{0, "debug", OPTION_FLAG, offsetof(struct runc, debug), NULL, "tell more"},
	{0, "explain", OPTION_FLAG, offsetof(struct runc, explain), NULL,
	 "print each step at a kernel interface (not in runc)"},
	{0, "log", OPTION_TEXT, offsetof(struct runc, log), "file",
	 "write warnings to this file, and errors also there"},
	{0, "log-format", OPTION_TEXT, offsetof(struct runc, log_format), "text|json",
	 "how they are written there"},
	{0, "root", OPTION_TEXT, offsetof(struct runc, root), "folder",
	 "where states of containers are kept (/run/mini-runc, a user's: "
	 "$XDG_RUNTIME_DIR/mini-runc)"},
	{0, "rootless", OPTION_TEXT, offsetof(struct runc, rootless), "true|false|auto",
	 "do without what only root may do: cgroups (default: auto)"},
	{0, "systemd-cgroup", OPTION_FLAG, offsetof(struct runc, systemd_cgroup), NULL,
	 "not built in: cgroups are made directly"},
	{'v', "version", OPTION_FLAG, offsetof(struct runc, version), NULL, "print the version"},
	{0},
};

enum needs {
	NOTHING = 0,
	STATES = 1, /* it looks at containers, or makes one */
	GUARDS = 2, /* processes of it get into a container */
};

static const struct {
	const char *name;
	runc_function *run; /* NULL: not built in yet */
	const char *help;
	int needs;
} commands[] = {
	{"checkpoint", runc_checkpoint, "refused: it needs CRIU", NOTHING},
	{"create", runc_create, "create a container that waits for start", STATES | GUARDS},
	{"delete", runc_delete, "remove a container that has stopped", STATES},
	{"events", runc_events, "print statistics, and when memory runs out", STATES},
	{"exec", runc_exec, "run one more process in a container", STATES | GUARDS},
	{"features", runc_features, "print what this runtime knows, as JSON", NOTHING},
	{"kill", runc_kill, "send a signal to the container's first process", STATES},
	{"list", runc_list, "list containers", STATES},
	{"pause", runc_pause, "stop giving processor time to a container", STATES},
	{"ps", runc_ps, "list the processes of a container", STATES},
	{"restore", runc_restore, "refused: it needs CRIU", NOTHING},
	{"resume", runc_resume, "the opposite of pause", STATES},
	{"run", runc_run, "create and start a container", STATES | GUARDS},
	{"spec", runc_spec, "write a config.json to begin with", NOTHING},
	{"start", runc_start, "start what create made", STATES},
	{"state", runc_state, "print a container's state as JSON", STATES},
	{"update", runc_update, "change the limits of a container", STATES},
};

/* As logrus writes it, which callers read: with whole seconds. */
static void append_log(const struct runc *runc, const char *level, const char *message)
{
	autoclose int fd = open(runc->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	bool as_json = runc->log_format && strcmp(runc->log_format, "json") == 0;
	autojson *quoted = json_text_value(message, strlen(message));
	const struct timespec now = {.tv_sec = time_now().tv_sec};
	char when[TIME_TEXT_SIZE];

	time_text(now, when);
	autofree char *text = json_dumps(quoted, JSON_ENCODE_ANY);
	autofree char *line = as_json ? format("{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n",
					       level, text, when)
				      : format("time=\"%s\" level=%s msg=%s\n", when, level, text);
	if (fd >= 0)
		(void)!write(fd, line, strlen(line)); /* stderr has it too */
}

void runc_log(const struct runc *runc, const char *level, const char *message)
{
	bool error = strcmp(level, "error") == 0;

	/* Who gave a log reads it, and our stderr is the container's as well: as runc, only errors
	 * go to both. */
	if (error || !runc->log)
		fprintf(stderr, "mini-runc: %s%s%s\n", error ? "" : level, error ? "" : ": ",
			message);
	if (runc->log)
		append_log(runc, level, message);
}

void runc_debug(const struct runc *runc, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!runc->debug)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	runc_log(runc, "debug", text);
}

static void debug_command(const struct runc *runc, int argc, char **argv)
{
	autobuffer line = {0};

	for (int i = 0; i < argc && runc->debug; i++)
		buffer_printf(&line, " %s", argv[i]);
	runc_debug(runc, "mini-runc " MINI_VERSION ", root %s:%s", runc->root ? runc->root : "none",
		   line.data);
}

void runc_warn(const struct runc *runc, const char *lines)
{
	while (lines && *lines) {
		size_t length = strcspn(lines, "\n");
		autofree char *line = duplicate_range(lines, length);

		runc_log(runc, "warning", line);
		lines += length + (lines[length] == '\n');
	}
}

fallible runc_open_one(const struct runc *runc, int argc, char **argv,
		       struct runc_container *container)
{
	static const struct option_row none[] = {{0}};
	bool help;
	int first;

	TRY(options_parse(none, NULL, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		printf("Usage: mini-runc [global options] %s ID\n", argv[0]);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "%s takes one argument: %s ID", argv[0], argv[0]);
	return runc_container_open(runc->root, argv[first], container);
}

void runc_usage(const char *usage, const struct option_row *options)
{
	printf("Usage: mini-runc [global options] %s\n\n", usage);
	options_help(options, stdout);
}

static void print_help(void)
{
	printf("Usage: mini-runc [global options] COMMAND [options] [arguments]\n\n"
	       "Runs containers from OCI bundles.\n\nCommands:\n");
	for (size_t i = 0; i < countof(commands); i++)
		if (commands[i].run)
			printf("  %-10s %s\n", commands[i].name, commands[i].help);
	printf("\n");
	options_help(rows, stdout);
}

static fallible check_log(const struct runc *runc)
{
	const char *form = runc->log_format ? runc->log_format : "text";

	if (strcmp(form, "text") != 0 && strcmp(form, "json") != 0)
		return error_new(ERROR_INVALID, "invalid log-format: %s (text or json)", form);
	if (!runc->log)
		return NULL;
	autoclose int fd = open(runc->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return fd < 0 ? error_system("cannot open the log '%s'", runc->log) : NULL;
}

static fallible check_cgroups(const struct runc *runc)
{
	const char *manager = runc->cgroup_manager ? runc->cgroup_manager : "cgroupfs";

	if (runc->systemd_cgroup || strcmp(manager, "systemd") == 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "%s: cgroups through systemd are not built in; have them made "
				 "directly (podman: --cgroup-manager=cgroupfs, containerd: "
				 "SystemdCgroup = false, dockerd: "
				 "--exec-opt native.cgroupdriver=cgroupfs)",
				 runc->systemd_cgroup ? "--systemd-cgroup"
						      : "--cgroup-manager=systemd");
	if (strcmp(manager, "cgroupfs") != 0)
		return error_new(ERROR_INVALID,
				 "--cgroup-manager: '%s' is no cgroup manager of ours (cgroupfs)",
				 manager);
	return NULL;
}

static fallible check_globals(struct runc *runc)
{
	TRY(check_cgroups(runc));
	return runc_rootless_settle(runc);
}

static fallible run_command(struct runc *runc, char **whole, int argc, char **argv, int *code)
{
	bool help = argc > 1 && strcmp(argv[1], "--help") == 0;

	for (size_t i = 0; i < countof(commands); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (!commands[i].run)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "the command '%s' is not built in yet", argv[0]);
		/* It begins again then: what comes before is done twice. */
		if (commands[i].needs & GUARDS)
			TRY(executable_protect(whole));
		if (commands[i].needs & STATES && !help)
			TRY(check_globals(runc));
		debug_command(runc, argc, argv);
		return commands[i].run(runc, argc, argv, code);
	}
	return error_new(ERROR_INVALID, "unknown command '%s': see mini-runc --help", argv[0]);
}

static fallible start(struct runc *runc, int argc, char **argv, int *code)
{
	bool help = false;
	int first;

	TRY(options_parse(rows, runc, OPTIONS_FIRST, argc, argv, &first, &help));
	if (runc->explain)
		explain_open("runtime", STDERR_FILENO);
	if (runc->version) {
		printf("mini-runc version " MINI_VERSION "\nspec: " SPEC_VERSION "\n");
		return NULL;
	}
	bool asked = help || first == argc || strcmp(argv[first], "help") == 0 ||
		     strcmp(argv[first], "h") == 0;

	TRY(check_log(runc));
	if (!asked)
		return run_command(runc, argv, argc - first, argv + first, code);
	print_help();
	return NULL;
}

int main(int argc, char **argv)
{
	struct runc runc = {0};
	int code = 0;

	prctl(PR_SET_NAME, "mini-runc"); /* execveat(2) would name it after a descriptor */
	explain_open_from_environment("runtime");
	autoerror e = start(&runc, argc, argv, &code);
	if (!e)
		return code;
	runc_log(&runc, "error", e->message);
	return error_exit_code(e);
}
