/*
 * path.h - paths as text, and where links lead
 *
 * For telling: where a link leads, below which name things will lie. Whoever works in the tree can
 * make the text wrong at any time; who then opens it in a tree that is not trusted does so with
 * RESOLVE_IN_ROOT (file.h), so that wrong at worst means elsewhere in the same tree.
 *
 * Book: 0.4
 */
#ifndef MINI_PATH_H
#define MINI_PATH_H

#include "error.h"

/* As Go's filepath.Clean for absolute paths: without "//", "." and "..", so "a/../b/" is "/b"
 * whatever a is. The caller frees. */
char *path_clean(const char *path);
/* What a path asserts by its end: "/." and "/" for a folder, "" for nothing. */
const char *path_ending(const char *path);
/* The same path cleaned, but for its ending. The caller frees. */
char *path_clean_but_end(const char *path);
/* The last name of a cleaned path: "/" of the root, "." behind "/.". The caller frees. */
char *path_base(const char *path);

/* "mini-shim" in the folder that this program is in; as it is, for PATH, where that cannot be told.
 * The caller frees. */
char *path_beside_program(const char *name);

/* "/" and the names, all links followed below root, without "." and "..". What does not exist is
 * taken as written. The caller frees. ERROR_INVALID when links go round in circles. */
fallible path_resolve(int root, const char *path, char **resolved);

#endif
