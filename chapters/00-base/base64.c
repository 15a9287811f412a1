#include "base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memory.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes are four digits; what is missing of the last three is padding. */
char *base64_encode(const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	char *text = allocate((length + 2) / 3 * 4 + 1), *to = text;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t three = (uint32_t)from[i] << 16 | (left > 1 ? from[i + 1] << 8 : 0) |
				 (left > 2 ? from[i + 2] : 0);

		*to++ = digits[three >> 18];
		*to++ = digits[three >> 12 & 63];
		*to++ = left > 1 ? digits[three >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[three & 63] : '=';
	}
	return text;
}

/* -1: no digit. */
static int value_of(char digit)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* *count: bytes that the four digits stand for. */
static bool decode_four(const char *four, bool last, uint8_t bytes[3], size_t *count)
{
	size_t padding = last ? (four[3] == '=') + (four[3] == '=' && four[2] == '=') : 0;
	uint32_t three = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? value_of(four[i]) : 0;

		if (value < 0)
			return false;
		three = three << 6 | value;
	}
	for (size_t i = 0; i < 3; i++)
		bytes[i] = three >> (16 - 8 * i);
	*count = 3 - padding;
	return !padding || bytes[*count] == 0;
}

fallible base64_decode(const char *text, struct buffer *out)
{
	size_t length = strlen(text), count;
	uint8_t bytes[3];

	for (size_t i = 0; i < length; i += 4) {
		if (length - i < 4 || !decode_four(text + i, i + 4 == length, bytes, &count))
			return error_new(ERROR_INVALID, "'%s' is no base64", text);
		buffer_append(out, bytes, count);
	}
	return NULL;
}
