/*
 * dockerd_pages.h - what mini-dockerd says of its flags: to readers of manuals, and to shells
 *
 * All of it comes from the one table of flags (dockerd_settings.h), as --help does.
 *
 * Standard: man(7), bash(1) "Programmable Completion", zshcompsys(1), fish-completions(1).
 */
#ifndef MINI_DOCKERD_PAGES_H
#define MINI_DOCKERD_PAGES_H

#include <stdio.h>

#include "error.h"

void dockerd_pages_man(const char *program, FILE *to);
/* shell: "bash", "zsh", "fish"; ERROR_INVALID for another one. */
fallible dockerd_pages_completion(const char *program, const char *shell, FILE *to);

#endif
