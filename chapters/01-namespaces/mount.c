#include "mount.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "explain.h"
#include "file.h"
#include "file_resolve.h"
#include "kernel_call.h"
#include "memory.h"
#include "mount_copy_up.h"
#include "mount_proc.h"
#include "text.h"

static const struct {
	unsigned long flag;
	uint64_t attribute;
} attributes[] = {
	{MS_RDONLY, MOUNT_ATTR_RDONLY},         {MS_NOSUID, MOUNT_ATTR_NOSUID},
	{MS_NODEV, MOUNT_ATTR_NODEV},           {MS_NOEXEC, MOUNT_ATTR_NOEXEC},
	{MS_NOATIME, MOUNT_ATTR_NOATIME},       {MS_STRICTATIME, MOUNT_ATTR_STRICTATIME},
	{MS_NODIRATIME, MOUNT_ATTR_NODIRATIME}, {MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW},
};

uint64_t mount_attributes(unsigned long flags)
{
	uint64_t set = 0;

	for (size_t i = 0; i < countof(attributes); i++)
		if (flags & attributes[i].flag)
			set |= attributes[i].attribute;
	return set;
}

/* The owner of a user namespace may mount these when he owns one of that kind too. */
static const struct {
	const char *type, *namespace;
} owned[] = {
	{"proc", "pid"},      {"sysfs", "network"},  {"mqueue", "ipc"},
	{"cgroup", "cgroup"}, {"cgroup2", "cgroup"},
};

/* What to do about it; the caller frees. */
static char *way_out(const struct mount_request *request, const char *option, int errnum)
{
	if (errnum == EINVAL && (strcmp(option, "uid") == 0 || strcmp(option, "gid") == 0))
		return format("; in a user namespace without that %s the option has to go", option);
	for (size_t i = 0; i < countof(owned) && errnum == EPERM; i++)
		if (strcmp(owned[i].type, request->type) == 0)
			return format("; without root it takes a new namespace of type %s%s",
				      owned[i].namespace,
				      i < 2 ? " and, outside, one of its kind that nothing is "
					      "mounted over; or bind mount the host's"
					    : "");
	return duplicate("");
}

/* The file system says more than an errno: lines "e text" are read from its descriptor. */
static fallible refused(int fs, const struct mount_request *request, const char *what)
{
	int errnum = errno;
	char line[256];
	ssize_t n = fs < 0 ? -1 : read(fs, line, sizeof(line) - 1);
	autofree char *hint = way_out(request, what, errnum);

	while (n > 0 && line[n - 1] == '\n')
		n--;
	return error_errno(errnum == ENODEV ? ERROR_UNAVAILABLE : ERROR_SYSTEM, errnum,
			   "cannot mount %s '%s' on '%s' (%s%s%.*s%s)", request->type,
			   request->source, request->target, what,
			   n > 2 ? ", the kernel says: " : "", n > 2 ? (int)n - 2 : 0, line + 2,
			   hint);
}

static int set_option(int fs, char *option)
{
	char *value = strchr(option, '=');

	if (!value)
		return kernel_fsconfig(fs, FSCONFIG_SET_FLAG, option, NULL, 0);
	*value++ = '\0';
	return kernel_fsconfig(fs, FSCONFIG_SET_STRING, option, value, 0);
}

static fallible set_data(int fs, const struct mount_request *request)
{
	autofree char *data = duplicate(request->data ? request->data : "");
	char *save = NULL;

	for (char *option = strtok_r(data, ",", &save); option; option = strtok_r(NULL, ",", &save))
		if (set_option(fs, option) < 0)
			return refused(fs, request, option);
	return NULL;
}

static fallible set_options(int fs, const struct mount_request *request)
{
	if (*request->source &&
	    kernel_fsconfig(fs, FSCONFIG_SET_STRING, "source", request->source, 0) < 0)
		return refused(fs, request, "source");
	/* The state of a superblock is not that of one mount: only a disk wants it told. */
	if (request->flags & MS_RDONLY && request->source[0] == '/' &&
	    kernel_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return refused(fs, request, "ro");
	if (request->label && *request->label &&
	    kernel_fsconfig(fs, FSCONFIG_SET_STRING, "context", request->label, 0) < 0)
		return refused(fs, request, "context");
	return set_data(fs, request);
}

fallible mount_filesystem(const struct mount_request *request, int *fd)
{
	autoclose int fs = kernel_fsopen(request->type);

	if (fs < 0)
		return refused(fs, request, "fsopen");
	TRY(set_options(fs, request));
	if (kernel_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refused(fs, request, "create");
	*fd = kernel_fsmount(fs, mount_attributes(request->flags));
	return *fd < 0 ? refused(fs, request, "fsmount") : NULL;
}

fallible mount_bind(const char *source, bool recursive, int *fd)
{
	*fd = kernel_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0));
	if (*fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot bind mount '%s': the source must be there and reachable",
				   source);
	return NULL;
}

static int set(int fd, struct mount_attr *attr, bool recursive)
{
	return kernel_mount_setattr(fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), attr);
}

/* The flags of mounts that a user namespace got from outside are locked in there: they can be added
 * to, and how access times are kept cannot be changed at all. What is locked stays. */
static int keep_locked(int fd, struct mount_attr attr, bool recursive)
{
	attr.attr_clr = 0;
	attr.attr_set &= ~(uint64_t)(MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME);
	return set(fd, &attr, recursive);
}

#define ATIME (MS_NOATIME | MS_STRICTATIME | MS_RELATIME)

static uint64_t cleared_attributes(unsigned long flags, unsigned long cleared)
{
	/* How access times are kept is a number, not bits: to set one is to clear all. */
	return (mount_attributes(cleared) & ~MOUNT_ATTR__ATIME) |
	       ((flags | cleared) & ATIME ? MOUNT_ATTR__ATIME : 0);
}

static fallible change(int fd, const char *target, const struct mount_attr *attr, bool recursive)
{
	struct mount_attr copy = *attr;

	if (!attr->attr_set && !attr->attr_clr && !attr->propagation)
		return NULL;
	if (set(fd, &copy, recursive) < 0 &&
	    (errno != EPERM || keep_locked(fd, copy, recursive) < 0))
		return error_system("cannot change the attributes of the mount on '%s'", target);
	return NULL;
}

static fallible set_flags(int fd, const char *target, unsigned long flags, unsigned long cleared,
			  bool recursive)
{
	const struct mount_attr attr = {
		.attr_set = mount_attributes(flags),
		.attr_clr = cleared_attributes(flags, cleared),
	};

	return change(fd, target, &attr, recursive);
}

static fallible set_attributes(int fd, const struct mount_request *request)
{
	if (request->flags & MS_BIND)
		TRY(set_flags(fd, request->target, request->flags, request->cleared, false));
	TRY(set_flags(fd, request->target, request->tree_flags, request->tree_cleared, true));
	for (size_t i = 0; i < request->propagation_count; i++) {
		const struct mount_attr attr = {.propagation = request->propagations[i] & ~MS_REC};

		TRY(change(fd, request->target, &attr, request->propagations[i] & MS_REC));
	}
	return NULL;
}

/* Through links that lead nowhere yet: an image's /etc/resolv.conf is often one. */
static fallible create_file(int rootfd, const char *target, int *fd)
{
	autoclose int parent = -1, made = -1, folder = -1;
	autofree char *place = NULL, *above = NULL, *base = NULL;

	TRY(file_resolve_in_root(rootfd, target, &place));
	above = duplicate_range(place, strrchr(place, '/') - place);
	TRY(directory_create_in_root(rootfd, above, 0755, &folder));
	TRY(file_open_parent_in_root(rootfd, place, &parent, &base));
	made = openat(parent, base, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);
	if (made < 0)
		return error_system("cannot create '%s' to mount on", target);
	return file_open_in_root(rootfd, target, O_PATH, 0, fd);
}

fallible mount_open_target(int rootfd, const char *target, bool file, int *fd)
{
	autoerror e = file_open_in_root(rootfd, target, O_PATH, 0, fd);

	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	return file ? create_file(rootfd, target, fd)
		    : directory_create_in_root(rootfd, target, 0755, fd);
}

static fallible check_kind(int mountfd, int at, const char *target)
{
	struct stat what, where;

	if (fstat(mountfd, &what) < 0 || fstat(at, &where) < 0)
		return error_system("cannot look at what is mounted on '%s'", target);
	if (S_ISDIR(what.st_mode) == S_ISDIR(where.st_mode))
		return NULL;
	return error_errno(ERROR_INVALID, ENOTDIR,
			   "cannot mount a %s on '%s', which is a %s: Are you trying to mount a "
			   "directory onto a file (or vice-versa)? Check if the specified host "
			   "path exists and is the expected type",
			   S_ISDIR(what.st_mode) ? "folder" : "file", target,
			   S_ISDIR(where.st_mode) ? "folder" : "file");
}

static fallible attach(int mountfd, int at, const char *target)
{
	TRY(check_kind(mountfd, at, target));
	if (kernel_move_mount(mountfd, "", at, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_system("cannot attach the mount on '%s'", target);
	return NULL;
}

fallible mount_place(int mountfd, int rootfd, const char *target, bool file)
{
	autoclose int at = -1;

	TRY(error_wrap(mount_open_target(rootfd, target, file, &at), "cannot mount on '%s'",
		       target));
	return attach(mountfd, at, target);
}

/* A tmpfs in /proc hides something, and says nothing in its place. */
static fallible place_bind(int mountfd, int rootfd, const struct mount_request *request)
{
	autoclose int at = -1;

	TRY(error_wrap(mount_open_target(rootfd, request->target, request->file, &at),
		       "cannot mount on '%s'", request->target));
	TRY(mount_proc_check(mountfd, rootfd, at, request->target));
	return attach(mountfd, at, request->target);
}

/* An image whose /proc is a symlink would have /proc somewhere else, unmasked. What has been opened
 * here is what is mounted on: a link that takes its place later is too late. */
static fallible open_exactly(int rootfd, const char *target, int *fd)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS};

	do
		*fd = syscall(SYS_openat2, rootfd, target, &how, sizeof(how));
	while (*fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (*fd >= 0)
		return NULL;
	if (errno == ELOOP)
		return error_new(ERROR_FORBIDDEN,
				 "it is a symlink of the image, or below one: it has to be at that "
				 "place and no other");
	return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			   "cannot open it inside the root");
}

static fallible make_exactly(int rootfd, const char *target, bool file, int *fd)
{
	autoclose int made = -1;
	autoerror e = open_exactly(rootfd, target, fd);

	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	TRY(file ? create_file(rootfd, target, &made)
		 : directory_create_in_root(rootfd, target, 0755, &made));
	return open_exactly(rootfd, target, fd);
}

fallible mount_place_exactly(int mountfd, int rootfd, const char *target, bool file)
{
	autoclose int at = -1;

	TRY(error_wrap(make_exactly(rootfd, target, file, &at), "cannot mount on '%s'", target));
	return attach(mountfd, at, target);
}

/* Options of the file system itself; its flags stay, as others may have it mounted too. */
static fallible reconfigure(int at, const struct mount_request *request)
{
	autoclose int fs = -1;

	if (request->flags & MS_BIND || !request->data || !*request->data)
		return NULL;
	fs = syscall(SYS_fspick, at, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (fs < 0)
		return refused(fs, request, "fspick");
	TRY(set_data(fs, request));
	return kernel_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0
		       ? refused(fs, request, "reconfigure")
		       : NULL;
}

/* As mount(2) has it: flags that are not named are cleared, but access times stay as they are. */
static fallible remount(int rootfd, const struct mount_request *request)
{
	const unsigned long all = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW;
	autoclose int at = -1;

	TRY(file_open_in_root(rootfd, request->target, O_PATH, 0, &at));
	TRY(reconfigure(at, request));
	return set_flags(at, request->target, request->flags,
			 (all & ~request->flags) | request->cleared, false);
}

static void tell(uint64_t began, const struct mount_request *request)
{
	const char *data = request->data ? request->data : "";

	if (request->flags & MS_BIND)
		explain(began, "1.4", "a file or folder of the host, seen here too",
			"mount --bind%s %s %s", request->flags & MS_RDONLY ? " -o ro" : "",
			request->source, request->target);
	else
		explain(began, "1.4", "the container's own, not the host's",
			"mount -t %s%s%s %s %s", request->type, *data ? " -o " : "", data,
			request->source, request->target);
}

/* In a user namespace, what is mounted below and hides something must not be left out. */
fallible mount_open_source(const char *source, bool recursive, int *fd)
{
	autoerror e = mount_bind(source, recursive, fd);

	if (!e || e->errnum != EINVAL || recursive)
		return steal(&e);
	return error_new(ERROR_INVALID,
			 "cannot bind mount '%s' without what is mounted below it, as that would "
			 "uncover what it hides: use the option rbind",
			 source);
}

/* A tmpfs over a folder has the folder's mode, unless it is given one: a /run that everybody could
 * write was not what the image has. The first of two modes gives way. The caller frees *data; NULL:
 * as it is. */
static fallible data_with_mode(int rootfd, const struct mount_request *request, char **data)
{
	autoclose int at = -1;
	struct stat st;

	*data = NULL;
	if (strcmp(request->type, "tmpfs") != 0)
		return NULL;
	autoerror e = file_open_in_root(rootfd, request->target, O_PATH | O_DIRECTORY, 0, &at);
	if (e)
		return e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	if (fstat(at, &st) < 0)
		return error_system("cannot look at '%s'", request->target);
	const char *given = request->data ? request->data : "";
	*data = format("mode=%o%s%s", st.st_mode & 07777, *given ? "," : "", given);
	return NULL;
}

static fallible make_filesystem(int rootfd, const struct mount_request *request, int *fd)
{
	autofree char *data = NULL;
	struct mount_request whole = *request;

	TRY(data_with_mode(rootfd, request, &data));
	if (data)
		whole.data = data;
	return mount_filesystem(&whole, fd);
}

static fallible make(int rootfd, const struct mount_request *request, int *fd)
{
	if (request->flags & MS_BIND && request->sourcefd > 0) {
		*fd = fcntl(request->sourcefd, F_DUPFD_CLOEXEC, 0);
		return *fd < 0 ? error_system("cannot keep a mount open") : NULL;
	}
	if (request->flags & MS_BIND)
		return mount_open_source(request->source, request->flags & MS_REC, fd);
	if (!request->copy_up)
		return make_filesystem(rootfd, request, fd);
	/* It can only be filled while it can be written. */
	struct mount_request writable = *request;
	writable.flags &= ~MS_RDONLY;
	TRY(mount_filesystem(&writable, fd));
	TRY(mount_copy_up(rootfd, request->target, *fd));
	return set_flags(*fd, request->target, request->flags & MS_RDONLY, 0, false);
}

fallible mount_attach(int rootfd, const struct mount_request *request)
{
	uint64_t began = explain_clock();
	bool exactly = strcmp(request->type, "proc") == 0 || strcmp(request->type, "sysfs") == 0;
	autoclose int fd = -1;

	if (request->flags & MS_REMOUNT)
		return remount(rootfd, request);
	TRY(make(rootfd, request, &fd));
	TRY(set_attributes(fd, request));
	if (request->flags & MS_BIND && !exactly)
		TRY(place_bind(fd, rootfd, request));
	else
		TRY((exactly ? mount_place_exactly : mount_place)(fd, rootfd, request->target,
								  request->file));
	tell(began, request);
	return NULL;
}
