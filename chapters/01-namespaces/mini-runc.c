/*
 * mini-runc - runs containers from OCI bundles: chapter 01 as a program
 *
 * Standard: OCI runtime-spec; the command line is runc's. Book: 1.12
 */
#include <fcntl.h>
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
#include "runc_rootless.h"
#include "text.h"
#include "version.h"

static const struct option_row rows[] = {
	{0, "debug", OPTION_FLAG, offsetof(struct runc, debug), NULL, "tell more"},
	{0, "explain", OPTION_FLAG, offsetof(struct runc, explain), NULL,
	 "print each step at a kernel interface (not in runc)"},
	{0, "log", OPTION_TEXT, offsetof(struct runc, log), "file",
	 "also write errors and warnings to this file"},
	{0, "log-format", OPTION_TEXT, offsetof(struct runc, log_format), "text|json",
	 "how they are written there"},
	{0, "root", OPTION_TEXT, offsetof(struct runc, root), "folder",
	 "where states of containers are kept (/run/mini-runc, a user's: "
	 "$XDG_RUNTIME_DIR/mini-runc)"},
	{0, "criu", OPTION_TEXT, offsetof(struct runc, criu), "path", "accepted, without effect"},
	{0, "systemd-cgroup", OPTION_OPTIONAL, offsetof(struct runc, systemd_cgroup), NULL,
	 "not built in: cgroups are made directly"},
	{0, "rootless", OPTION_TEXT, offsetof(struct runc, rootless), "true|false|auto",
	 "do without what only root may do: cgroups (default: auto)"},
	{'v', "version", OPTION_FLAG, offsetof(struct runc, version), NULL, "print the version"},
	{0},
};

static const struct {
	const char *name;
	runc_function *run; /* NULL: not built in yet */
	const char *help;
	bool enters; /* processes of it get into a container */
} commands[] = {
	{"create", runc_create, "create a container that waits for start", true},
	{"delete", runc_delete, "remove a container that has stopped"},
	{"events", runc_events, "print statistics, and when memory runs out"},
	{"exec", runc_exec, "run one more process in a container", true},
	{"kill", runc_kill, "send a signal to the container's first process"},
	{"list", runc_list, "list containers"},
	{"pause", runc_pause, "stop giving processor time to a container"},
	{"ps", runc_ps, "list the processes of a container"},
	{"resume", runc_resume, "the opposite of pause"},
	{"run", runc_run, "create and start a container", true},
	{"spec", runc_spec, "write a config.json to begin with"},
	{"start", runc_start, "start what create made"},
	{"state", runc_state, "print a container's state as JSON"},
	{"update", runc_update, "change the limits of a container"},
	{"checkpoint", NULL, NULL},
	{"features", NULL, NULL},
	{"restore", NULL, NULL},
};

static void append_log(const struct runc *runc, const char *level, const char *message)
{
	autoclose int fd = open(runc->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	bool as_json = runc->log_format && strcmp(runc->log_format, "json") == 0;
	autojson *quoted = json_text_value(message, strlen(message));
	char when[TIME_TEXT_SIZE];

	time_text(time_now(), when);
	autofree char *text = json_dumps(quoted, JSON_ENCODE_ANY);
	autofree char *line = format(as_json ? "{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n"
					     : "level=%s msg=%s time=\"%s\"\n",
				     level, text, when);
	if (fd >= 0)
		(void)!write(fd, line, strlen(line)); /* stderr has it too */
}

void runc_log(const struct runc *runc, const char *level, const char *message)
{
	bool warning = strcmp(level, "warning") == 0;

	fprintf(stderr, "mini-runc: %s%s\n", warning ? "warning: " : "", message);
	if (runc->log)
		append_log(runc, level, message);
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

static fallible check_globals(struct runc *runc)
{
	const char *systemd = runc->systemd_cgroup;

	if (systemd && strcmp(systemd, "false") != 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "--systemd-cgroup: cgroups through systemd are not built in yet");
	return runc_rootless_settle(runc);
}

static fallible run_command(struct runc *runc, char **whole, int argc, char **argv, int *code)
{
	for (size_t i = 0; i < countof(commands); i++) {
		if (strcmp(commands[i].name, argv[0]) != 0)
			continue;
		if (!commands[i].run)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "the command '%s' is not built in yet", argv[0]);
		bool alone = commands[i].run == runc_spec ||
			     (argc > 1 && strcmp(argv[1], "--help") == 0);
		if (!alone)
			TRY(check_globals(runc));
		if (commands[i].enters)
			TRY(executable_protect(whole));
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
		printf("mini-runc version " MINI_VERSION "\nspec: 1.0.2\n");
		return NULL;
	}
	bool asked = help || first == argc || strcmp(argv[first], "help") == 0;
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
