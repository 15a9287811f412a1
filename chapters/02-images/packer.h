/*
 * packer.h - files become a layer's tar
 *
 * The other way of unpack.h. Kept: owner, mode with set-uid, devices, fifos, hard links,
 * extended attributes, times to the nanosecond. Holes are written as zeros: Docker and podman load
 * a layer with sparse files, but cannot make the same tar of it again, and then neither save nor
 * push the image; who unpacks it here has the holes back. Left out, with a warning in the log:
 * sockets, and names that begin with `.wh.`, which in a layer would be whiteouts.
 *
 * The same tree gives the same bytes: names come in the walk's order, and nothing is noted that
 * reading changes (atime, ctime) or that belongs to this machine (user names, inode numbers).
 *
 * In a user namespace a file is whose it is noted to be (rootless_owner.h).
 *
 * Standard: OCI image-spec, layer.md; pax (POSIX.1-2001). Book: 2.5, 2.7
 */
#ifndef MINI_PACKER_H
#define MINI_PACKER_H

#include "error.h"
#include "source.h"
#include "tree_walk.h"

struct packer;

/* Borrows `out`. */
fallible packer_open(const struct sink *out, struct packer **packer);
/* What is packed is no layer (packer_copy.h): names of whiteouts are names. */
void packer_set_copying(struct packer *packer);
/* ERROR_NOT_FOUND when the file is not there any more, ERROR_CONFLICT when it changes its size
 * while it is read. */
fallible packer_add(struct packer *packer, const struct tree_entry *entry);
/* A whiteout: what layers below have at the path is gone. */
fallible packer_hide(struct packer *packer, const char *path);
/* Ends the archive. */
fallible packer_finish(struct packer *packer);
void packer_close(struct packer *packer); /* NULL is legal */
#define autopacker __attribute__((cleanup(packer_close_cleanup))) struct packer
void packer_close_cleanup(struct packer **packer);

/* A whole tree, its root too: `export`. */
fallible packer_tree(int root, const struct sink *out);

#endif
