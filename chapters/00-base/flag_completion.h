/*
 * flag_completion.h - what the shells offer behind a program that has flags and no commands
 *
 * A script that knows all of it: the names, what each is for, and the values that its help offers
 * in quotation marks.
 *
 * Standard: bash(1) "Programmable Completion", zshcompsys(1), fish-completions(1). Book: 0.4
 */
#ifndef MINI_FLAG_COMPLETION_H
#define MINI_FLAG_COMPLETION_H

#include <stdio.h>

#include "error.h"
#include "options.h"

/* The flag that asks for it says so in the same words everywhere. */
#define FLAG_COMPLETION_HELP                                                                       \
	"Print the completion script for a shell (\"bash\"|\"zsh\"|\"fish\") and quit"

/* shell: "bash", "zsh", "fish"; ERROR_INVALID for another one. */
fallible flag_completion(const struct option_row *rows, const char *program, const char *shell,
			 FILE *to);

#endif
