/*
 * distribution_cli.h - the commands that reach registries (client.h)
 *
 * The daemon speaks to registries; the client knows the passwords and gives each request the one
 * that it needs, in the header X-Registry-Auth.
 *
 * Book: 4.9
 */
#ifndef MINI_DISTRIBUTION_CLI_H
#define MINI_DISTRIBUTION_CLI_H

#include "client.h"
#include "image_name.h"

/* The table of this chapter (client_tables.h). */
extern const struct command_name distribution_commands[];

extern const struct command image_pull_command, image_push_command, login_command;
extern const struct command logout_command, search_command;
extern const struct command manifest_annotate_command, manifest_create_command;
extern const struct command manifest_inspect_command, manifest_push_command;
extern const struct command manifest_remove_command;

/* The `authorize` of a client: the requests that follow are about this image, and carry what we
 * have for its registry. */
fallible distribution_authorize(struct client *client, const char *image);
/* Its `credentials`. */
fallible distribution_credentials(struct client *client, struct buffer *config);

#endif
