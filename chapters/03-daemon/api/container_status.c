#include "container_status.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "duration.h"
#include "json.h"
#include "memory.h"
#include "text.h"

bool container_time_is_zero(const char *text)
{
	return !*text || text_has_prefix(text, "0001-");
}

/* How long ago the time was that a member tells. */
static void ago(const json_t *state, const char *member, struct timespec now,
		char text[DURATION_TEXT_SIZE])
{
	struct timespec then = now;
	autoerror e = time_parse(json_string_at(state, member, NULL), &then);
	int64_t nanoseconds = now.tv_nsec - then.tv_nsec;

	duration_text(now.tv_sec - then.tv_sec - (nanoseconds < 0), text);
	(void)e; /* a time that cannot be read is shown as now */
}

/* " (healthy)", " (health: starting)", or nothing. */
static char *health_text(const json_t *state)
{
	const char *health = json_string_at(state, "Health", "Status", NULL);

	if (!*health || strcmp(health, "none") == 0)
		return duplicate("");
	return format(" (%s%s)", strcmp(health, "starting") == 0 ? "health: " : "", health);
}

static char *up_text(const json_t *state, const char *status, struct timespec now)
{
	char started[DURATION_TEXT_SIZE];
	autofree char *health = health_text(state);

	ago(state, "StartedAt", now, started);
	return format("Up %s%s", started, strcmp(status, "paused") == 0 ? " (Paused)" : health);
}

char *container_status_text(const json_t *state, struct timespec now)
{
	const char *status = json_string_at(state, "Status", NULL);
	long long code = json_integer_value(json_object_get(state, "ExitCode"));
	char finished[DURATION_TEXT_SIZE];

	if (strcmp(status, "running") == 0 || strcmp(status, "paused") == 0)
		return up_text(state, status, now);
	if (strcmp(status, "removing") == 0)
		return duplicate("Removal In Progress");
	if (strcmp(status, "dead") == 0)
		return duplicate("Dead");
	if (strcmp(status, "created") == 0)
		return duplicate("Created");
	ago(state, "FinishedAt", now, finished);
	return format("%s (%lld) %s ago",
		      strcmp(status, "restarting") == 0 ? "Restarting" : "Exited", code, finished);
}

char *container_command_text(const json_t *document)
{
	autobuffer text = {0};
	const json_t *argument;
	size_t i;

	buffer_append_string(&text, json_string_at(document, "Path", NULL));
	json_array_foreach (json_object_get(document, "Args"), i, argument) {
		const char *word = json_string_value(argument);

		if (word)
			buffer_printf(&text, strchr(word, ' ') ? " '%s'" : " %s", word);
	}
	return buffer_take(&text);
}
