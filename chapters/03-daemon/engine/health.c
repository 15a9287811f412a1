#include "health.h"

#include <string.h>

#include "json.h"
#include "members.h"
#include "memory.h"
#include "text.h"

#define SECOND         INT64_C(1000000000)
#define DURATION_LEAST (SECOND / 1000)

static const char starting[] = "starting", healthy[] = "healthy", unhealthy[] = "unhealthy";

/* ---- the configuration ---- */

static const struct member members[] = {
	{"Test", MEMBER_TEXTS, NULL},
	{"Interval", MEMBER_INTEGER, NULL},
	{"Timeout", MEMBER_INTEGER, NULL},
	{"StartPeriod", MEMBER_INTEGER, NULL},
	{"StartInterval", MEMBER_INTEGER, NULL},
	{"Retries", MEMBER_INTEGER, NULL},
	{0},
};
static const char *const durations[] = {"Interval", "Timeout", "StartPeriod", "StartInterval"};

static int64_t integer(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool is_open(const json_t *value)
{
	return json_is_integer(value) ? !json_integer_value(value) : !json_array_size(value);
}

/* What is open stays away, as in Docker's JSON. */
static void complete(json_t *config, const json_t *image)
{
	for (const struct member *member = members; member->name; member++) {
		json_t *theirs = json_object_get(image, member->name);

		if (!is_open(json_object_get(config, member->name)))
			continue;
		json_object_del(config, member->name);
		if (!is_open(theirs))
			json_object_set_new(config, member->name, json_deep_copy(theirs));
	}
}

static fallible check_config(const json_t *config)
{
	for (size_t i = 0; i < countof(durations); i++) {
		int64_t duration = integer(config, durations[i]);

		if (duration && duration < DURATION_LEAST)
			return error_new(ERROR_INVALID, "%s in Healthcheck cannot be less than 1ms",
					 durations[i]);
	}
	if (integer(config, "Retries") < 0)
		return error_new(ERROR_INVALID, "Retries in Healthcheck cannot be negative");
	return NULL;
}

fallible health_config_make(const json_t *ours, const json_t *theirs, json_t **out)
{
	autojson *config = NULL, *image = NULL;

	*out = NULL;
	TRY(members_read(members, ours, "Healthcheck", &config));
	TRY(members_read(members, theirs, "the image's Healthcheck", &image));
	complete(config, image);
	TRY(check_config(config));
	if (json_object_size(config))
		*out = steal(&config);
	return NULL;
}

static const char *kind_of(const json_t *healthcheck)
{
	const char *kind =
		json_string_value(json_array_get(json_object_get(healthcheck, "Test"), 0));

	return kind ? kind : "";
}

bool health_check_read(const json_t *config, struct health_check *check)
{
	static const struct {
		const char *name;
		size_t offset;
		int64_t fallback;
	} rows[] = {
		{"Interval", offsetof(struct health_check, interval), 30 * SECOND},
		{"Timeout", offsetof(struct health_check, timeout), 30 * SECOND},
		{"StartPeriod", offsetof(struct health_check, start_period), 0},
		{"StartInterval", offsetof(struct health_check, start_interval), 5 * SECOND},
		{"Retries", offsetof(struct health_check, retries), 3},
	};
	const json_t *healthcheck = json_object_get(config, "Healthcheck");
	const char *kind = kind_of(healthcheck);

	for (size_t i = 0; i < countof(rows); i++) {
		int64_t value = integer(healthcheck, rows[i].name);

		*(int64_t *)((char *)check + rows[i].offset) = value > 0 ? value : rows[i].fallback;
	}
	return strcmp(kind, "CMD") == 0 || strcmp(kind, "CMD-SHELL") == 0;
}

json_t *health_check_command(const json_t *config)
{
	const json_t *healthcheck = json_object_get(config, "Healthcheck");
	bool in_shell = strcmp(kind_of(healthcheck), "CMD-SHELL") == 0;
	json_t *shell = json_object_get(config, "Shell");
	json_t *command = json_copy(json_object_get(healthcheck, "Test"));

	json_array_remove(command, 0);
	if (!in_shell)
		return command;
	json_t *whole =
		json_array_size(shell) ? json_copy(shell) : json_pack("[s, s]", "/bin/sh", "-c");
	json_array_extend(whole, command);
	json_decref(command);
	return whole;
}

int64_t health_check_wait(const struct health_check *check, bool is_starting, int64_t elapsed)
{
	return is_starting && elapsed < check->start_period ? check->start_interval
							    : check->interval;
}

/* ---- the state ---- */

static void set_status(json_t *health, const char *status)
{
	json_object_set_new(health, "Status", json_string(status));
}

void health_begin(json_t *state)
{
	json_t *health = json_object_get(state, "Health");

	if (!json_is_object(health)) {
		health = json_pack("{s:s, s:i, s:[]}", "Status", "", "FailingStreak", 0, "Log");
		json_object_set_new(state, "Health", health);
	}
	set_status(health, starting);
	json_object_set_new(health, "FailingStreak", json_integer(0));
}

void health_end(json_t *state)
{
	json_t *health = json_object_get(state, "Health");

	if (json_is_object(health))
		set_status(health, unhealthy);
}

bool health_is_starting(const json_t *state)
{
	return strcmp(json_string_at(state, "Health", "Status", NULL), starting) == 0;
}

static void log_result(json_t *health, const struct health_result *result)
{
	json_t *log = json_object_get(health, "Log");
	char start[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];

	time_text(result->start, start);
	time_text(result->end, end);
	while (json_array_size(log) >= HEALTH_LOG_MOST)
		json_array_remove(log, 0);
	json_array_append_new(log, json_pack("{s:s, s:s, s:i, s:o}", "Start", start, "End", end,
					     "ExitCode", result->exit_code, "Output",
					     json_text_value(result->output, result->length)));
}

static const char *judge(json_t *health, const struct health_check *check, bool success,
			 bool forgiven)
{
	int64_t streak = integer(health, "FailingStreak");

	if (!success && !forgiven)
		streak++;
	json_object_set_new(health, "FailingStreak", json_integer(success ? 0 : streak));
	if (success)
		return healthy;
	return !forgiven && streak >= check->retries ? unhealthy : NULL;
}

const char *health_take(json_t *state, const struct health_check *check,
			const struct health_result *result, int64_t elapsed)
{
	json_t *health = json_object_get(state, "Health");
	bool forgiven = health_is_starting(state) && elapsed < check->start_period;

	log_result(health, result);
	const char *status = judge(health, check, result->exit_code == 0, forgiven);
	if (!status || strcmp(status, json_string_at(health, "Status", NULL)) == 0)
		return NULL;
	set_status(health, status);
	return status;
}
