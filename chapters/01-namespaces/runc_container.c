#include "runc_container.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define STATE_LIMIT (8 << 20)

fallible runc_container_check_id(const char *id)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

	if (*id && strspn(id, allowed) == strlen(id) && strcmp(id, ".") != 0 &&
	    strcmp(id, "..") != 0 && strlen(id) <= 255)
		return NULL;
	return error_new(ERROR_INVALID,
			 "invalid container ID '%s': letters, digits and _+-. are allowed", id);
}

static fallible begin(const char *root, const char *id, struct runc_container *container)
{
	*container = (struct runc_container){.id = id, .cgroup = ""};
	TRY(runc_container_check_id(id));
	container->folder = format("%s/%s", root, id);
	return NULL;
}

fallible runc_container_reserve(const char *root, const char *id, struct runc_container *container)
{
	autoclose int fd = -1;

	TRY(begin(root, id, container));
	/* Sticky: then what clears old files out of XDG_RUNTIME_DIR leaves it alone. */
	TRY(error_wrap(directory_create(AT_FDCWD, root, 01700, &fd),
		       "cannot use the root '%s' (see --root)", root));
	if (mkdirat(fd, id, 0711) == 0)
		return NULL;
	if (errno == EEXIST)
		return error_new(ERROR_CONFLICT,
				 "container with given ID already exists: '%s' (`mini-runc delete` "
				 "removes one that has stopped)",
				 id);
	return error_system("cannot create the folder of the container '%s'", container->folder);
}

/* Field 22 of /proc/PID/stat, after the name in brackets: when it began. 0: it is not there. */
static uint64_t start_time(pid_t pid, char *letter)
{
	autofree char *path = format("/proc/%d/stat", pid);
	autobuffer text = {0};
	autoerror e = file_read(AT_FDCWD, path, 4096, &text);
	char *at = e ? NULL : strrchr(text.data, ')');

	if (!at || !at[1])
		return 0;
	*letter = at[2];
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

fallible runc_container_announce(const struct runc_container *container, const char *cgroup)
{
	autofree char *path = format("%s/cgroup", container->folder);

	return symlink(cgroup, path) < 0 ? error_system("cannot create '%s'", path) : NULL;
}

char *runc_container_announced(const struct runc_container *container)
{
	autofree char *path = format("%s/cgroup", container->folder);
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target));

	return length > 0 && length < (ssize_t)sizeof(target) ? duplicate_range(target, length)
							      : NULL;
}

static const char *owner(void)
{
	struct passwd *user = getpwuid(geteuid());

	return user ? user->pw_name : "";
}

fallible runc_container_save(struct runc_container *container, const char *bundle, json_t *spec,
			     pid_t pid, const char *cgroup)
{
	const char *root = json_string_at(spec, "root", "path", NULL);
	autofree char *rootfs = *root == '/' ? duplicate(root) : format("%s/%s", bundle, root);
	char created[TIME_TEXT_SIZE], letter;

	time_text(time_now(), created);
	json_decref(container->state);
	container->state =
		json_pack("{s:s, s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:s, s:O, s:O*}", "ociVersion",
			  json_string_at(spec, "ociVersion", NULL), "id", container->id, "pid", pid,
			  "startTime", (json_int_t)start_time(pid, &letter), "bundle", bundle,
			  "rootfs", rootfs, "created", created, "owner", owner(), "cgroup",
			  cgroup ? cgroup : "", "config", spec, "annotations",
			  json_object_get(spec, "annotations"));
	if (!container->state)
		return error_new(ERROR_INVALID, "cannot describe the container: its names are not "
						"UTF-8");
	container->pid = pid;
	container->cgroup = json_string_at(container->state, "cgroup", NULL);
	return runc_container_store(container);
}

fallible runc_container_store(const struct runc_container *container)
{
	autofree char *path = format("%s/state.json", container->folder);
	autofree char *text = json_text(container->state);

	return file_write_atomic(AT_FDCWD, path, text, strlen(text), 0600, NOT_DURABLE);
}

fallible runc_container_open(const char *root, const char *id, struct runc_container *container)
{
	TRY(begin(root, id, container));
	autofree char *path = format("%s/state.json", container->folder);
	autoerror e = json_read(AT_FDCWD, path, STATE_LIMIT, &container->state);

	if (e && e->class == ERROR_NOT_FOUND)
		return error_new(ERROR_NOT_FOUND, "container does not exist: '%s'", id);
	if (e)
		return steal(&e);
	container->pid = json_integer_value(json_object_get(container->state, "pid"));
	container->cgroup = json_string_at(container->state, "cgroup", NULL);
	return NULL;
}

char *runc_container_fifo(const struct runc_container *container)
{
	return format("%s/exec.fifo", container->folder);
}

static bool is_frozen(const struct runc_container *container)
{
	bool v1 = cgroup_layout() == CGROUP_V1;
	struct cgroup cgroup = {.path = (char *)container->cgroup};
	autobuffer text = {0};

	if (!*container->cgroup)
		return false;
	autoerror e = v1 ? cgroup_read(&cgroup, "freezer", "freezer.state", &text)
			 : cgroup_read(&cgroup, NULL, "cgroup.events", &text);
	return !e && strstr(text.data, v1 ? "FROZEN" : "frozen 1");
}

const char *runc_container_status(const struct runc_container *container)
{
	char letter = 'Z';
	uint64_t began = start_time(container->pid, &letter);
	json_int_t known = json_integer_value(json_object_get(container->state, "startTime"));
	autofree char *fifo = runc_container_fifo(container);

	if (!began || (json_int_t)began != known || letter == 'Z' || letter == 'X')
		return "stopped";
	if (access(fifo, F_OK) == 0)
		return "created";
	return is_frozen(container) ? "paused" : "running";
}

fallible runc_container_forget(struct runc_container *container)
{
	return container->folder ? tree_remove(AT_FDCWD, container->folder) : NULL;
}

void runc_container_finish(struct runc_container *container)
{
	free(container->folder);
	json_decref(container->state);
	*container = (struct runc_container){0};
}

json_t *runc_container_document(const struct runc_container *container)
{
	static const char *const members[] = {"bundle", "rootfs", "created", "owner",
					      "annotations"};
	const char *status = runc_container_status(container);
	bool stopped = strcmp(status, "stopped") == 0;
	json_t *document =
		json_pack("{s:s, s:s, s:i, s:s}", "ociVersion",
			  json_string_at(container->state, "ociVersion", NULL), "id", container->id,
			  "pid", stopped ? 0 : container->pid, "status", status);

	for (size_t i = 0; i < countof(members); i++) {
		json_t *value = json_object_get(container->state, members[i]);

		if (value)
			json_object_set(document, members[i], value);
	}
	return document;
}
