/*
 * context_options.h - what the commands of `docker context` share: their options, and how they
 * begin
 *
 * Book: 3.11
 */
#ifndef MINI_CONTEXT_OPTIONS_H
#define MINI_CONTEXT_OPTIONS_H

#include "client.h"

struct context_options {
	const char *description, *from, *format;
	struct words docker;
	bool force, quiet;
};

/* Reads the options and then runs the command with the names that follow them. */
fallible context_options_run(struct client *client, int argc, char **argv,
			     fallible (*run)(struct client *client,
					     const struct context_options *options, char **names,
					     int count));

/* The run() of a struct command: function##_run. */
#define CONTEXT_RUN(function)                                                                      \
	static fallible function##_run(struct client *client, int argc, char **argv)               \
	{                                                                                          \
		return context_options_run(client, argc, argv, function);                          \
	}

#endif
