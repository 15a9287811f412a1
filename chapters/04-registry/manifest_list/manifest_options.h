/*
 * manifest_options.h - the command lines of docker manifest
 *
 * The client reads them for its help and its errors, mini-manifest for what they say. Neither is
 * linked with what the other needs.
 *
 * Book: 4.9
 */
#ifndef MINI_MANIFEST_OPTIONS_H
#define MINI_MANIFEST_OPTIONS_H

#include "options.h"

struct manifest_options {
	bool amend, insecure, purge, verbose;
	const char *arch, *os, *os_version, *variant;
	struct words os_features;
};

extern const struct option_row manifest_annotate_rows[], manifest_create_rows[];
extern const struct option_row manifest_inspect_rows[], manifest_push_rows[];
extern const struct option_row manifest_remove_rows[];

#endif
