/*
 * inspect_cli.h - docker inspect, container inspect, image inspect (client.h)
 *
 * Book: 3.11
 */
#ifndef MINI_INSPECT_CLI_H
#define MINI_INSPECT_CLI_H

#include "client.h"
#include "json.h"

extern const struct command inspect_command;
extern const struct command container_inspect_command, image_inspect_command;

/* An array of documents as --format says; NULL and "": as indented JSON. */
fallible inspect_print(const char *format, const json_t *documents);

#endif
