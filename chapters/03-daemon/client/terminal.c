#include "terminal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "text.h"

/* One terminal is the user's: what it was like, and whether that must be put back. */
static struct {
	int fd;
	bool raw;
	struct termios before;
} saved;

void terminal_restore(void)
{
	if (saved.raw)
		tcsetattr(saved.fd, TCSADRAIN, &saved.before);
	saved.raw = false;
}

fallible terminal_set_raw(int fd)
{
	uint64_t began = explain_clock();
	struct termios mode;

	if (saved.raw || tcgetattr(fd, &mode) < 0)
		return NULL;
	saved.fd = fd;
	saved.before = mode;
	cfmakeraw(&mode);
	if (tcsetattr(fd, TCSADRAIN, &mode) < 0)
		return error_system("cannot set the terminal to raw mode");
	saved.raw = true;
	atexit(terminal_restore);
	explain(began, "3.11", "each key goes to the container at once, Ctrl-C too",
		"tcsetattr(%d, TCSADRAIN, raw)", fd);
	return NULL;
}

struct terminal_size terminal_size(int fd)
{
	struct winsize size = {0};

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return (struct terminal_size){0};
	return (struct terminal_size){.rows = size.ws_row, .columns = size.ws_col};
}

/* The byte of one key: "a", or "ctrl-" and a letter or one of @[\]^_. */
static int key_byte(const char *key, size_t length)
{
	if (length == 1)
		return (unsigned char)*key;
	if (length != 6 || strncmp(key, "ctrl-", 5) != 0)
		return -1;
	int c = tolower((unsigned char)key[5]);
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 1;
	return c == '@' || (c >= '[' && c <= '_') ? c & 0x1f : -1;
}

fallible detach_keys_parse(const char *text, struct detach_keys *keys)
{
	*keys = (struct detach_keys){0};
	if (!text || !*text)
		text = "ctrl-p,ctrl-q";
	for (const char *at = text;; at++) {
		size_t length = strcspn(at, ",");
		int byte = key_byte(at, length);

		if (byte < 0 || keys->count == (int)countof(keys->bytes))
			return error_new(ERROR_INVALID,
					 "invalid detach keys (%s): use letters and "
					 "ctrl-LETTER, separated by commas",
					 text);
		keys->bytes[keys->count++] = byte;
		at += length;
		if (!*at)
			return NULL;
	}
}

bool detach_keys_filter(struct detach_keys *keys, const char *bytes, size_t length, char *out,
			size_t *out_length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = bytes[i];

		if (c != keys->bytes[keys->matched] && keys->matched) {
			memcpy(out + n, keys->bytes, keys->matched);
			n += keys->matched;
			keys->matched = 0;
		}
		if (c != keys->bytes[keys->matched])
			out[n++] = c;
		else if (++keys->matched == keys->count)
			break;
	}
	*out_length = n;
	return keys->matched == keys->count;
}
