#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_members.h"

struct ps_options {
	const char *format;
};

static const struct option_row ps_rows[] = {
	{'f', "format", OPTION_TEXT, offsetof(struct ps_options, format), "table|json",
	 "a list of ps(1), or the ids as JSON"},
	{0},
};

static fallible print_pids(const struct buffer *pids)
{
	autojson *list = json_array();

	for (size_t i = 0; i < pids->length / sizeof(pid_t); i++) {
		pid_t pid;

		memcpy(&pid, pids->data + i * sizeof(pid), sizeof(pid));
		json_array_append_new(list, json_integer(pid));
	}
	autofree char *text = json_text(list);
	puts(text);
	return NULL;
}

static bool is_member(const struct buffer *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->length / sizeof(pid_t); i++)
		if (memcmp(pids->data + i * sizeof(pid), &pid, sizeof(pid)) == 0)
			return true;
	return false;
}

/* The word of this column; NULL when the line has not so many. */
static const char *column(const char *line, int number)
{
	line += strspn(line, " ");
	for (; number && *line; number--) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return *line ? line : NULL;
}

/* Which of the title's words is PID, as the options of ps(1) put it anywhere; -1 if none. */
static int find_pid_column(const char *title)
{
	const char *word;

	for (int i = 0; (word = column(title, i)); i++)
		if (strncmp(word, "PID", 3) == 0 && strchr(" \n", word[3]))
			return i;
	return -1;
}

/* The title, and of the machine's processes those that are members. */
static fallible print_members(FILE *list, const struct buffer *pids)
{
	autofree char *line = NULL;
	size_t size = 0;

	if (getline(&line, &size, list) < 0)
		return error_new(ERROR_SYSTEM, "ps(1) printed nothing");
	int number = find_pid_column(line);
	if (number < 0)
		return error_new(ERROR_INVALID, "the options of ps(1) must make it print a column "
						"PID");
	fputs(line, stdout);
	while (getline(&line, &size, list) >= 0) {
		const char *pid = column(line, number);

		if (pid && is_member(pids, strtol(pid, NULL, 10)))
			fputs(line, stdout);
	}
	return NULL;
}

/* What follows the id are its options; as runc, all processes are asked for and picked from. */
static fallible run_ps(const struct buffer *pids, char **options, int count)
{
	autowords words = {0};
	int ends[2], status;
	pid_t pid;

	words_append(&words, "ps");
	for (int i = 0; i < count; i++)
		words_append(&words, options[i]);
	if (!count)
		words_append(&words, "-ef");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe");
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	errno = posix_spawnp(&pid, "ps", &actions, NULL, (char **)words.items, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	FILE *list = fdopen(ends[0], "r");
	struct error *e = errno ? error_system("cannot run ps(1)") : print_members(list, pids);
	fclose(list);
	waitpid(pid, &status, 0);
	return e;
}

fallible runc_ps(const struct runc *runc, int argc, char **argv, int *code)
{
	struct ps_options options = {.format = "table"};
	autorunc container = {0};
	autobuffer pids = {0};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(ps_rows, &options, OPTIONS_FIRST, argc, argv, &first, &help));
	if (help) {
		runc_usage("ps [options] ID [ps option]", ps_rows);
		return NULL;
	}
	if (argc - first < 1)
		return error_new(ERROR_INVALID, "ps takes an id: ps ID");
	TRY(runc_container_open(runc->root, argv[first], &container));
	bool as_json = strcmp(options.format, "json") == 0;
	if (!as_json && strcmp(options.format, "table") != 0)
		return error_new(ERROR_INVALID, "--format: '%s' is not table or json",
				 options.format);
	TRY(runc_members(&container, &pids, NULL));
	return as_json ? print_pids(&pids) : run_ps(&pids, argv + first + 1, argc - first - 1);
}
