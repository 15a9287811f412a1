/*
 * exec_run.h - what exec.c (which execs there are) and exec_run.c (how one runs) share
 *
 * Locks: exec->lock after container->lock. Book: 3.8
 */
#ifndef MINI_EXEC_RUN_H
#define MINI_EXEC_RUN_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "exec.h"

/* Of a program that was killed with its container, or whose shim was. */
#define EXEC_EXIT_CODE_UNKNOWN 137

enum exec_state { EXEC_CREATED, EXEC_STARTING, EXEC_RUNNING, EXEC_ENDED };

struct exec {
	char id[ID_LENGTH + 1];
	unsigned int references;     /* atomic */
	struct container *container; /* referenced */
	json_t *config;              /* does not change */
	bool own;                    /* exec_set_own() */

	pthread_mutex_t lock; /* guards what follows */
	enum exec_state state;
	pid_t pid;
	int exit_code;
	time_t ended; /* CLOCK_MONOTONIC */
	int run_fd;   /* its folder in the exec root; -1 unless it runs */
};

/* One with a reference, the caller's. config is stolen. */
struct exec *exec_new(struct container *container, const char *id, json_t *config);
void exec_hold(struct exec *exec);
/* Into the table, which has a reference of its own. ERROR_UNAVAILABLE when that is full. Takes
 * engine->lock. */
fallible exec_enter(struct exec *exec);
/* The program runs, and its shim is watched: watch_fd is taken over. */
fallible exec_watch(struct exec *exec, pid_t pid, int watch_fd);
/* It has ended. */
void exec_ended(struct exec *exec, int exit_code);
/* An event of its container: "exec_start: sh"; steals `more`, an object. */
void exec_event(struct exec *exec, const char *action, bool with_command, json_t *more);

#endif
