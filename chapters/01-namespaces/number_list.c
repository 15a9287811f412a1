#include "number_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool take_number(const char **at, unsigned long *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*number = strtoul(*at, &end, 10);
	*at = end;
	return *number < NUMBER_LIST_MAX;
}

/* "3" or "0-3"; *at is behind it. */
static bool take_range(const char **at, struct number_list *list)
{
	unsigned long first, last;

	if (!take_number(at, &first))
		return false;
	last = first;
	if (**at == '-') {
		(*at)++;
		if (!take_number(at, &last) || last < first)
			return false;
	}
	for (; first <= last; first++)
		list->mask[first / NUMBER_LIST_BITS] |= 1UL << first % NUMBER_LIST_BITS;
	return true;
}

fallible number_list_parse(const char *text, struct number_list *list)
{
	const char *at = text;

	*list = (struct number_list){0};
	while (take_range(&at, list)) {
		if (!*at)
			return NULL;
		if (*at++ != ',')
			break;
	}
	return error_new(ERROR_INVALID, "'%s' is no list of numbers below %d, as '0-3,7' is one",
			 text, NUMBER_LIST_MAX);
}

fallible number_list_of(const void *bytes, size_t length, struct number_list *list)
{
	if (length != sizeof(*list))
		return error_new(ERROR_CORRUPT, "a list of numbers in the plan is damaged");
	memcpy(list, bytes, length);
	return NULL;
}
