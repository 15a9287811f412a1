/*
 * image_tree_cli.h - docker images --tree: below each image the platforms that it is for
 *
 * Laid out as by docker 28, which calls it experimental. Platforms are told by daemons that keep
 * images for several ("Manifests" of /images/json); ours keeps one for each name, as Docker's does
 * without the containerd image store.
 *
 * Book: 3.11
 */
#ifndef MINI_IMAGE_TREE_CLI_H
#define MINI_IMAGE_TREE_CLI_H

#include <stdbool.h>

#include "json.h"

/* The answer to GET /images/json?manifests=1; `all`: those without any name, too. */
void image_tree_cli_print(const json_t *list, bool all);

#endif
