#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"

void hex_encode(const uint8_t *bytes, size_t length, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * length] = '\0';
}

void id_generate(char id[ID_LENGTH + 1])
{
	uint8_t bytes[ID_LENGTH / 2];

	do {
		/* Cannot fail for 256 bytes or less once the pool is ready. */
		while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
			;
		hex_encode(bytes, sizeof(bytes), id);
		/* A short id that is all digits could be taken for a number. */
	} while (strspn(id, "0123456789") >= 12);
}

struct timespec time_now(void)
{
	struct timespec now;

	/* Not through the vDSO, whose pages a program that asks once would have to map. */
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	return now;
}

void time_text_fixed(struct timespec time, char text[TIME_TEXT_SIZE])
{
	struct tm tm;

	gmtime_r(&time.tv_sec, &tm);
	size_t n = strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, TIME_TEXT_SIZE - n, ".%09ldZ", time.tv_nsec);
}

void time_text(struct timespec time, char text[TIME_TEXT_SIZE])
{
	time_text_fixed(time, text);
	char *end = text + strlen(text) - 1; /* at the Z */
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	strcpy(end, "Z");
}

fallible time_parse(const char *text, struct timespec *time)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long nanoseconds = 0, offset = 0;
	int hours, minutes, used = 0;

	if (rest && *rest == '.') {
		long unit = 100000000;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			nanoseconds += (*rest - '0') * unit;
	}
	if (rest && (*rest == '+' || *rest == '-') &&
	    sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) == 2) {
		offset = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
		rest += 1 + used;
	} else if (rest && *rest == 'Z') {
		rest++;
	}
	if (!rest || *rest)
		return error_new(ERROR_INVALID, "'%s' is not a time like 2006-01-02T15:04:05Z",
				 text);
	*time = (struct timespec){.tv_sec = timegm(&tm) - offset, .tv_nsec = nanoseconds};
	return NULL;
}

static fallible parse_size(const char *text, double step, int64_t *bytes)
{
	static const char units[] = "bkmgtp";
	char *rest;
	double number = strtod(text, &rest);
	const char *unit = *rest ? strchr(units, *rest | 0x20) : units;

	if (rest == text || !unit || !*unit || number < 0 || !isfinite(number))
		return error_new(ERROR_INVALID, "invalid size: '%s'", text);
	if (*rest)
		rest++;
	if ((rest[0] | 0x20) == 'i' && unit != units)
		rest++;
	if ((rest[0] | 0x20) == 'b' && unit != units)
		rest++;
	if (*rest)
		return error_new(ERROR_INVALID, "invalid suffix: '%s'", rest);
	number *= pow(step, unit - units);
	if (number >= 9.2e18)
		return error_new(ERROR_INVALID, "invalid size: '%s' is too large", text);
	*bytes = (int64_t)number;
	return NULL;
}

fallible size_parse(const char *text, int64_t *bytes)
{
	return parse_size(text, 1024, bytes);
}

fallible size_parse_decimal(const char *text, int64_t *bytes)
{
	return parse_size(text, 1000, bytes);
}

#define UNITS 6

static void scale(double bytes, double step, const char *const units[UNITS], int digits,
		  char text[32])
{
	size_t unit = 0;

	for (; bytes >= step && unit + 1 < UNITS; unit++)
		bytes /= step;
	snprintf(text, 32, "%.*g%s", digits, bytes, units[unit]);
}

static const char *const decimal_units[UNITS] = {"B", "kB", "MB", "GB", "TB", "PB"};
static const char *const binary_units[UNITS] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

void size_text(double bytes, char text[32])
{
	scale(bytes, 1000, decimal_units, 4, text);
}

void size_text_short(double bytes, char text[32])
{
	scale(bytes, 1000, decimal_units, 3, text);
}

void size_text_binary(double bytes, char text[32])
{
	scale(bytes, 1024, binary_units, 4, text);
}

bool text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), end = strlen(suffix);

	return length >= end && strcmp(text + length - end, suffix) == 0;
}

fallible integer_parse(const char *text, const char *what, int64_t least, int64_t most,
		       int64_t *out)
{
	char *rest;

	errno = 0;
	long long value = strtoll(text, &rest, 10);
	if (errno || rest == text || *rest || value < least || value > most)
		return error_new(ERROR_INVALID,
				 "%s must be a whole number from %lld to %lld, not '%s'", what,
				 (long long)least, (long long)most, text);
	*out = value;
	return NULL;
}

size_t utf8_sequence(const char *text, size_t left)
{
	const unsigned char *bytes = (const unsigned char *)text;
	static const struct {
		unsigned char first, last;         /* the range of the first byte */
		unsigned char second, second_last; /* the range of the second one */
		unsigned char length;
	} forms[] = {
		{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < countof(forms); i++) {
		size_t length = forms[i].length;

		if (bytes[0] < forms[i].first || bytes[0] > forms[i].last || left < length)
			continue;
		if (length > 1 && (bytes[1] < forms[i].second || bytes[1] > forms[i].second_last))
			continue;
		for (size_t k = 2; k < length; k++)
			if ((bytes[k] & 0xc0) != 0x80)
				return 0;
		return length;
	}
	return 0;
}

/* -- quoted texts -- */

static uint32_t code_point(const char *text, size_t length)
{
	uint32_t code = (unsigned char)text[0] & (0xff >> (length == 1 ? 1 : length + 1));

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

/* Blanks other than ' ', marks that change the direction, what nobody has assigned a look to. */
static bool is_printable(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x00, 0x1f},     {0x7f, 0xa0},        {0xad, 0xad},     {0x600, 0x605},
		{0x61c, 0x61c},   {0x6dd, 0x6dd},      {0x70f, 0x70f},   {0x1680, 0x1680},
		{0x180e, 0x180e}, {0x2000, 0x200f},    {0x2028, 0x202f}, {0x205f, 0x206f},
		{0x3000, 0x3000}, {0xe000, 0xf8ff},    {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
		{0xfffe, 0xffff}, {0xe0000, 0x10ffff},
	};

	for (size_t i = 0; i < countof(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

static void append_escape(struct buffer *to, uint32_t code)
{
	static const char letters[] = "abtnvfr"; /* of 7 to 13 */

	if (code >= 7 && code <= 13)
		buffer_printf(to, "\\%c", letters[code - 7]);
	else if (code < 0x80)
		buffer_printf(to, "\\x%02x", code);
	else
		buffer_printf(to, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
}

void text_append_escaped(struct buffer *to, const char *text)
{
	for (size_t left = strlen(text), length; left; text += length, left -= length) {
		length = utf8_sequence(text, left);
		if (!length) {
			buffer_printf(to, "\\x%02x", (unsigned char)*text);
			length = 1;
		} else if (*text == '"' || *text == '\\') {
			buffer_printf(to, "\\%c", *text);
		} else if (is_printable(code_point(text, length))) {
			buffer_append(to, text, length);
		} else {
			append_escape(to, code_point(text, length));
		}
	}
}

char *text_quoted(const char *text)
{
	autobuffer quoted = {0};

	buffer_append_string(&quoted, "\"");
	text_append_escaped(&quoted, text);
	buffer_append_string(&quoted, "\"");
	return buffer_take(&quoted);
}

fallible text_refuse(const char *why, const char *text)
{
	autofree char *quoted = text_quoted(text);

	return error_new(ERROR_INVALID, "%s: %s", why, quoted);
}
