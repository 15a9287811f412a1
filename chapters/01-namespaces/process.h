/*
 * process.h - the last steps before a container's program runs
 *
 * Standard: execve(2); OCI runtime-spec, config.md, "Process". Messages and exit codes are those
 * of runc, which the docker CLI shows. Book: 1.11
 */
#ifndef MINI_PROCESS_H
#define MINI_PROCESS_H

#include <stdbool.h>

#include "error.h"

/* Until execve(2): /proc/PID of the caller has descriptors of the host, and processes in the
 * container that see it shall not look there or trace it. It costs who is not root on the machine
 * his own files of /proc/self. */
fallible process_hide(void);
/* chdir(2), and proof that we are still below the root. */
fallible process_enter(const char *path);
/* mkdir -p for Docker's --workdir. */
fallible process_create_cwd(int rootfd, const char *path);
/* oom_score_adj of the caller; *refused when lowering it is not allowed (CAP_SYS_RESOURCE). */
fallible process_set_oom_score(int score, bool *refused);
/* Signals as a program expects them: nothing ignored, nothing blocked. */
void process_reset_signals(void);
/* Only 0 to 2 and `preserved` more descriptors reach the program. */
fallible process_close_others(int preserved);
/* The program of a name: one without a slash is looked for in the PATH of `environment`.
 * ERROR_COMMAND_NOT_FOUND or ERROR_NOT_EXECUTABLE. The caller frees *path. */
fallible process_find(const char *name, char **environment, char **path);
/* Returns only with an error, of the same classes. */
fallible process_exec(const char *path, char **arguments, char **environment);
/* The value of NAME in a NULL-terminated environment, NULL when it is not there. */
const char *process_variable(char **environment, const char *name);

#endif
