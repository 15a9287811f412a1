/*
 * runc_cli.h - the commands of mini-runc
 *
 * The command line is runc's, so that whoever calls runc can call mini-runc. Each command is one
 * row of a table in mini-runc.c and one function in a runc_*_cli.c file. Book: 1.12
 */
#ifndef MINI_RUNC_CLI_H
#define MINI_RUNC_CLI_H

#include <stdbool.h>

#include "error.h"

/* The options before the command. */
struct runc {
	const char *root; /* states are folders in here */
	const char *log;  /* file for errors and warnings; NULL: stderr */
	const char *log_format;
	const char *cgroup_manager;
	const char *rootless;
	const char *criu;
	bool debug, version, explain, systemd_cgroup;
	bool without_root; /* what --rootless comes to (runc_rootless.h) */
};

/* argv[0] is the command's name. *code is the exit code; an error has its own. */
typedef fallible runc_function(const struct runc *runc, int argc, char **argv, int *code);

runc_function runc_run, runc_create, runc_start, runc_spec, runc_state, runc_list, runc_kill,
	runc_delete, runc_exec, runc_pause, runc_resume, runc_ps, runc_features, runc_checkpoint,
	runc_restore, runc_update, runc_events;

/* For commands that take an id and nothing else. After --help the container has no id, and there is
 * nothing to do. */
struct runc_container;
fallible runc_open_one(const struct runc *runc, int argc, char **argv,
		       struct runc_container *container);

/* One line to --log, in the form that --log-format asks for, and to stderr: a warning only where
 * there is no --log. */
void runc_log(const struct runc *runc, const char *level, const char *message);
/* The same for those who ask with --debug. */
void runc_debug(const struct runc *runc, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Each line of it a warning. */
void runc_warn(const struct runc *runc, const char *lines);

/* Prints "usage" and the options' help; for --help of a command. */
struct option_row;
void runc_usage(const char *usage, const struct option_row *rows);

#endif
