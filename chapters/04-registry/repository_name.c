#include "repository_name.h"

#include <string.h>

#include "distribution_error.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz0123456789"

/* The length of a separator that text begins with: '.', '_', "__" or dashes; 0 for none. */
static size_t separator(const char *text)
{
	if (*text == '.')
		return 1;
	size_t underscores = strspn(text, "_");
	return underscores ? (underscores <= 2 ? underscores : 0) : strspn(text, "-");
}

/* The length of the component that text begins with; 0 when it begins with none. */
static size_t component(const char *text)
{
	size_t length = strspn(text, LETTERS);

	for (size_t gap; length && (gap = separator(text + length)) > 0;) {
		size_t letters = strspn(text + length + gap, LETTERS);

		if (!letters)
			return 0;
		length += gap + letters;
	}
	return length;
}

bool repository_name_is_valid(const char *text)
{
	if (strlen(text) > REPOSITORY_NAME_LIMIT)
		return false;
	for (;; text++) {
		size_t length = component(text);

		text += length;
		if (!length || !*text)
			return length;
		if (*text != '/')
			return false;
	}
}

fallible repository_name_check(const char *text)
{
	if (repository_name_is_valid(text))
		return NULL;
	return error_coded(&distribution_name_invalid,
			   "'%.255s' is not the name of a repository: components of a-z and 0-9, "
			   "with '.', '_', '__' or dashes inside, joined by '/', at most %d bytes",
			   text, REPOSITORY_NAME_LIMIT);
}
