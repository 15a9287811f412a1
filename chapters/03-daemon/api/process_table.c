#include "process_table.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "options.h"

#define OUTPUT_LIMIT (16 << 20)

extern char **environ;

/* -- running ps -- */

/* "-e -o pid,cmd" as a list; the words are borrowed from `text`, which is cut up. */
static void split_words(char *text, struct words *words)
{
	char *state = NULL;

	for (char *word = strtok_r(text, " \t\n", &state); word;
	     word = strtok_r(NULL, " \t\n", &state))
		words_append(words, word);
}

static int spawn(const char **argv, int out, int err, pid_t *pid)
{
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	int status = posix_spawnp(pid, argv[0], &actions, NULL, (char **)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

/* ps tells errors on stderr: it goes into the same pipe, and is the message if ps fails. */
static fallible run(const char **argv, struct buffer *output, int *status)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_system("cannot make a pipe for ps");
	autoclose int in = pipes[0], out = pipes[1];
	int failed = spawn(argv, out, out, &pid);
	close_fd(&out);
	if (failed)
		return error_errno(ERROR_UNAVAILABLE, failed, "cannot run ps on the host");
	struct error *e = file_read_fd(in, "the output of ps", OUTPUT_LIMIT, output);
	close_fd(&in);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return e;
}

fallible process_table_read(const char *arguments, char **text)
{
	autofree char *copy = duplicate(arguments);
	autowords argv = {0};
	autobuffer output = {0};
	int status = 0;

	words_append(&argv, "ps");
	split_words(copy, &argv);
	TRY(run(argv.items, &output, &status));
	*text = buffer_take(&output);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return NULL;
	autofree char *told = steal(text);
	told[strcspn(told, "\n")] = '\0';
	return error_new(ERROR_INVALID, "ps refuses '%s': %s", arguments, told);
}

/* -- its output -- */

/* The next field of a line; the last one takes all that is left. NULL at the end. */
static json_t *take_field(const char **line, bool last)
{
	const char *start = *line + strspn(*line, " \t");
	size_t length = last ? strcspn(start, "\n") : strcspn(start, " \t\n");

	*line = start + length;
	return length ? json_text_value(start, length) : NULL;
}

static json_t *take_row(const char **text, size_t columns)
{
	json_t *row = json_array(), *field;

	for (size_t i = 0; i < columns && (field = take_field(text, i + 1 == columns)); i++)
		json_array_append_new(row, field);
	*text += strcspn(*text, "\n");
	*text += **text == '\n';
	return row;
}

static bool has_pid(const json_t *row, size_t column, const pid_t *pids, size_t count)
{
	const char *text = json_string_value(json_array_get(row, column));
	pid_t pid = text ? atoi(text) : 0;

	for (size_t i = 0; i < count; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static size_t find_column(const json_t *titles, const char *name)
{
	size_t column = 0;

	while (column < json_array_size(titles) &&
	       strcmp(json_string_value(json_array_get(titles, column)), name) != 0)
		column++;
	return column;
}

fallible process_table_json(const char *text, const pid_t *pids, size_t count, json_t **out)
{
	autojson *titles = take_row(&text, SIZE_MAX);
	autojson *rows = json_array();
	size_t columns = json_array_size(titles), pid = find_column(titles, "PID");

	if (pid == columns)
		return error_new(ERROR_INVALID,
				 "Couldn't find PID field in ps output: add it to ps_args");
	while (*text) {
		autojson *row = take_row(&text, columns);

		if (has_pid(row, pid, pids, count))
			json_array_append(rows, row);
	}
	*out = json_pack("{s:O, s:O}", "Titles", titles, "Processes", rows);
	return NULL;
}
