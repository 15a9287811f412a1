/*
 * image_name.h - the name of an image as the client needs it: which registry, which tag
 *
 * The daemon checks names (reference.h); the client only has to know whose password to send and
 * what to say. It is linked without the libraries that reference.h would bring.
 *
 * Standard: Docker's reference grammar. Book: 4.9
 */
#ifndef MINI_IMAGE_NAME_H
#define MINI_IMAGE_NAME_H

struct image_name {
	char *domain;     /* "docker.io", "host:5000" */
	char *repository; /* as typed, without tag and digest: what the daemon is told */
	char *normalized; /* "docker.io/library/busybox" */
	char *tag;        /* NULL: none was typed */
	char *digest;     /* "sha256:..."; NULL: none */
};
#define auto_image_name __attribute__((cleanup(image_name_finish))) struct image_name

void image_name_split(const char *text, struct image_name *name);
void image_name_finish(struct image_name *name);
/* The whole, normalized: with the digest, or the tag ("latest" if there is none). */
char *image_name_text(const struct image_name *name); /* the caller frees */

#endif
