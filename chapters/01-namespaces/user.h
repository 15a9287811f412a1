/*
 * user.h - who a container's program runs as
 *
 * Names mean what the container's own /etc/passwd and /etc/group say, so they are looked up after
 * the pivot, by reading those two files: they are untrusted, read with a limit, and never block.
 *
 * Standard: passwd(5), group(5); Docker's --user. Book: 1.11
 */
#ifndef MINI_USER_H
#define MINI_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

#define USER_GROUPS_MAX 1024

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS_MAX];
	size_t group_count;
	char *home; /* owned; NULL when /etc/passwd does not know the uid */
};

/* "", "name", "uid", "name:group", "uid:gid" and mixtures of them. "" is root. What is a number
 * needs no entry; a name without one is ERROR_INVALID with Docker's words. The groups are those
 * that list the user, where no group was given. */
fallible user_find(int rootfd, const char *text, struct user *user);
/* One more group, by name or number. */
fallible user_add_group(int rootfd, const char *text, struct user *user);
/* Fills user->home for user->uid. Success also when nothing is known. */
fallible user_find_home(int rootfd, struct user *user);
void user_finish(struct user *user);

/* Whether groups can be given: in a user namespace of somebody with no group but his own they
 * cannot. Drops those of the caller. */
bool user_may_have_groups(void);
/* setgroups, setgid, setuid, in the order that leaves no way back. stdin, stdout and stderr
 * become the user's. */
fallible user_become(const struct user *user);

#endif
