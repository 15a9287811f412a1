#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "explain.h"

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
