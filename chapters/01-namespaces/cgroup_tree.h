/*
 * cgroup_tree.h - the trees of control groups of this machine, for the cgroup_*.c files only
 *
 * A hierarchy is one mounted tree: "unified" or "" (version 2), or one or more controllers of
 * version 1 ("memory", "cpu,cpuacct"). A group of ours has the same path in each of them.
 *
 * Book: 1.6
 */
#ifndef MINI_CGROUP_TREE_H
#define MINI_CGROUP_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "cgroup.h"

#define CGROUP_ROOT            "/sys/fs/cgroup"
#define CGROUP_HIERARCHIES_MAX 24

struct cgroup_hierarchy {
	char name[64]; /* the folder below CGROUP_ROOT: "memory"; "" where the root is the tree */
	bool v2;
};

/* All of them, version 2 last; found once and then kept. */
const struct cgroup_hierarchy *cgroup_hierarchies(size_t *count);
/* The one with this controller in version 1, or the version 2 tree for NULL; NULL if none. */
const struct cgroup_hierarchy *cgroup_hierarchy_of(const char *controller);
/* "/sys/fs/cgroup/memory/mini-docker/ID/FILE"; file may be NULL. The caller frees. */
char *cgroup_file(const struct cgroup_hierarchy *tree, const char *path, const char *file);

/* Per version: where a limit goes. ERROR_UNAVAILABLE when the machine has no such controller. */
fallible cgroup_v1_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value);
fallible cgroup_v2_set(const struct cgroup *cgroup, enum cgroup_limit limit, const char *value);
/* A new version 1 cpuset has no processor and no memory node: it takes its parent's, which gets
 * those of its own when it has none. */
fallible cgroup_v1_inherit_cpuset(const struct cgroup_hierarchy *tree, const char *path);
/* Hands every controller of the tree down to the parent of `path`. */
void cgroup_v2_enable(const struct cgroup_hierarchy *tree, const char *path);
/* ERROR_CONFLICT for a group in which no process can be: one inside of a threaded group. */
fallible cgroup_v2_check_type(const struct cgroup_hierarchy *tree, const char *path);
fallible cgroup_v1_freeze(const struct cgroup *cgroup, bool frozen);
fallible cgroup_v2_freeze(const struct cgroup *cgroup, bool frozen);

/* A file name with %s gets the first word of the value, and the value is what is after it. The
 * caller frees *file; *rest is borrowed from value. ERROR_INVALID when that is no name. */
fallible cgroup_limit_file(const char *name, const char *value, char **file, const char **rest);
bool cgroup_is_unlimited(const char *value);
/* Whether the list, separated by spaces, has the word. */
bool cgroup_has_word(const char *list, const char *word);

/* The name of a limit in messages: "memory.limit". */
const char *cgroup_limit_name(enum cgroup_limit limit);
/* Writes the value; ENOENT is ERROR_UNAVAILABLE, EINVAL and ERANGE are ERROR_INVALID. */
fallible cgroup_write_limit(const struct cgroup_hierarchy *tree, const struct cgroup *cgroup,
			    const char *file, enum cgroup_limit limit, const char *value);

#endif
