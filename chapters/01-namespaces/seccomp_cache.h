/*
 * seccomp_cache.h - filters made before
 *
 * Making a filter out of a profile takes libseccomp longer than all else of a container's start,
 * and nearly every container of a machine has the same profile. So the filter is kept, with the
 * text of the profile it was made of, in one of a few files: which one, a hash of the text says,
 * but only the same text, whole, is a hit. Two profiles that fall on one file take turns; the
 * folder never grows. It must be one that only its owner can write to.
 *
 * Book: 1.8
 */
#ifndef MINI_SECCOMP_CACHE_H
#define MINI_SECCOMP_CACHE_H

#include <jansson.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

/* seccomp_profile_compile(), or what it gave for this profile before. `folder` is made when it is
 * missing; NULL, or one that cannot be used, is no cache and no error. */
fallible seccomp_cache_compile(const char *folder, const json_t *profile, struct buffer *bpf,
			       uint32_t *flags);

#endif
