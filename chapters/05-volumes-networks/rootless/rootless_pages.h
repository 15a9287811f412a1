/*
 * rootless_pages.h - what mini-dockerd-rootless says of itself to readers of manuals
 *
 * Its flags are mini-dockerd's, which it becomes.
 *
 * Standard: man(7). Book: 5.13
 */
#ifndef MINI_ROOTLESS_PAGES_H
#define MINI_ROOTLESS_PAGES_H

#include <stdio.h>

void rootless_pages_man(const char *program, FILE *to);

#endif
