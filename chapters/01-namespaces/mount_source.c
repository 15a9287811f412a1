#include "mount_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount.h"
#include "mount_idmap.h"
#include "text.h"

#define NUMBER_MAX   4096
#define FIRST_NUMBER 32 /* above those that the child hands on to its program */

static fallible open_user_namespace(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return *fd < 0 ? error_system("cannot open the user namespace '%s'", path) : NULL;
}

static fallible idmap(int mountfd, const struct mount_source *source)
{
	uint64_t began = explain_clock();
	unsigned int flags = AT_EMPTY_PATH | (source->idmap & MS_REC ? AT_RECURSIVE : 0);
	autoclose int user = -1;

	TRY(*source->user ? open_user_namespace(source->user, &user)
			  : mount_idmap_namespace(source->uid_map, source->gid_map, &user));
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = user};
	if (kernel_mount_setattr(mountfd, "", flags, &attr) < 0)
		return error_system("cannot map the ids of the mount of '%s'%s", source->path,
				    errno == EINVAL ? " (not every file system can be idmapped)"
						    : "");
	explain(began, "1.9", "its files belong to others than on the disk",
		"mount_setattr(MOUNT_ATTR_IDMAP) of %s", source->path);
	return NULL;
}

static void make_room(struct mount_sources *sources, size_t number)
{
	if (number < sources->count)
		return;
	sources->fd = reallocate(sources->fd, number + 1, sizeof(*sources->fd));
	while (sources->count <= number)
		sources->fd[sources->count++] = -1;
}

fallible mount_source_keep(struct mount_sources *sources, size_t number, int mount)
{
	if (number > NUMBER_MAX)
		return error_new(ERROR_INVALID, "there are more than %d mounts", NUMBER_MAX);
	make_room(sources, number);
	close_fd(&sources->fd[number]);
	sources->fd[number] = fcntl(mount, F_DUPFD_CLOEXEC, FIRST_NUMBER);
	return sources->fd[number] < 0 ? error_system("cannot keep a mount open") : NULL;
}

fallible mount_source_open(struct mount_sources *sources, const struct mount_source *source)
{
	autoclose int fd = -1;

	TRY(mount_open_source(source->path, source->recursive, &fd));
	if (source->idmap)
		TRY(idmap(fd, source));
	return mount_source_keep(sources, source->number, fd);
}

int mount_source_descriptor(const char *path)
{
	static const char prefix[] = "/proc/self/fd/";
	int64_t number;

	if (!text_has_prefix(path, prefix))
		return -1;
	autoerror e = integer_parse(path + strlen(prefix), "descriptor", 0, INT32_MAX, &number);
	return e ? -1 : (int)number;
}

int mount_source_fd(const struct mount_sources *sources, size_t number)
{
	return number < sources->count ? sources->fd[number] : -1;
}

void mount_sources_finish(struct mount_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		close_fd(&sources->fd[i]);
	free(sources->fd);
	*sources = (struct mount_sources){0};
}
