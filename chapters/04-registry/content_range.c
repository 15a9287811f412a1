#include "content_range.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "distribution_error.h"
#include "memory.h"
#include "text.h"

/* Takes digits off *at; false when there are none, or too many. */
static bool take_number(const char **at, int64_t *out)
{
	int64_t value = 0;
	const char *begin = *at;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, **at - '0', &value))
			return false;
	*out = value;
	return *at > begin;
}

static bool take_text(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncasecmp(*at, text, length) != 0)
		return false;
	*at += length;
	return true;
}

static bool take_range(const char **at, struct content_range *out)
{
	return take_number(at, &out->first) && take_text(at, "-") && take_number(at, &out->last) &&
	       out->first <= out->last;
}

static bool take_total(const char **at, int64_t *total)
{
	*total = -1;
	return take_text(at, "/") && (take_text(at, "*") || take_number(at, total));
}

fallible content_range_parse_part(const char *text, struct content_range *out, int64_t *total)
{
	const char *at = text;

	if (take_text(&at, "bytes ") && take_range(&at, out) && take_total(&at, total) && !*at &&
	    (*total < 0 || out->last < *total))
		return NULL;
	return error_new(
		ERROR_INVALID,
		"'%.100s' is no Content-Range of an answer: it is 'bytes FIRST-LAST/TOTAL'", text);
}

fallible content_range_parse_chunk(const char *text, struct content_range *out)
{
	const char *at = text;
	int64_t total;
	bool unit = take_text(&at, "bytes ");

	if (take_range(&at, out) && (!unit || take_total(&at, &total)) && !*at)
		return NULL;
	return error_coded(&distribution_upload_invalid,
			   "'%.100s' is no Content-Range of a chunk: it is 'FIRST-LAST', both "
			   "inclusive",
			   text);
}

/* "-5": the last five bytes. */
static enum range_answer ask_suffix(const char *at, int64_t size, struct content_range *out)
{
	int64_t length;

	if (!take_number(&at, &length) || *at)
		return RANGE_WHOLE;
	if (length == 0 || size == 0)
		return RANGE_UNSATISFIED;
	*out = (struct content_range){length < size ? size - length : 0, size - 1};
	return RANGE_PART;
}

enum range_answer content_range_ask(const char *text, int64_t size, struct content_range *out)
{
	const char *at = text;

	if (!text || !take_text(&at, "bytes="))
		return RANGE_WHOLE;
	if (take_text(&at, "-"))
		return ask_suffix(at, size, out);
	if (!take_number(&at, &out->first) || !take_text(&at, "-"))
		return RANGE_WHOLE;
	out->last = size - 1;
	if (*at && (!take_number(&at, &out->last) || *at || out->last < out->first))
		return RANGE_WHOLE;
	if (out->first >= size)
		return RANGE_UNSATISFIED;
	if (out->last >= size)
		out->last = size - 1;
	return RANGE_PART;
}
