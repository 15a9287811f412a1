#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "memory.h"
#include "remote.h"
#include "terminal.h"
#include "text.h"

struct progress {
	FILE *to;
	bool terminal;
	int columns;
	char **ids; /* in the order of their lines */
	size_t count;
};

/* How many lines above the cursor the line of this id is; a new one is the last. */
static size_t line_of(struct progress *progress, const char *id)
{
	for (size_t i = 0; i < progress->count; i++)
		if (strcmp(progress->ids[i], id) == 0)
			return progress->count - i;
	progress->ids = reallocate(progress->ids, progress->count + 1, sizeof(*progress->ids));
	progress->ids[progress->count++] = duplicate(id);
	fputc('\n', progress->to);
	return 1;
}

static void forget_lines(struct progress *progress)
{
	for (size_t i = 0; i < progress->count; i++)
		free(progress->ids[i]);
	progress->count = 0;
}

#define BAR_WIDTH     50
#define BAR_LINE      110 /* on a narrower terminal there are only numbers, as in docker */
#define BAR_TEXT_SIZE 160

/* "[=====>     ]  1.2MB/3.4MB" of {"current", "total"}; "" when nothing is told. */
static void draw_bar(const struct progress *progress, const json_t *value, char text[BAR_TEXT_SIZE])
{
	static const char full[] = "==================================================";
	double current =
		(double)json_integer_value(json_at(value, "progressDetail", "current", NULL));
	double total = (double)json_integer_value(json_at(value, "progressDetail", "total", NULL));
	int done = total > 0 && current < total ? (int)(current / total * BAR_WIDTH) : BAR_WIDTH;
	char now[32], all[32];

	*text = '\0';
	if (current <= 0)
		return;
	size_text(current, now);
	size_text(total, all);
	if (total <= 0)
		snprintf(text, BAR_TEXT_SIZE, "%8s", now);
	else if (progress->columns > BAR_LINE)
		snprintf(text, BAR_TEXT_SIZE, "[%.*s>%*s] %8s/%s", done, full, BAR_WIDTH - done, "",
			 now, all);
	else
		snprintf(text, BAR_TEXT_SIZE, "%8s/%s", now, all);
}

static void show_step(struct progress *progress, const char *id, const char *status,
		      const char *bar)
{
	if (!progress->terminal) {
		/* A bar that moves is for eyes: in a file it would be thousands of lines. */
		if (!*bar)
			fprintf(progress->to, "%s: %s\n", id, status);
		return;
	}
	size_t up = line_of(progress, id);
	fprintf(progress->to, "\033[%zuA\033[2K\r%s: %s %s\033[%zuB\r", up, id, status, bar, up);
}

static fallible show_one(void *context, json_t *value)
{
	struct progress *progress = context;
	const char *detail = json_string_at(value, "errorDetail", "message", NULL);
	const char *failure = *detail ? detail : json_string_at(value, "error", NULL);
	const char *stream = json_string_at(value, "stream", NULL);
	const char *status = json_string_at(value, "status", NULL);
	const char *id = json_string_at(value, "id", NULL);
	char bar[BAR_TEXT_SIZE];

	if (*failure)
		return error_new(ERROR_SYSTEM, "%s", failure);
	if (!progress->to)
		return NULL;
	if (*id) {
		draw_bar(progress, value, bar);
		show_step(progress, id, status, bar);
	} else if (*stream) {
		fputs(stream, progress->to);
	} else if (*status) {
		forget_lines(progress);
		fprintf(progress->to, "%s\n", status);
	}
	fflush(progress->to);
	return NULL;
}

fallible progress_show(struct http_connection *c, FILE *to)
{
	struct progress progress = {.to = to, .terminal = to && isatty(fileno(to))};

	if (progress.terminal)
		progress.columns = terminal_size(fileno(to)).columns;
	struct error *e = remote_each_json(c, show_one, &progress);

	forget_lines(&progress);
	free(progress.ids);
	return e;
}
