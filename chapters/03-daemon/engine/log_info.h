/*
 * log_info.h - a container as its log drivers see it: names, tags, labels
 *
 * Standard: Docker's logging drivers, "Log tags", and the options labels, labels-regex, env and
 * env-regex. Regular expressions are POSIX extended ones, where Docker has Go's: what both know is
 * nearly all that is written. Book: 3.7
 */
#ifndef MINI_LOG_INFO_H
#define MINI_LOG_INFO_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"

/* All borrowed, from the container's document. */
struct log_info {
	const json_t *document;
	const json_t *options; /* of the log driver: HostConfig.LogConfig.Config */
};

/* "" for one that is not given. */
const char *log_info_option(const struct log_info *info, const char *name);
const char *log_info_id(const struct log_info *info); /* 64 digits */
const char *log_info_name(const struct log_info *info);
const char *log_info_image(const struct log_info *info);

/* What the template of the option `tag`, or else `fallback`, makes of the container: the caller
 * frees. ERROR_INVALID. */
fallible log_info_tag(const struct log_info *info, const char *fallback, char **out);
/* The labels and variables that the options name: an object of texts, the caller's. ERROR_INVALID.
 */
fallible log_info_attributes(const struct log_info *info, json_t **out);

/* Options that are numbers and flags, in Go's words when they are none. */
fallible log_info_integer(const struct log_info *info, const char *name, int64_t fallback,
			  int64_t *out);
fallible log_info_flag(const struct log_info *info, const char *name, bool fallback, bool *out);

#endif
