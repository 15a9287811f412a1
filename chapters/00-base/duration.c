#include "duration.h"

#include <stdio.h>

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
