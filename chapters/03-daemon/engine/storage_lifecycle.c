/*
 * --storage-opt size=: what a container may write (project_quota.h). The limit is on its upper/;
 * the overlay takes work/ along. Only on xfs, as with Docker: an overlay writes with the rights of
 * who mounted it, which is us, and ext4 lets who has CAP_SYS_RESOURCE exceed every limit. Book: 3.4
 */
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "container.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "project_quota.h"
#include "text.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

static bool is_xfs(int folder)
{
	struct statfs about;

	return fstatfs(folder, &about) == 0 && about.f_type == XFS_SUPER_MAGIC;
}

/* A default that cannot hold must not be taken for one that does. */
static fallible open_storage(struct engine *engine)
{
	if (!engine->options.storage_size)
		return NULL;
	if (!is_xfs(engine->data_root))
		return error_new(ERROR_INVALID,
				 "error initializing graphdriver: Storage Option overlay2.size "
				 "only supported for backingFS XFS: '%s' is on another file system",
				 engine->options.data_root);
	return error_wrap(project_quota_check(engine->data_root),
			  "error initializing graphdriver: Storage option overlay2.size not "
			  "supported. Filesystem does not support Project Quota");
}

/* Bytes; 0: as much as there is. */
static fallible wanted(const struct engine *engine, const struct container *container,
		       int64_t *bytes)
{
	const json_t *options = json_at(container->document, "HostConfig", "StorageOpt", NULL);

	*bytes = engine->options.storage_size;
	if (!json_object_get(options, "size"))
		return NULL;
	TRY(size_parse(json_string_at(options, "size", NULL), bytes));
	autoerror e = is_xfs(engine->data_root) ? project_quota_check(engine->data_root) : NULL;
	if (e || !is_xfs(engine->data_root))
		return error_new(ERROR_SYSTEM, "--storage-opt is supported only for overlay over "
					       "xfs with 'pquota' mount option");
	return NULL;
}

static fallible adopt(struct engine *engine, struct container *container)
{
	autofree char *folder = format("containers/%s/upper", container->id);
	autoclose int upper = -1;
	uint64_t began = explain_clock();
	int64_t bytes;

	TRY(wanted(engine, container, &bytes));
	if (!bytes)
		return NULL;
	TRY(directory_create(engine->data_root, folder, 0755, &upper));
	TRY(error_wrap(project_quota_set(upper, bytes),
		       "cannot limit what container %.12s may write", container->id));
	explain(began, "3.4", "its folder is a project of its own, and the kernel counts",
		"FS_IOC_FSSETXATTR(\"upper\"), quotactl_fd(Q_XSETQLIM, %lld)", (long long)bytes);
	return NULL;
}

static void forget(struct engine *engine, struct container *container)
{
	autofree char *folder = format("containers/%s/upper", container->id);
	autoclose int upper = -1;
	autoerror none = directory_open(engine->data_root, folder, &upper);

	if (!none)
		log_dropped(LOG_LEVEL_WARN, project_quota_clear(upper),
			    "the limit of container %.12s stays", container->id);
}

const struct lifecycle storage_lifecycle = {
	.name = "storage",
	.open = open_storage,
	.adopt = adopt,
	.forget = forget,
};
