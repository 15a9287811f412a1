/*
 * terminal.h - the user's terminal while it belongs to a container
 *
 * With -t the kernel's line discipline in the container does echo, line editing and signals; the
 * user's own terminal must do none of it (raw mode), and must be as before on every way out.
 *
 * Standard: termios(3). Book: 3.11
 */
#ifndef MINI_TERMINAL_H
#define MINI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct terminal_size {
	int rows, columns;
};

/* Raw mode for a terminal, undone by terminal_restore() and at exit(). Not a terminal: success. */
fallible terminal_set_raw(int fd);
void terminal_restore(void);
/* {0, 0} when fd is no terminal. */
struct terminal_size terminal_size(int fd);

/* Key sequences as --detach-keys has them: "ctrl-p,ctrl-q", "a,b", "ctrl-@". */
struct detach_keys {
	unsigned char bytes[16];
	int count;
	int matched; /* how many of them the user has typed just now */
};
/* NULL and "" are Docker's own. ERROR_INVALID. */
fallible detach_keys_parse(const char *text, struct detach_keys *keys);
/*
 * Follows what the user types. Bytes to send are copied to `out`, which has room for length + 16:
 * keys that may become the sequence are held back until they turn out not to be. True when the
 * whole sequence was typed; what follows it is dropped.
 */
bool detach_keys_filter(struct detach_keys *keys, const char *bytes, size_t length, char *out,
			size_t *out_length);

#endif
