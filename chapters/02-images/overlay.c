#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "file_user.h"
#include "memory.h"
#include "project_quota.h"
#include "user_namespace.h"

/* libc has these only since glibc 2.36, and musl not at all. */
static int fs_open(const char *type)
{
	return syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static int fs_config(int fs, unsigned int command, const char *key, const void *value, int fd)
{
	return syscall(SYS_fsconfig, fs, command, key, value, fd);
}

static int fs_mount(int fs, unsigned int attributes)
{
	return syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
}

/* What the overlay is made of; lower trees in the order that overlayfs wants: top first. */
struct parts {
	int *lower; /* borrowed descriptors */
	size_t lower_count;
	int upper, work; /* -1: read-only */
	int empty;       /* stands for a layer where there is none; -1 if not needed */
	bool is_volatile;
};

static void finish_parts(struct parts *parts)
{
	free(parts->lower);
	close_fd(&parts->upper);
	close_fd(&parts->work);
	close_fd(&parts->empty);
}

#define autoparts __attribute__((cleanup(finish_parts))) struct parts
#define NO_PARTS                                                                                   \
	{                                                                                          \
		.upper = -1, .work = -1, .empty = -1                                               \
	}

/* What is in work/ belongs to a mount that has gone; a volatile one leaves a mark there that the
 * kernel would refuse to mount over. */
static fallible open_writable(const struct overlay *overlay, struct parts *parts)
{
	TRY(directory_create(overlay->folder, "upper", 0755, &parts->upper));
	TRY(tree_remove(overlay->folder, "work"));
	TRY(directory_create(overlay->folder, "work", 0700, &parts->work));
	TRY(project_quota_follow(parts->work, parts->upper));
	if (!overlay->layer_count)
		TRY(directory_create(overlay->folder, "empty", 0755, &parts->empty));
	return NULL;
}

static fallible collect_parts(const struct overlay *overlay, struct parts *parts)
{
	parts->is_volatile = overlay->flags & OVERLAY_VOLATILE;
	parts->lower = allocate((overlay->layer_count + 1) * sizeof(int));
	for (size_t i = overlay->layer_count; i-- > 0;)
		parts->lower[parts->lower_count++] = overlay->layers[i];
	if (overlay->folder >= 0)
		TRY(open_writable(overlay, parts));
	if (parts->empty >= 0)
		parts->lower[parts->lower_count++] = parts->empty;
	return NULL;
}

/* The kernel writes why it refuses into the descriptor of fsopen(2). */
static fallible fs_problem(int fs, const char *what)
{
	int number = errno;
	char text[512];
	ssize_t length = read(fs, text, sizeof(text) - 1);

	if (length <= 0)
		return error_errno(ERROR_SYSTEM, number, "%s", what);
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return error_errno(ERROR_SYSTEM, number, "%s (the kernel says: %s)", what, text);
}

/* Kernels that take no descriptor (before 6.13) take its path in /proc; what they say of the
 * descriptor is read away, or it would be told as the reason of a later problem. */
static int add_folder(int fs, const char *key, int fd)
{
	char path[40], said[256];
	uint64_t began = explain_clock();
	int result = fs_config(fs, FSCONFIG_SET_FD, key, NULL, fd);

	if (result < 0) {
		while (read(fs, said, sizeof(said)) > 0)
			;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		result = fs_config(fs, FSCONFIG_SET_STRING, key, path, 0);
	}
	if (result == 0)
		explain(began, "2.6",
			*key == 'l' ? "one more layer, below those before it"
				    : "what the container changes is kept here",
			"fsconfig(fs, FSCONFIG_SET_FD, \"%s\", NULL, %d)", key, fd);
	return result;
}

struct option {
	const char *key, *value; /* NULL: it has none */
};

/* Ready for `diff` and `commit`, and no trust in marks that a lower tree may have. */
static const struct option options_of_root[] = {
	{"index", "off"},
	{"metacopy", "off"},
	{"redirect_dir", "off"},
};
/* Only root of the machine may set those two; this one means them, and marks of its own. */
static const struct option options_of_user[] = {
	{"index", "off"},
	{"userxattr", NULL},
};

static const struct option *fixed_options(size_t *count)
{
	bool user = user_namespace_is_inner();

	*count = user ? countof(options_of_user) : countof(options_of_root);
	return user ? options_of_user : options_of_root;
}

static fallible set_options(int fs, const struct parts *parts)
{
	size_t count;
	const struct option *options = fixed_options(&count);

	for (size_t i = 0; i < count; i++)
		if (fs_config(fs, options[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			      options[i].key, options[i].value, 0) < 0)
			return fs_problem(fs, "cannot set an option of the overlay");
	if (parts->is_volatile && fs_config(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return fs_problem(fs, "cannot make the overlay volatile");
	return NULL;
}

static fallible create_and_mount(int fs, unsigned int attributes, int *mount)
{
	uint64_t began = explain_clock();

	fs_config(fs, FSCONFIG_SET_STRING, "source", "overlay", 0);
	if (fs_config(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_problem(fs, "cannot make the overlay of the image's layers");
	*mount = fs_mount(fs, attributes);
	if (*mount < 0)
		return fs_problem(fs, "cannot mount the overlay");
	explain(began, "2.6", "the layers are one tree now, mounted nowhere yet",
		"fsconfig(fs, FSCONFIG_CMD_CREATE); fsmount(fs, FSMOUNT_CLOEXEC, %#x)", attributes);
	return NULL;
}

/* Kernels before 6.7 refuse the option's name, and those before 6.5 take whatever name and value
 * they are given, to complain when the overlay is created: only one that knows the option misses
 * the folder. Asked of an overlay of its own, which a wrong option would spoil, and once: overlayfs
 * writes each answer to the kernel's log, which takes a millisecond where a console shows that. */
static bool takes_layers_one_by_one(void)
{
	static _Atomic enum { UNKNOWN, YES, NO } answer;

	if (answer == UNKNOWN) {
		autoclose int fs = fs_open("overlay");

		if (fs < 0) /* whoever opens the next one tells why */
			return true;
		bool misses =
			fs_config(fs, FSCONFIG_SET_STRING, "lowerdir+", "/proc/self/fd/-", 0) < 0 &&
			errno == ENOENT;
		answer = misses ? YES : NO;
	}
	return answer == YES;
}

static fallible mount_by_parts(const struct parts *parts, int *mount)
{
	uint64_t began = explain_clock();
	autoclose int fs = fs_open("overlay");

	if (fs < 0)
		return error_system("cannot use overlayfs (is the kernel's module 'overlay' there, "
				    "and are you root?)");
	explain(began, "2.6", "a new overlay, to be described step by step",
		"fsopen(\"overlay\", FSOPEN_CLOEXEC)");
	for (size_t i = 0; i < parts->lower_count; i++)
		if (add_folder(fs, "lowerdir+", parts->lower[i]) < 0)
			return fs_problem(fs, "cannot add a layer to the overlay");
	if (parts->upper >= 0 && (add_folder(fs, "upperdir", parts->upper) < 0 ||
				  add_folder(fs, "workdir", parts->work) < 0))
		return fs_problem(fs, "cannot give the overlay its writable folder");
	TRY(set_options(fs, parts));
	return create_and_mount(fs, parts->upper < 0 ? MOUNT_ATTR_RDONLY : 0, mount);
}

/* -- views that need no overlay -- */

static fallible mount_empty(int *mount)
{
	autoclose int fs = fs_open("tmpfs");

	if (fs < 0)
		return error_system("cannot make an empty tree");
	fs_config(fs, FSCONFIG_SET_STRING, "mode", "0755", 0);
	return create_and_mount(fs, MOUNT_ATTR_RDONLY, mount);
}

/* overlayfs wants two trees: a single one is shown as it is, read-only. */
static fallible mount_single(int tree, int *mount)
{
	uint64_t began = explain_clock();
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	autoclose int fd = syscall(SYS_open_tree, tree, "",
				   AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return error_system("cannot make a mount of the layer (are you root?)");
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return error_system("cannot make the layer's mount read-only");
	explain(began, "2.6", "a single layer needs no overlay: a read-only view of its folder",
		"open_tree(layer, \"\", OPEN_TREE_CLONE); mount_setattr(RDONLY)");
	*mount = steal_fd(&fd);
	return NULL;
}

/* true: *e tells how it went. */
static bool mount_simple(const struct overlay *overlay, int *mount, struct error **e)
{
	if (overlay->folder >= 0 || overlay->layer_count > 1)
		return false;
	*e = overlay->layer_count ? mount_single(overlay->layers[0], mount) : mount_empty(mount);
	return true;
}

static fallible open_plain(const struct overlay *overlay, int *mount)
{
	autoparts parts = NO_PARTS;
	struct error *e;

	*mount = -1;
	if (mount_simple(overlay, mount, &e))
		return e;
	if (!takes_layers_one_by_one())
		return overlay_open_by_mount(overlay, mount);
	TRY(collect_parts(overlay, &parts));
	return mount_by_parts(&parts, mount);
}

/* -- for a user namespace -- */

/* An overlay itself cannot be idmapped, but what it is made of can: a private mount of each. */
static fallible idmap(int folder, const struct overlay_users *users, int *mount)
{
	uint64_t began = explain_clock();
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = users->namespace};
	autoclose int fd = syscall(SYS_open_tree, folder, "",
				   AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (fd < 0)
		return error_system("cannot make a mount of a layer (are you root?)");
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return error_system("cannot map the ids of a layer%s",
				    errno == EINVAL ? " (this file system cannot be idmapped: give "
						      "the daemon a --data-root on ext4, xfs, "
						      "btrfs or tmpfs)"
						    : "");
	explain(began, "2.6", "its files belong to others than on the disk",
		"open_tree(layer, \"\", OPEN_TREE_CLONE); mount_setattr(MOUNT_ATTR_IDMAP)");
	*mount = steal_fd(&fd);
	return NULL;
}

static fallible idmap_all(const struct overlay *overlay, int *layers, int *folder)
{
	for (size_t i = 0; i < overlay->layer_count; i++)
		TRY(idmap(overlay->layers[i], overlay->users, &layers[i]));
	return overlay->folder >= 0 ? idmap(overlay->folder, overlay->users, folder) : NULL;
}

/* overlayfs does its own work, such as making a folder in work/, as whoever mounted it, and root of
 * the machine is nobody in these mounts. */
static fallible open_as(const struct overlay *overlay, const struct overlay_users *users,
			int *mount)
{
	TRY(file_user_become(users->uid, users->gid));
	struct error *e = open_plain(overlay, mount);
	file_user_return();
	return e;
}

fallible overlay_open(const struct overlay *overlay, int *mount)
{
	size_t count = overlay->layer_count;
	autofree int *layers = allocate((count + 1) * sizeof(int));
	autoclose int folder = -1;
	struct overlay mapped = *overlay;

	if (!overlay->users)
		return open_plain(overlay, mount);
	for (size_t i = 0; i < count; i++)
		layers[i] = -1;
	struct error *e = idmap_all(overlay, layers, &folder);
	mapped.layers = layers;
	mapped.folder = folder;
	if (!e)
		e = open_as(&mapped, overlay->users, mount);
	for (size_t i = 0; i < count; i++)
		close_fd(&layers[i]);
	return e;
}

/* -- older kernels -- */

/* mount(2)'s options are one page: descriptors are short names for folders. */
static char *option_text(const struct parts *parts)
{
	struct buffer text = {0};
	size_t count;
	const struct option *options = fixed_options(&count);

	buffer_append_string(&text, "lowerdir=");
	for (size_t i = 0; i < parts->lower_count; i++)
		buffer_printf(&text, "%s/proc/self/fd/%d", i ? ":" : "", parts->lower[i]);
	if (parts->upper >= 0)
		buffer_printf(&text, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d",
			      parts->upper, parts->work);
	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, ",%s%s%s", options[i].key, options[i].value ? "=" : "",
			      options[i].value ? options[i].value : "");
	if (parts->is_volatile)
		buffer_append_string(&text, ",volatile");
	return buffer_take(&text);
}

static int mount_call(const char *source, const char *target, const char *type, unsigned long flags,
		      const char *options)
{
	return syscall(SYS_mount, source, target, type, flags, options);
}

/* A folder that is sure to be there; what it shows in this namespace matters to nobody. */
#define MOUNT_POINT "/proc"

struct helper {
	const struct parts *parts;
	int mount;
	struct error *problem;
};

/* overlayfs takes folders of the mount namespace of its caller only, and a descriptor stays in
 * the namespace where it was opened: the same folder again, as this namespace has it. */
static fallible reopen(int *fd)
{
	char link[40], path[PATH_MAX];
	struct stat was, is;

	int before = *fd;

	*fd = -1;
	if (before < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", before);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	if (length < 0 || fstat(before, &was) < 0)
		return error_system("cannot find the path of a layer");
	path[length] = '\0';
	autoclose int again = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again < 0 || fstat(again, &is) < 0)
		return error_system("cannot open '%s' in a mount namespace of its own", path);
	if (was.st_ino != is.st_ino || was.st_dev != is.st_dev)
		return error_new(ERROR_CONFLICT, "'%s' was moved while it was mounted", path);
	*fd = steal_fd(&again);
	return NULL;
}

/* The parts that the thread opened, which it also closes. */
static fallible reopen_parts(const struct parts *from, struct parts *to)
{
	*to = (struct parts){.upper = from->upper,
			     .work = from->work,
			     .empty = -1,
			     .is_volatile = from->is_volatile};
	to->lower = allocate((from->lower_count + 1) * sizeof(int));
	struct error *e = reopen(&to->upper);
	if (!e)
		e = reopen(&to->work);
	else
		to->work = -1;
	while (!e && to->lower_count < from->lower_count) {
		to->lower[to->lower_count] = from->lower[to->lower_count];
		e = reopen(&to->lower[to->lower_count]);
		to->lower_count += !e;
	}
	return e;
}

static void finish_reopened(struct parts *parts)
{
	while (parts->lower_count)
		close_fd(&parts->lower[--parts->lower_count]);
	finish_parts(parts);
}

static fallible mount_and_clone(const struct parts *parts, int *mount)
{
	autofree char *options = option_text(parts);
	unsigned long flags = parts->upper < 0 ? MS_RDONLY : 0;

	if (mount_call("overlay", MOUNT_POINT, "overlay", flags, options) < 0)
		return error_system("cannot mount the overlay of the image's layers");
	*mount = syscall(SYS_open_tree, AT_FDCWD, MOUNT_POINT, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*mount < 0)
		return error_system("cannot detach the overlay");
	return NULL;
}

/* In a mount namespace that ends with the thread: the host never sees the mount. Only the clone
 * that open_tree(2) makes stays. */
static fallible mount_in_own_namespace(struct helper *helper)
{
	struct parts parts;

	if (unshare(CLONE_NEWNS) < 0)
		return error_system("cannot make a mount namespace (are you root?)");
	if (mount_call(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_system("cannot make the mounts of a new namespace private");
	struct error *e = reopen_parts(helper->parts, &parts);
	if (!e)
		e = mount_and_clone(&parts, &helper->mount);
	finish_reopened(&parts);
	return e;
}

static void *helper_main(void *argument)
{
	struct helper *helper = argument;

	helper->problem = mount_in_own_namespace(helper);
	return NULL;
}

fallible overlay_open_by_mount(const struct overlay *overlay, int *mount)
{
	autoparts parts = NO_PARTS;
	struct helper helper = {.parts = &parts, .mount = -1};
	struct error *e;
	pthread_t thread;

	*mount = -1;
	if (mount_simple(overlay, mount, &e))
		return e;
	TRY(collect_parts(overlay, &parts));
	int failed = pthread_create(&thread, NULL, helper_main, &helper);
	if (failed)
		return error_errno(ERROR_SYSTEM, failed, "cannot start a thread");
	pthread_join(thread, NULL);
	*mount = helper.mount;
	return helper.problem;
}

fallible overlay_attach(int mount, int dirfd, const char *path)
{
	uint64_t began = explain_clock();

	if (syscall(SYS_move_mount, mount, "", dirfd, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_system("cannot mount at '%s'", path);
	explain(began, "2.6", "the tree gets its place", "move_mount(fd, \"\", ..., \"%s\")", path);
	return NULL;
}
