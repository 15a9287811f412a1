/*
 * memory.h - allocation that cannot fail, and variables that clean up after themselves
 *
 * Running out of memory ends the process: no caller can do anything sensible, the kernel kills
 * before malloc fails, and what must survive is on disk or in another process (mini-shim).
 *
 * What a variable owns goes when its scope ends:
 *
 *	autofree char *name = format("%s-json.log", id);
 *	autoclose int fd = open(...);
 *	...
 *	*out = steal(&name);            the caller owns it now, name is NULL
 *	*fd_out = steal_fd(&fd);        the caller owns it now, fd is -1
 */
#ifndef MINI_MEMORY_H
#define MINI_MEMORY_H

#include <stddef.h>

void *allocate(size_t size);                            /* zeroed; the caller frees */
void *reallocate(void *old, size_t count, size_t size); /* checks count * size for overflow */
char *duplicate(const char *text);                      /* NULL gives NULL */
char *duplicate_range(const char *text, size_t length); /* adds the terminating NUL */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* unused: its end can be all that a variable is for, which clang does not see. */
#define autofree  __attribute__((cleanup(memory_free_cleanup), unused))
#define autoclose __attribute__((cleanup(memory_close_cleanup), unused))

#define steal(pointer)                                                                             \
	({                                                                                         \
		typeof(pointer) p_ = (pointer);                                                    \
		typeof(*p_) value_ = *p_;                                                          \
		*p_ = NULL;                                                                        \
		value_;                                                                            \
	})

int steal_fd(int *fd);  /* returns *fd and leaves -1 */
void close_fd(int *fd); /* closes *fd unless it is negative and leaves -1; errno is kept */

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* For the macros above only. */
void memory_free_cleanup(void *pointer_to_pointer);
void memory_close_cleanup(int *fd);

#endif
