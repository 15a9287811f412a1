/*
 * client.h - mini-docker: a command line that asks a daemon
 *
 * A command is a row of a table: names, arguments and a function. client_main() finds the row,
 * runs it and says what went wrong in the docker CLI's words and with its exit codes:
 *
 *	wrong options, failures of `run` before the container runs     125
 *	the container's command cannot be executed, is not found       126, 127
 *	the container ran                                              its exit code
 *	anything else                                                  1
 *
 * `mini-docker ps` and `mini-docker container ls` are the same struct command under two names.
 * Later chapters bring tables of their own; the program that is built lists them.
 *
 * Book: 3.11
 */
#ifndef MINI_CLIENT_H
#define MINI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "dial.h"
#include "endpoint.h"
#include "error.h"
#include "http_connection.h"
#include "options.h"

#define CLIENT_API_MINOR    50
#define CLIENT_DEFAULT_HOST "unix:///var/run/mini-docker.sock"

struct command;
struct command_name;

/* How a failure is told, which depends on how far the command came. */
enum client_stage {
	CLIENT_OPTIONS, /* the command line is wrong: the message, the usage, 125 */
	CLIENT_LAUNCH,  /* `run` before its container runs: "mini-docker: ...", a hint, 125 */
	CLIENT_PLAIN,   /* the message, 1 */
};

struct client {
	const char *program;              /* "mini-docker" */
	const struct command_name *table; /* all commands */
	char *path;                       /* "mini-docker container ls", as typed */
	const struct command *command;
	enum client_stage stage;
	int exit_code; /* of the process when the command returns no error */
	char *config;  /* the folder of the client's configuration */
	struct endpoint_flags flags;
	struct endpoint endpoint;     /* host is NULL until a command wants to speak to a daemon */
	struct dial dial;             /* how that is reached */
	struct http_connection *idle; /* a connection that waits for the next request */
	int api_minor;                /* after the first request: both sides know it */
	bool negotiated;
	char *registry_auth; /* header X-Registry-Auth of the requests that follow; NULL: none */
	bool explain;        /* the daemon's steps are traced to our stderr */
	bool debug;
};

struct command {
	const char *usage;   /* "[OPTIONS] IMAGE [COMMAND] [ARG...]" */
	const char *summary; /* for help; lists of commands show its first line */
	const char *aliases; /* all names, for help: "docker container run, docker run"; or NULL */
	bool hidden;         /* help does not list it */
	const struct option_row *options; /* may be NULL for a command that only has children */
	int least, most;                  /* number of arguments; most -1: any number */
	fallible (*run)(struct client *client, int argc, char **argv); /* argv[0] is its name */
	const struct command_name *children; /* "container": the commands below it */
};

/* Tables of commands end with a row without names. */
struct command_name {
	const char *names; /* the one that help shows, then others: "ls list ps" */
	const struct command *command;
	bool common; /* in the list of what is used most */
};

/* The commands of this chapter. */
extern const struct command_name client_commands[];

/* Those before the command; they point into a struct that only client.c knows. */
extern const struct option_row client_global_rows[];
/* The row one of whose names is `word`, or NULL. */
const struct command_name *client_find(const struct command_name *rows, const char *word);

/* Set by the program when it knows registries: gives the requests that follow what we have to show
 * to the registry of an image (registry_auth). NULL: nothing. */
extern fallible (*client_authorize)(struct client *client, const char *image);
/* The same: appends a configuration file with all that we have to show, nothing when that is
 * nothing. */
extern fallible (*client_credentials)(struct client *client, struct buffer *config);

/* main() of mini-docker: the exit code. */
int client_main(int argc, char **argv, const struct command_name *table);

/*
 * For a command's run(): parses its options into *into and checks the number of arguments, which
 * then are argv[*first] to argv[argc - 1]. *done: help was printed, and there is nothing to do.
 */
fallible client_options(struct client *client, void *into, enum options_order order, int argc,
			char **argv, int *first, bool *done);

/* Which daemon, and how it is reached; once. Errors of endpoint_choose() and dial_prepare(). */
fallible client_find_daemon(struct client *client);

/* Turns on the trace of this client and of the requests that follow (--explain). */
void client_explain(struct client *client);

/* Prints the message of an error that is no failure, and frees it. NULL is legal. */
void client_tell(struct error *e);

/* For commands that go through several arguments: tells about one failure and goes on; the exit
 * code becomes 1. NULL is legal. */
void client_complain(struct client *client, struct error *e);

#endif
