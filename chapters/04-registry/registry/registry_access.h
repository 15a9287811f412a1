/*
 * registry_access.h - who may do what with which repositories
 *
 *	# who     repositories   actions
 *	alice     team-a*        pull,push,delete
 *	*         library*       pull                 everybody who has logged in
 *	-         public*        pull                 everybody
 *	root      *              *
 *
 * What any line grants is granted. Stars in a name stand for any text, slashes too (fnmatch(3)).
 * Without a file everybody who has logged in may do everything.
 *
 * Book: 4.5
 */
#ifndef MINI_REGISTRY_ACCESS_H
#define MINI_REGISTRY_ACCESS_H

#include <stdbool.h>

#include "auth_scope.h"
#include "error.h"

struct registry_access; /* opaque; read-only once made */

/* path may be NULL. anonymous_pull adds "- * pull". ERROR_INVALID names the line. */
fallible registry_access_read(const char *path, bool anonymous_pull, struct registry_access **out);
void registry_access_destroy(struct registry_access *access); /* NULL is legal */

/* Of enum auth_action; user NULL: nobody has logged in. The name "*" asks for what is granted for
 * all repositories. */
unsigned registry_access_of(const struct registry_access *access, const char *user,
			    const char *repository);

#endif
