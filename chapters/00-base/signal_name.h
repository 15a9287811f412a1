/*
 * signal_name.h - signals as people write them: "KILL", "SIGKILL", "9", "SIGRTMIN+3"
 */
#ifndef MINI_SIGNAL_NAME_H
#define MINI_SIGNAL_NAME_H

#include "error.h"

/* ERROR_INVALID "invalid signal: x". */
fallible signal_parse(const char *text, int *number);

#endif
