/*
 * A distribution's static libraries are made for glibc, with checks of buffers (_FORTIFY_SOURCE) in
 * functions that are glibc's alone. Linked with another C library they find them here. Book: 0.5
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __GLIBC__

int __vsnprintf_chk(char *to, size_t size, int flag, size_t room, const char *fmt, va_list args);
int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *fmt, ...);
int __fprintf_chk(FILE *file, int flag, const char *fmt, ...);
char *__strncpy_chk(char *to, const char *from, size_t size, size_t room);

int __vsnprintf_chk(char *to, size_t size, int flag, size_t room, const char *fmt, va_list args)
{
	(void)flag;
	if (size > room)
		abort();
	return vsnprintf(to, size, fmt, args);
}

int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	int length = __vsnprintf_chk(to, size, flag, room, fmt, args);
	va_end(args);
	return length;
}

int __fprintf_chk(FILE *file, int flag, const char *fmt, ...)
{
	va_list args;

	(void)flag;
	va_start(args, fmt);
	int length = vfprintf(file, fmt, args);
	va_end(args);
	return length;
}

char *__strncpy_chk(char *to, const char *from, size_t size, size_t room)
{
	if (size > room)
		abort();
	return strncpy(to, from, size);
}

#endif
