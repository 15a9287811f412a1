/*
 * completion_cli.h - docker completion bash|zsh|fish, and what its scripts ask (client.h)
 *
 * A script knows nothing of the commands: at each press of the key it asks `mini-docker __complete
 * WORD...`, which answers from the tables that also parse command lines and print help, and for
 * names of containers, images and contexts from where those are. A line is a word, a tab and what
 * it is about. The last WORD is the one to be completed.
 *
 * Book: 3.11
 */
#ifndef MINI_COMPLETION_CLI_H
#define MINI_COMPLETION_CLI_H

#include "client.h"

extern const struct command completion_command, complete_command;
/* Manual pages from the same tables: `make man`. */
extern const struct command man_command;

#endif
