#include <string.h>

#include "memory.h"
#include "options.h"
#include "runc_cli.h"
#include "runc_container.h"
#include "runc_destroy.h"

struct delete_options {
	bool force;
};

static const struct option_row rows[] = {
	{'f', "force", OPTION_FLAG, offsetof(struct delete_options, force), NULL,
	 "kill it first; one that is not there is no error"},
	{0},
};

static bool is(const struct runc_container *container, const char *status)
{
	return strcmp(runc_container_status(container), status) == 0;
}

/* A `create` that was killed before it wrote anything leaves a folder without a document. */
static fallible remove_rest(struct runc_container *container)
{
	autoerror e = container->folderfd >= 0 ? runc_container_lock(container) : NULL;

	if (e && e->class != ERROR_NOT_FOUND)
		return steal(&e);
	return container->locked ? runc_container_forget(container) : NULL;
}

static fallible remove_locked(const struct runc *runc, struct runc_container *container, bool force)
{
	/* As runc: one that never ran may go. */
	if (force || is(container, "created"))
		TRY(runc_stop(container));
	if (!is(container, "stopped"))
		return error_new(ERROR_CONFLICT,
				 "cannot delete container %s that is not stopped: %s",
				 container->id, runc_container_status(container));
	return runc_destroy(runc, container);
}

static fallible remove_one(const struct runc *runc, const char *id, bool force)
{
	autorunc container = {0};
	autoerror e = runc_container_open(runc->root, id, &container);

	if (e && force && e->class == ERROR_NOT_FOUND)
		return remove_rest(&container);
	if (e)
		return steal(&e);
	/* Who creates it may wait for a hook: without its process that comes to an end. */
	if (force && container.creating)
		TRY(runc_stop(&container));
	e = runc_container_lock(&container);
	if (e && force && e->class == ERROR_NOT_FOUND)
		return NULL;
	return e ? steal(&e) : remove_locked(runc, &container, force);
}

fallible runc_delete(const struct runc *runc, int argc, char **argv, int *code)
{
	struct delete_options options = {0};
	bool help = false;
	int first;

	(void)code;
	TRY(options_parse(rows, &options, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	if (help) {
		runc_usage("delete [options] ID", rows);
		return NULL;
	}
	if (argc - first != 1)
		return error_new(ERROR_INVALID, "delete takes one argument: delete [options] ID");
	return remove_one(runc, argv[first], options.force);
}
