#include "detach_keys.h"

#include <string.h>

#include "text.h"

/* A control character is the letter's code with the upper bits off; the six beside the letters
 * are those of ASCII's first column. */
static int key_code(const char *word, size_t length)
{
	if (length == 1)
		return (unsigned char)*word;
	if (length != 6 || strncmp(word, "ctrl-", 5) != 0)
		return -1;
	char key = word[5];
	if (key >= 'a' && key <= 'z')
		return key - 'a' + 1;
	return key && strchr("@[\\]^_", key) ? key & 0x1f : -1;
}

fallible detach_keys_read(const char *text, uint8_t keys[DETACH_KEYS_MOST + 1], size_t *count)
{
	const char *at = text && *text ? text : "ctrl-p,ctrl-q";
	bool more = true;

	for (*count = 0; more; ++*count) {
		size_t length = strcspn(at, ",");
		int code = key_code(at, length);

		if (code < 0 || *count == DETACH_KEYS_MOST)
			return error_new(ERROR_INVALID, "Invalid detach keys (%s) provided", text);
		keys[*count] = code;
		more = at[length];
		at += length + more;
	}
	return NULL;
}

bool detach_keys_filter(struct detach_keys *keys, const char *bytes, size_t length,
			struct buffer *input)
{
	for (size_t i = 0; i < length; i++) {
		uint8_t byte = bytes[i];

		if (byte == keys->bytes[keys->matched]) {
			if (++keys->matched == keys->count)
				return false;
			continue;
		}
		buffer_append(input, keys->bytes, keys->matched);
		keys->matched = byte == keys->bytes[0] ? 1 : 0;
		if (!keys->matched)
			buffer_append(input, &byte, 1);
	}
	return true;
}
