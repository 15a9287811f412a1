/*
 * seccomp_profile.h - profiles made into filters (libseccomp)
 *
 * seccomp_filter.h loads what comes out here; the process that loads it needs no library.
 *
 * Standard: OCI runtime-spec, config-linux.md, "Seccomp". Book: 1.8
 */
#ifndef MINI_SECCOMP_PROFILE_H
#define MINI_SECCOMP_PROFILE_H

#include <jansson.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

/* SECCOMP_FILTER_FLAG_SPEC_ALLOW, as runc has it: a filter alone does not switch on mitigations
 * that make every program slower. */
#define SECCOMP_PROFILE_FLAGS 4u

/* The mask of an array of names ("CAP_CHOWN"), as the next functions want it. */
uint64_t seccomp_capability_mask(const json_t *names);

/* Docker's default profile for these capabilities (a mask), appended as struct sock_filter. For
 * Docker's default set it was made at build time; for others it takes some 10 ms: keep it. */
fallible seccomp_default_filter(uint64_t capabilities, struct buffer *bpf);

/* The same as the "seccomp" object of config.json, for another runtime; the caller owns it. */
json_t *seccomp_default_profile(uint64_t capabilities);

/* The "seccomp" object of config.json. ERROR_INVALID names the member. Where an action is
 * SCMP_ACT_NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER is among the flags. */
fallible seccomp_profile_compile(const json_t *profile, struct buffer *bpf, uint32_t *flags);

/* The words that a profile may have, as features-linux.md lists them; the caller owns it. */
json_t *seccomp_profile_features(void);

#endif
