/*
 * dockerd_pages.h - what mini-dockerd says of itself to readers of manuals
 *
 * Its flags come from the one table of them (dockerd_settings.h), as those of --help do.
 *
 * Standard: man(7).
 */
#ifndef MINI_DOCKERD_PAGES_H
#define MINI_DOCKERD_PAGES_H

#include <stdio.h>

void dockerd_pages_man(const char *program, FILE *to);

#endif
