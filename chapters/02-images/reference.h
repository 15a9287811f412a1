/*
 * reference.h - the names of images, as people type them and as they are meant
 *
 *	busybox                           docker.io/library/busybox:latest
 *	user/x:1                          docker.io/user/x:1
 *	host:5000/a/b:tag@sha256:...      host:5000/a/b:tag@sha256:...
 *
 * The left is the familiar form, the right the normalized one. The first part is a registry's
 * host only if it has a dot or a colon, is "localhost", or has an upper-case letter; otherwise
 * the name is one of docker.io, and one without a slash is in its `library`. The familiar form
 *keeps "docker.io/" where it would be read as another host without it (docker.io/a.io/x).
 *
 * Standard: Docker's reference grammar (distribution/reference). Book: 2.3
 */
#ifndef MINI_REFERENCE_H
#define MINI_REFERENCE_H

#include <stdbool.h>

#include "digest.h"
#include "error.h"

#define REFERENCE_NAME_LIMIT 255 /* longest path, without host, tag and digest */
#define REFERENCE_TAG_LIMIT  128

struct reference {
	char *domain;         /* "docker.io", "host:5000" */
	char *path;           /* "library/busybox" */
	char *tag;            /* NULL when none was given */
	struct digest digest; /* none when none was given */
};
#define autoreference __attribute__((cleanup(reference_finish))) struct reference

/* ERROR_INVALID with Docker's messages: "invalid reference format", "invalid reference format:
 * repository name (library/Foo) must be lowercase", "... must not be longer than ...". On an error
 * *out holds nothing. */
fallible reference_parse(const char *text, struct reference *out);
void reference_finish(struct reference *ref);

/* With neither tag nor digest: the tag becomes "latest". */
void reference_default_tag(struct reference *ref);

/* The caller frees each. */
char *reference_familiar(const struct reference *ref);   /* "busybox:1", "user/x@sha256:..." */
char *reference_normalized(const struct reference *ref); /* "docker.io/library/busybox:1" */
char *reference_repository(const struct reference *ref); /* "docker.io/library/busybox" */
char *reference_familiar_repository(const struct reference *ref); /* "busybox" */

bool reference_is_tag(const char *text); /* [\w][\w.-]{0,127} */

#endif
