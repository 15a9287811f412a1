/*
 * container_view.h - the files of a container as its processes see them, with what is mounted
 *
 * Of one that runs it is its root in its own mount namespace, through /proc/PID/root: bind mounts
 * and tmpfs are where its processes have them. One that does not run has nothing mounted: its
 * overlay and the bind mounts that its next start would give it are put together in a mount
 * namespace that nobody lives in and that ends with the view. Meanwhile it can neither be started
 * nor removed.
 *
 * With --userns-remap one that runs shows the ids that its own stand for, and one that does not its
 * own: its overlay is mounted for us, and the disk has those (remap.h); what is bound from
 * elsewhere, as a volume, is mounted with its ids turned round.
 *
 * The root is a descriptor: everything below it is to be looked up with RESOLVE_IN_ROOT (file.h).
 *
 * Book: 3.13
 */
#ifndef MINI_CONTAINER_VIEW_H
#define MINI_CONTAINER_VIEW_H

#include <stdbool.h>

#include "container.h"
#include "error.h"

struct container_view {
	struct container *container; /* borrowed */
	int root;
	const struct owners
		*owners; /* of its user namespace, where it is seen with its ids; NULL */
	int namespace;   /* holds the mounts of one that does not run; -1 */
	bool operating;  /* between container_operation_begin() and _end() */
	bool furnished;
	bool vanished; /* its process had ended, of which nobody has heard yet */
};

/* verb: "You cannot VERB container ..." */
fallible container_view_open(struct container *container, const char *verb,
			     struct container_view *view);
void container_view_close(struct container_view *view);
#define auto_container_view __attribute__((cleanup(container_view_close))) struct container_view

#endif
