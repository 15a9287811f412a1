/*
 * image_cli.h - the commands about images (client.h)
 *
 * Book: 2.7, 3.11
 */
#ifndef MINI_IMAGE_CLI_H
#define MINI_IMAGE_CLI_H

#include <stdio.h>

#include "client.h"
#include "json.h"
#include "table.h"

extern const struct command image_list_command, image_load_command, image_import_command;
extern const struct command image_tag_command, image_remove_command, image_save_command;
extern const struct command image_history_command;

/* Adds what templates see of an image of the API's list: a row for each of its tags, or one with
 * "<none>". */
void image_list_add_rows(json_t *rows, const json_t *image, bool no_trunc);
extern const struct table_column image_list_columns[];

/* Asks the daemon to pull; progress goes to `progress` unless that is NULL. platform may be NULL.
 */
fallible image_pull(struct client *client, const char *image, const char *platform, FILE *progress);
/* The same for all tags of a repository. */
fallible image_pull_all(struct client *client, const char *repository, const char *platform,
			FILE *progress);

#endif
