#include "duration.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define HOUR 3600
#define DAY  (24 * HOUR)

/* The first row whose limit is above the duration is said. */
static const struct {
	int64_t below; /* seconds */
	int64_t unit;  /* seconds; 0: the text has no number */
	const char *text;
} forms[] = {
	{1, 0, "Less than a second"},
	{2, 0, "1 second"},
	{60, 1, "seconds"},
	{2 * 60, 0, "About a minute"},
	{HOUR, 60, "minutes"},
	{2 * HOUR, 0, "About an hour"},
	{48 * HOUR, HOUR, "hours"},
	{14 * DAY, DAY, "days"},
	{60 * DAY, 7 * DAY, "weeks"},
	{730 * DAY, 30 * DAY, "months"},
	{INT64_MAX, 365 * DAY, "years"},
};

void duration_text(int64_t seconds, char text[DURATION_TEXT_SIZE])
{
	size_t i = 0;

	if (seconds >= HOUR)
		seconds += HOUR / 2; /* from one hour on, hours are rounded, not cut */
	while (seconds >= forms[i].below && i + 1 < countof(forms))
		i++;
	if (forms[i].unit)
		snprintf(text, DURATION_TEXT_SIZE, "%lld %s", (long long)(seconds / forms[i].unit),
			 forms[i].text);
	else
		snprintf(text, DURATION_TEXT_SIZE, "%s", forms[i].text);
}

static const struct {
	const char *name;
	double nanoseconds;
} units[] = {
	{"ns", 1},  {"us", 1e3}, {"\u00b5s", 1e3}, {"ms", 1e6},
	{"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
};

/* The unit's size and *text after it; 0 when there is none. */
static double take_unit(const char **text)
{
	for (size_t i = 0; i < countof(units); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(*text, units[i].name, length) == 0) {
			*text += length;
			return units[i].nanoseconds;
		}
	}
	return 0;
}

/* strtod(3) alone would take more: hexadecimal numbers, exponents, a sign. */
static bool take_number(const char **text, double *number)
{
	size_t length = strspn(*text, "0123456789.");
	autofree char *digits = duplicate_range(*text, length);
	char *end;

	*number = strtod(digits, &end);
	*text += length;
	return length && end != digits && !*end;
}

fallible duration_parse(const char *text, const char *what, int64_t *nanoseconds)
{
	const char *at = text;
	double sum = 0, number, unit = 0;

	do {
		unit = take_number(&at, &number) ? take_unit(&at) : 0;
		sum += number * unit;
	} while (unit && *at);
	if (!unit || sum >= 9e18)
		return error_new(ERROR_INVALID, "%s: '%s' is no duration like 5s, 100ms or 1m30s",
				 what, text);
	*nanoseconds = (int64_t)sum;
	return NULL;
}
