#include "time_option.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "duration.h"
#include "memory.h"
#include "text.h"

/* Parts of RFC 3339 in the user's own time zone: "2013-01-02T15:04", "2013-01-02". */
static bool parse_local(const char *text, time_t *seconds)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H",
					    "%Y-%m-%d"};

	for (size_t i = 0; i < countof(forms); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *rest = strptime(text, forms[i], &tm);

		if (!rest || *rest)
			continue;
		*seconds = mktime(&tm);
		return true;
	}
	return false;
}

static char *seconds_text(struct timespec time)
{
	return format("%lld.%09ld", (long long)time.tv_sec, time.tv_nsec);
}

static bool parse_ago(const char *text, struct timespec *time)
{
	bool is_to_come = *text == '-';
	int64_t nanoseconds;
	autoerror e = duration_parse(text + is_to_come, "how long ago", &nanoseconds);

	if (e)
		return false;
	struct timespec now = time_now();
	int64_t then =
		now.tv_sec * 1000000000LL + now.tv_nsec + (is_to_come ? nanoseconds : -nanoseconds);
	*time = (struct timespec){.tv_sec = then / 1000000000, .tv_nsec = then % 1000000000};
	return true;
}

static fallible refuse(const char *text, const char *what)
{
	struct error *e = text_refuse("failed to parse value as time or duration", text);

	return what ? error_wrap(e, "invalid value for \"%s\"", what) : e;
}

fallible time_option(const char *text, const char *what, char **out)
{
	struct timespec time = {0};

	*out = NULL;
	if (!text || !*text)
		return NULL;
	if (strspn(text, "0123456789.") == strlen(text)) {
		*out = duplicate(text); /* seconds already */
		return NULL;
	}
	autoerror e = time_parse(text, &time);
	if (e && !parse_local(text, &time.tv_sec) && !parse_ago(text, &time))
		return refuse(text, what);
	*out = seconds_text(time);
	return NULL;
}
