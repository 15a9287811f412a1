/*
 * gunzip.h - what a gzip stream contains, twice as fast as with zlib
 *
 * Nearly every layer that comes from a registry is gzip. ISA-L's decoder reads it; several members
 * in a row are one stream, each with its checksum, and bytes behind the last one that are no
 * gzip are left alone, as gzip(1) does.
 *
 * Standard: RFC 1952. Book: 2.4, 2.10
 */
#ifndef MINI_GUNZIP_H
#define MINI_GUNZIP_H

#include "error.h"
#include "source.h"

struct gunzip;

/* Copies the source, which must outlive it. */
struct gunzip *gunzip_create(const struct source *compressed);
/* As a source's read. ERROR_INVALID for what is damaged or cut off. */
fallible gunzip_read(struct gunzip *gunzip, void *bytes, size_t size, size_t *length);
void gunzip_destroy(struct gunzip *gunzip); /* NULL is legal */

#endif
