#include "runc_container.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cgroup.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "root.h"
#include "spec.h"
#include "text.h"

#define STATE_LIMIT  (8 << 20)
#define PROCESS_FILE "process.json"
#define LOCK_SECONDS 10

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
	*container = (struct runc_container){.id = id, .folderfd = -1, .cgroup = ""};
	TRY(runc_container_check_id(id));
	container->folder = format("%s/%s", root, id);
	return NULL;
}

static fallible does_not_exist(const char *id)
{
	return error_new(ERROR_NOT_FOUND, "container does not exist: '%s'", id);
}

/* Who writes to a state writes down what we do next: which hooks are run, what is killed. */
static fallible check_owner(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_system("cannot look at '%s'", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_new(ERROR_FORBIDDEN,
				 "'%s' belongs to user %u, who would decide what is done here: use "
				 "another --root, or do it as that user",
				 path, st.st_uid);
	if (st.st_mode & S_IWOTH || (st.st_mode & S_IWGRP && st.st_gid && st.st_gid != getegid()))
		return error_new(ERROR_FORBIDDEN,
				 "others may write to '%s', and would decide what is done here: "
				 "use another --root, or `chmod go-w` it",
				 path);
	return NULL;
}

/* Without waiting; whether it is ours now. */
static bool try_lock(struct runc_container *container)
{
	if (!container->locked)
		container->locked = flock(container->folderfd, LOCK_EX | LOCK_NB) == 0;
	return container->locked;
}

/* The folder that we have open is still the one of this name. */
static bool is_current(const struct runc_container *container)
{
	struct stat ours, theirs;

	return fstat(container->folderfd, &ours) == 0 && stat(container->folder, &theirs) == 0 &&
	       ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

fallible runc_container_reserve(const char *root, const char *id, struct runc_container *container)
{
	autoclose int fd = -1;

	TRY(begin(root, id, container));
	/* Sticky: then what clears old files out of XDG_RUNTIME_DIR leaves it alone. */
	TRY(error_wrap(directory_create(AT_FDCWD, root, 01700, &fd),
		       "cannot use the root '%s' (see --root)", root));
	TRY(check_owner(fd, root));
	if (mkdirat(fd, id, 0700) < 0)
		return errno == EEXIST
			       ? error_new(ERROR_CONFLICT,
					   "container with given ID already exists: '%s' "
					   "(`mini-runc delete` removes one that has stopped)",
					   id)
			       : error_system("cannot create the folder of the container '%s'",
					      container->folder);
	TRY(directory_open(fd, id, &container->folderfd));
	if (!try_lock(container) || !is_current(container))
		return error_new(ERROR_CONFLICT,
				 "the container '%s' was deleted while it was "
				 "created",
				 id);
	return NULL;
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

static const char *document_name(const struct runc_container *container)
{
	return container->creating ? "creating.json" : "state.json";
}

static const char *owner(const struct runc_container *container)
{
	struct stat st;
	struct passwd *user = fstat(container->folderfd, &st) == 0 ? getpwuid(st.st_uid) : NULL;

	return user ? user->pw_name : "";
}

static bool look(const struct runc_container *container, struct stat *st)
{
	return fstatat(container->folderfd, document_name(container), st, 0) == 0;
}

/* Each change is a new file. */
static bool is_as_known(const struct runc_container *container)
{
	const struct stat *known = &container->known;
	struct stat now;

	return container->state && look(container, &now) && now.st_ino == known->st_ino &&
	       now.st_size == known->st_size && now.st_mtim.tv_sec == known->st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == known->st_mtim.tv_nsec;
}

fallible runc_container_store(struct runc_container *container)
{
	autobuffer text = {0};

	json_append(&text, container->state);
	if (text.length > STATE_LIMIT)
		return error_new(ERROR_TOO_LARGE,
				 "config.json is too large: the state of the container would have "
				 "%zu bytes, and at most %d can be kept",
				 text.length, STATE_LIMIT);
	TRY(file_write_atomic(container->folderfd, document_name(container), text.data, text.length,
			      0600, NOT_DURABLE));
	if (!look(container, &container->known))
		container->known = (struct stat){0};
	return NULL;
}

fallible runc_container_describe(struct runc_container *container, const char *bundle, json_t *spec,
				 const char *cgroup)
{
	const char *root = json_string_at(spec, "root", "path", NULL);
	autofree char *rootfs = *root == '/' ? duplicate(root) : format("%s/%s", bundle, root);
	char created[TIME_TEXT_SIZE];

	time_text(time_now(), created);
	json_decref(container->state);
	container->state =
		json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:O, s:O*}", "ociVersion",
			  json_string_at(spec, "ociVersion", NULL), "id", container->id, "pid", 0,
			  "startTime", 0, "bundle", bundle, "rootfs", rootfs, "created", created,
			  "cgroup", cgroup ? cgroup : "", "config", spec, "annotations",
			  json_object_get(spec, "annotations"));
	if (!container->state)
		return error_new(ERROR_INVALID, "cannot describe the container: its names are not "
						"UTF-8");
	container->cgroup = json_string_at(container->state, "cgroup", NULL);
	container->creating = true;
	return NULL;
}

fallible runc_container_share_mounts(struct runc_container *container)
{
	autofree char *name = NULL;

	TRY(root_mount_name(json_string_at(container->state, "rootfs", NULL), &name));
	json_object_set_new(container->state, "rootMount", json_string(name));
	return NULL;
}

/* The first process waits for this, so it is small, and needs no other name at first: in half of it
 * nobody believes. */
static fallible write_process(const struct runc_container *container, const json_t *process)
{
	autofree char *text = json_text(process);
	autoclose int fd = openat(container->folderfd, PROCESS_FILE,
				  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system("cannot write '%s/%s'", container->folder, PROCESS_FILE);
	return file_write_fd(fd, PROCESS_FILE, text, strlen(text));
}

fallible runc_container_set_process(struct runc_container *container, pid_t pid, const char *cgroup)
{
	char letter;
	autojson *process =
		json_pack("{s:i, s:I, s:s}", "pid", pid, "startTime",
			  (json_int_t)start_time(pid, &letter), "cgroup", cgroup ? cgroup : "");

	container->pid = pid;
	json_object_update(container->state, process);
	container->cgroup = json_string_at(container->state, "cgroup", NULL);
	return write_process(container, process);
}

void runc_container_unlock(struct runc_container *container)
{
	flock(container->folderfd, LOCK_UN);
	container->locked = false;
}

fallible runc_container_commit(struct runc_container *container)
{
	int fd = container->folderfd;

	if (renameat(fd, "creating.json", fd, "state.json") < 0)
		return error_system("cannot complete the state of the container '%s'",
				    container->id);
	container->creating = false;
	runc_container_unlock(container);
	return NULL;
}

/* It may be missing, or half there, as long as `create` is at work or when that was killed. */
static fallible read_process(const struct runc_container *container, json_t *state)
{
	autojson *process = NULL;
	autoerror e = json_read(container->folderfd, PROCESS_FILE, STATE_LIMIT, &process);

	if (!e)
		json_object_update(state, process);
	if (!e || e->class == ERROR_NOT_FOUND || container->creating)
		return NULL;
	return error_wrap(steal(&e), "the process of the container '%s'", container->id);
}

static fallible read_state(struct runc_container *container)
{
	json_t *state = NULL;
	autoerror e = json_read(container->folderfd, "state.json", STATE_LIMIT, &state);

	container->creating = e && e->class == ERROR_NOT_FOUND;
	if (container->creating) {
		error_free(e);
		e = json_read(container->folderfd, "creating.json", STATE_LIMIT, &state);
	}
	if (e && e->class == ERROR_NOT_FOUND)
		return does_not_exist(container->id);
	if (e)
		return error_wrap(steal(&e), "the state of the container '%s'", container->id);
	json_decref(container->state);
	container->state = state;
	TRY(read_process(container, state));
	container->pid = json_integer_value(json_object_get(state, "pid"));
	container->cgroup = json_string_at(state, "cgroup", NULL);
	return NULL;
}

fallible runc_container_open(const char *root, const char *id, struct runc_container *container)
{
	TRY(begin(root, id, container));
	autoerror e = directory_open(AT_FDCWD, container->folder, &container->folderfd);
	if (e)
		return e->class == ERROR_NOT_FOUND ? does_not_exist(id) : steal(&e);
	TRY(check_owner(container->folderfd, container->folder));
	return read_state(container);
}

fallible runc_container_lock(struct runc_container *container)
{
	if (container->folderfd < 0)
		return does_not_exist(container->id);
	for (int i = 0; !try_lock(container) && i < LOCK_SECONDS * 100; i++)
		usleep(10000);
	if (!container->locked)
		return error_new(ERROR_CONFLICT,
				 "another mini-runc has been at work on the container '%s' for "
				 "more than %d seconds",
				 container->id, LOCK_SECONDS);
	if (!is_current(container))
		return does_not_exist(container->id);
	return is_as_known(container) ? NULL : read_state(container);
}

fallible runc_container_resctrl(const struct runc_container *container, struct plan *plan)
{
	const json_t *config = json_object_get(container->state, "config");
	const struct spec_options options = {.id = container->id};

	if (!json_at(config, "linux", "intelRdt", NULL))
		return NULL;
	autoerror e = spec_compile_resctrl(config, &options, plan);
	/* With the file system its groups have gone. */
	return e && e->class == ERROR_UNAVAILABLE ? NULL : steal(&e);
}

/* ---- the socket of `start` ---- */

/* By the folder's descriptor: a root may have a longer name than a socket's address has room. */
static struct sockaddr_un address_of(const struct runc_container *container)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/start.sock",
		 container->folderfd);
	return address;
}

fallible runc_container_bind(const struct runc_container *container, int *fd)
{
	struct sockaddr_un address = address_of(container);

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_system("cannot make a socket in '%s'", container->folder);
	return NULL;
}

/* Without blocking: one that waits for `start` accepts at once; full is as good as there. */
static bool connect_now(const struct runc_container *container, int flags, int *fd)
{
	struct sockaddr_un address = address_of(container);

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	return *fd >= 0 &&
	       (connect(*fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN);
}

fallible runc_container_connect(const struct runc_container *container, int *fd)
{
	if (connect_now(container, 0, fd))
		return NULL;
	return error_errno(ERROR_UNAVAILABLE, errno, "the container '%s' does not wait for a start",
			   container->id);
}

void runc_container_unbind(const struct runc_container *container)
{
	unlinkat(container->folderfd, "start.sock", 0);
}

static bool waits_for_start(const struct runc_container *container)
{
	autoclose int fd = -1;

	return faccessat(container->folderfd, "start.sock", F_OK, 0) == 0 &&
	       connect_now(container, SOCK_NONBLOCK, &fd);
}

/* ---- the status ---- */

static bool is_alive(const struct runc_container *container)
{
	char letter = 'Z';
	uint64_t began = container->pid ? start_time(container->pid, &letter) : 0;
	json_int_t known = json_integer_value(json_object_get(container->state, "startTime"));

	return began && (json_int_t)began == known && letter != 'Z' && letter != 'X';
}

/* By a `create` that is still there: it holds the lock. */
static bool is_being_created(const struct runc_container *container)
{
	autoclose int fd = openat(container->folderfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return container->creating && !container->locked && fd >= 0 &&
	       flock(fd, LOCK_SH | LOCK_NB) < 0;
}

char *runc_container_filters(const char *root)
{
	return format("%s/~filters", root);
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
	if (is_being_created(container))
		return "creating";
	if (!is_alive(container))
		return "stopped";
	if (container->creating)
		return "creating";
	if (is_frozen(container))
		return "paused";
	return waits_for_start(container) ? "created" : "running";
}

fallible runc_container_forget(struct runc_container *container)
{
	return container->folder ? tree_remove(AT_FDCWD, container->folder) : NULL;
}

void runc_container_finish(struct runc_container *container)
{
	if (container->folder)
		close_fd(&container->folderfd);
	free(container->folder);
	json_decref(container->state);
	*container = (struct runc_container){0};
}

json_t *runc_container_document(const struct runc_container *container)
{
	static const char *const members[] = {"bundle", "rootfs", "created", "annotations"};
	const char *status = runc_container_status(container);
	bool stopped = strcmp(status, "stopped") == 0;
	json_t *document = json_pack("{s:s, s:s, s:i, s:s, s:s}", "ociVersion",
				     json_string_at(container->state, "ociVersion", NULL), "id",
				     container->id, "pid", stopped ? 0 : container->pid, "status",
				     status, "owner", owner(container));

	for (size_t i = 0; i < countof(members); i++) {
		json_t *value = json_object_get(container->state, members[i]);

		if (value)
			json_object_set(document, members[i], value);
	}
	return document;
}
