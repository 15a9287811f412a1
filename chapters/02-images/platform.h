/*
 * platform.h - for which machines an image is: "linux/arm64/v8"
 *
 * The words are Go's (GOOS, GOARCH), as images use them; those of uname(2) are understood:
 * aarch64 is arm64, x86_64 is amd64, armhf is arm/v7. A processor also runs what was made for its
 * elders: arm/v7 runs v6 and v5, amd64/v3 runs v2 and v1, amd64 runs 386.
 *
 * Standard: OCI image-spec, image-index.md "platform"; the order is containerd's. Book: 2.1
 */
#ifndef MINI_PLATFORM_H
#define MINI_PLATFORM_H

#include <jansson.h>

#include "error.h"

#define PLATFORM_WORD 32

struct platform {
	char os[PLATFORM_WORD], architecture[PLATFORM_WORD], variant[PLATFORM_WORD]; /* "" untold */
};

/* "linux", "arm64", "linux/arm64", "linux/arm/v7"; what is left out is this machine's.
 * ERROR_INVALID for what has other characters or more parts. */
fallible platform_parse(const char *text, struct platform *out);
/* One normal form of all spellings; words that are too long are cut. NULL is "". */
void platform_set(struct platform *platform, const char *os, const char *architecture,
		  const char *variant);
void platform_host(struct platform *out);
/* Indexes, configs and the Engine API have it as an object, {"os": "linux", "architecture":
 * "arm64", "variant": "v8"}: read, whatever it lacks, and a new one. */
void platform_read(const json_t *json, struct platform *out);
json_t *platform_json(const struct platform *platform);
/* "linux/arm/v7"; the caller frees. */
char *platform_text(const struct platform *platform);

/* How well `wanted` runs what is for `offered`: 0 not at all, more is better. */
unsigned int platform_rank(const struct platform *wanted, const struct platform *offered);

#endif
