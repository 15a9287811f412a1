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

#endif
