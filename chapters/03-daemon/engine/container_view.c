#include "container_view.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "container_life.h"
#include "container_record.h"
#include "container_tree.h"
#include "engine.h"
#include "explain.h"
#include "file.h"
#include "json.h"
#include "kernel_call.h"
#include "lifecycle.h"
#include "log.h"
#include "memory.h"
#include "mount.h"
#include "mount_point.h"
#include "oci_spec.h"
#include "remap.h"
#include "thread.h"

#define ATTEMPTS 5 /* at one that starts and ends again and again */

/* ---- one that runs ---- */

static bool has_process(struct container *container, pid_t pid)
{
	autobuffer pids = {0};
	autoerror e = container_processes(container, &pids);

	for (size_t at = 0; !e && at + sizeof(pid_t) <= pids.length; at += sizeof(pid_t))
		if (memcmp(pids.data + at, &pid, sizeof(pid)) == 0)
			return true;
	return false;
}

/* The folder of /proc stands for that one process, also when its number is given to another: when
 * it still answers after the number was found in the container's cgroup, it is the container's. */
static fallible open_running(struct container *container, pid_t pid, int *root)
{
	autofree char *path = format("/proc/%d", pid);
	autoclose int process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
	uint64_t began = explain_clock();

	if (process >= 0)
		fd = openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !has_process(container, pid) || faccessat(process, "root", F_OK, 0) < 0)
		return error_new(ERROR_CONFLICT,
				 "container %s ended while its files were opened: try again",
				 container->id);
	explain(began, "3.13", "its root, in its own mount namespace, without going there",
		"open(\"/proc/%d/root\", O_PATH)", pid);
	*root = steal_fd(&fd);
	return NULL;
}

/* ---- one that does not ---- */

struct assembly {
	struct container_view *view;
	const struct furnishing *furnishing; /* borrowed */
	bool read_only;
	struct error *problem;
};

static bool has_option(const json_t *mount, const char *name)
{
	const json_t *option;
	size_t i;

	json_array_foreach (json_object_get(mount, "options"), i, option)
		if (strcmp(json_string_value(option), name) == 0)
			return true;
	return false;
}

static fallible make_read_only(int mount, unsigned int recursive, const char *what)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};

	if (kernel_mount_setattr(mount, "", AT_EMPTY_PATH | recursive, &attributes) < 0)
		return error_system("cannot make '%s' read-only", what);
	return NULL;
}

/* What its processes have written to a volume belongs to the ids that theirs stand for; here they
 * are to be seen as by them, as are those of its own files. Not every file system can do that. */
static void show_as_inside(int mount, unsigned int recursive, const struct remap *remap)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP};

	if (!remap)
		return;
	attributes.userns_fd = remap->seen;
	if (kernel_mount_setattr(mount, "", AT_EMPTY_PATH | recursive, &attributes) < 0)
		log_debug("a mount shows the machine's ids: %s", strerror(errno));
}

static fallible bind(const struct container_view *view, const struct furnishing *furnishing,
		     const json_t *mount)
{
	const char *source = json_string_at(mount, "source", NULL);
	const char *target = json_string_at(mount, "destination", NULL);
	unsigned int recursive = has_option(mount, "rbind") ? AT_RECURSIVE : 0;
	int given = furnishing_find_mount(furnishing, source);
	autoclose int tree =
		given >= 0 ? fcntl(furnishing->mounts[given], F_DUPFD_CLOEXEC, 0)
			   : kernel_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | recursive);
	autoclose int place = -1;
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0)
		return error_system("cannot mount '%s' at '%s'", source, target);
	if (has_option(mount, "ro"))
		TRY(make_read_only(tree, 0, source));
	if (has_option(mount, MOUNT_READ_ONLY))
		TRY(make_read_only(tree, AT_RECURSIVE, source));
	show_as_inside(tree, recursive, container_remap(view->container));
	TRY(mount_open_target(view->root, target, !S_ISDIR(st.st_mode), &place));
	if (kernel_move_mount(tree, "", place, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_system("cannot mount '%s' at '%s'", source, target);
	return NULL;
}

/* The folder that every container's root is attached at, here of a namespace of its own. */
static fallible attach_root(const struct container_view *view)
{
	autofree char *place = format("%s/rootfs", view->container->engine->options.exec_root);

	if (unshare(CLONE_NEWNS) < 0 || kernel_mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return error_system("cannot make a mount namespace (are you root?)");
	if (kernel_move_mount(view->root, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_system("cannot mount at '%s'", place);
	return NULL;
}

static fallible assemble(struct assembly *assembly)
{
	struct container_view *view = assembly->view;
	const json_t *mount;
	size_t i;

	TRY(attach_root(view));
	json_array_foreach (json_object_get(assembly->furnishing->spec, "mounts"), i, mount)
		if (strcmp(json_string_at(mount, "type", NULL), "bind") == 0)
			TRY(bind(view, assembly->furnishing, mount));
	if (assembly->read_only)
		TRY(make_read_only(view->root, 0, "/"));
	view->namespace = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return view->namespace < 0 ? error_system("cannot keep a mount namespace") : NULL;
}

static void *assembly_main(void *context)
{
	struct assembly *assembly = context;

	assembly->problem = assemble(assembly);
	return NULL;
}

/* In a thread: a mount namespace is a matter of the thread, and this one's ends with it. */
static fallible assemble_elsewhere(struct assembly *assembly)
{
	uint64_t began = explain_clock();
	pthread_t thread;

	TRY(thread_start(&thread, assembly_main, assembly, "mounts a container's files"));
	pthread_join(thread, NULL);
	if (!assembly->problem)
		explain(began, "3.13",
			"its files and what it has mounted, where nobody else sees them",
			"unshare(CLONE_NEWNS), move_mount(overlay, \"rootfs\")");
	return assembly->problem;
}

/* What its next start would be furnished with. Locked. */
static fallible furnish(struct container_view *view, struct furnishing *furnishing)
{
	furnishing->root = view->root;
	TRY(lifecycle_furnish(view->container, furnishing));
	view->furnished = true;
	oci_spec_sort_mounts(furnishing->spec);
	return NULL;
}

static fallible open_stopped(struct container_view *view)
{
	struct container *container = view->container;
	autojson *spec = json_pack("{s:{s:[]}, s:[]}", "process", "args", "mounts");
	struct furnishing furnishing = {.spec = spec};
	struct assembly assembly = {.view = view, .furnishing = &furnishing};
	autoclose int data = -1;

	container_lock(container);
	assembly.read_only = container_record_flag(container, "HostConfig", "ReadonlyRootfs");
	struct error *e = container_open_data(container, &data);
	if (!e)
		e = container_tree_mount(container, data, NULL, &view->root);
	if (!e)
		e = furnish(view, &furnishing);
	container_unlock(container);
	if (!e)
		e = assemble_elsewhere(&assembly);
	furnishing_close_mounts(&furnishing);
	return e;
}

/* ---- either ---- */

static void end_operation(struct container_view *view)
{
	if (view->operating)
		container_operation_end(view->container);
	view->operating = false;
}

static fallible open_view(struct container_view *view, const char *verb)
{
	struct container *container = view->container;

	container_operation_begin(container);
	view->operating = true;
	TRY(container_tree_check(container, verb));
	container_lock(container);
	pid_t pid = container_is_running(container) ? container->pid : 0;
	const struct remap *remap = container_remap(container);
	container_unlock(container);
	if (!pid)
		return open_stopped(view);
	view->owners = remap ? &remap->owners : NULL;
	end_operation(view);
	struct error *e = open_running(container, pid, &view->root);
	view->vanished = e;
	return e;
}

void container_view_close(struct container_view *view)
{
	close_fd(&view->root);
	close_fd(&view->namespace);
	if (view->furnished) {
		container_lock(view->container);
		lifecycle_detach(view->container);
		container_unlock(view->container);
	}
	view->furnished = false;
	end_operation(view);
}

static bool is_late(void *unused)
{
	(void)unused;
	return true;
}

/* Its process has ended, and the shim is about to tell; half a second is plenty. */
static void await_end(struct container *container, unsigned int runs)
{
	int exit_code;

	error_free(container_wait_after(container, CONTAINER_WAIT_NOT_RUNNING, runs, is_late, NULL,
					&exit_code));
}

fallible container_view_open(struct container *container, const char *verb,
			     struct container_view *view)
{
	for (int attempt = 1;; attempt++) {
		unsigned int runs = container_runs(container);

		*view = (struct container_view){
			.container = container, .root = -1, .namespace = -1};
		struct error *e = open_view(view, verb);
		if (!e)
			return NULL;
		container_view_close(view);
		if (!view->vanished || attempt == ATTEMPTS)
			return e;
		error_free(e);
		await_end(container, runs);
	}
}
