#include "file.h"
#include "file_resolve.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"
#include "text.h"

fallible directory_open(int dirfd, const char *name, int *fd)
{
	*fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open the folder '%s'", name);
	return NULL;
}

static fallible create_parents(int dirfd, const char *name, mode_t mode)
{
	autofree char *path = duplicate(name);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(dirfd, path, mode) < 0 && errno != EEXIST)
			return error_system("cannot create the folder '%s'", path);
		*slash = '/';
	}
	return NULL;
}

fallible directory_create(int dirfd, const char *name, mode_t mode, int *fd)
{
	*fd = -1;
	int result = mkdirat(dirfd, name, mode);
	if (result < 0 && errno == ENOENT) {
		TRY(create_parents(dirfd, name, mode));
		result = mkdirat(dirfd, name, mode);
	}
	if (result < 0 && errno != EEXIST)
		return error_system("cannot create the folder '%s'", name);
	return directory_open(dirfd, name, fd);
}

fallible file_open_in_root(int rootfd, const char *path, int flags, mode_t mode, int *fd)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	do
		*fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));
	while (*fd < 0 &&
	       (errno == EINTR || errno == EAGAIN)); /* EAGAIN: a rename raced with ".." */
	if (*fd >= 0)
		return NULL;
	bool missing = errno == ENOENT || errno == ENOTDIR;
	return error_errno(missing ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			   "cannot open '%s' inside the root", path);
}

/* One component of mkdir -p under a root: opens `path` if it is there, creates it if not. */
static fallible step_into(int rootfd, const char *path, mode_t mode, int *fd)
{
	autoclose int parentfd = -1;
	autofree char *base = NULL;
	autoerror e = file_open_in_root(rootfd, path, O_RDONLY | O_DIRECTORY, 0, fd);

	if (!e)
		return NULL;
	if (e->errnum != ENOENT)
		return steal(&e);
	TRY(file_open_parent_in_root(rootfd, path, &parentfd, &base));
	if (mkdirat(parentfd, base, mode) < 0 && errno != EEXIST)
		return error_system("cannot create '%s' inside the root", path);
	return file_open_in_root(rootfd, path, O_RDONLY | O_DIRECTORY, 0, fd);
}

static fallible create_from_top(int rootfd, const char *path, mode_t mode, int *fd)
{
	autofree char *part = duplicate(path);

	for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
		autoclose int passed = -1;

		if (slash == part)
			continue;
		*slash = '\0';
		TRY(step_into(rootfd, part, mode, &passed));
		*slash = '/';
	}
	return step_into(rootfd, path, mode, fd);
}

/* As a rule at most the last component is missing; it may be a link that leads nowhere yet. */
fallible directory_create_in_root(int rootfd, const char *path, mode_t mode, int *fd)
{
	const char *whole = *path ? path : "/";
	autofree char *resolved = NULL;
	autoerror e = step_into(rootfd, whole, mode, fd);

	if (!e || e->errnum != ENOENT)
		return steal(&e);
	TRY(file_resolve_in_root(rootfd, whole, &resolved));
	return create_from_top(rootfd, resolved, mode, fd);
}

fallible file_open_parent_in_root(int rootfd, const char *path, int *parentfd, char **base)
{
	size_t end = strlen(path);

	while (end && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start && path[start - 1] != '/')
		start--;
	autofree char *last = duplicate_range(path + start, end - start);
	if (!*last || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return error_new(ERROR_INVALID, "the path '%s' does not end in a name", path);
	autofree char *parent = start ? duplicate_range(path, start) : duplicate(".");
	TRY(file_open_in_root(rootfd, parent, O_RDONLY | O_DIRECTORY, 0, parentfd));
	*base = steal(&last);
	return NULL;
}

#define PIECE 4096

/* What is asked for at once, when a file is larger than one piece: the rest, and its end. */
static size_t rest_of(int fd, size_t total, size_t limit)
{
	struct stat st;
	bool known = fstat(fd, &st) == 0 && st.st_size >= 0 && (size_t)st.st_size <= limit;

	return known && (size_t)st.st_size > total + PIECE ? st.st_size - total + 1 : PIECE;
}

fallible file_read_fd(int fd, const char *what, size_t limit, struct buffer *b)
{
	size_t total = 0, piece = PIECE;

	for (;;) {
		ssize_t n = read(fd, buffer_reserve(b, piece), piece);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot read '%s'", what);
		total += n;
		if (total > limit)
			return error_new(ERROR_TOO_LARGE, "'%s' is larger than %zu bytes", what,
					 limit);
		b->length += n;
		b->data[b->length] = '\0';
		if (n == 0)
			return NULL;
		piece = total < PIECE ? PIECE : rest_of(fd, total, limit);
	}
}

fallible file_read(int dirfd, const char *name, size_t limit, struct buffer *b)
{
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open '%s'", name);
	return file_read_fd(fd, name, limit, b);
}

fallible file_write_fd(int fd, const char *what, const void *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, (const char *)bytes + done, length - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot write '%s'", what);
		done += n;
	}
	return NULL;
}

fallible file_write(int dirfd, const char *name, const char *text)
{
	autoclose int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open '%s' for writing", name);
	/* One write, even of nothing: kernel files act on each write(2) as a whole. */
	if (write(fd, text, strlen(text)) < 0)
		return error_system("cannot write '%s' to '%s'", text, name);
	return NULL;
}

static fallible write_and_rename(int dirfd, const char *temporary, const char *name,
				 const void *bytes, size_t length, mode_t mode,
				 enum durability durability)
{
	autoclose int fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return error_system("cannot create '%s'", temporary);
	TRY(file_write_fd(fd, temporary, bytes, length));
	if (durability == DURABLE && fsync(fd) < 0)
		return error_system("cannot sync '%s'", temporary);
	if (renameat(dirfd, temporary, dirfd, name) < 0)
		return error_system("cannot rename '%s' to '%s'", temporary, name);
	return NULL;
}

/* dirfd may be AT_FDCWD and name may have folders: the folder to sync is the one of name. */
static fallible sync_folder_of(int dirfd, const char *name)
{
	const char *slash = strrchr(name, '/');
	autofree char *folder = slash ? duplicate_range(name, slash - name + 1) : duplicate(".");
	autoclose int fd = -1;

	TRY(directory_open(dirfd, folder, &fd));
	if (fsync(fd) < 0)
		return error_system("cannot sync the folder '%s'", folder);
	return NULL;
}

#define TEMPORARY ".tmp-"

fallible file_write_atomic(int dirfd, const char *name, const void *bytes, size_t length,
			   mode_t mode, enum durability durability)
{
	static unsigned int counter; /* with the thread id: unique among all writers */
	autofree char *temporary = format("%s" TEMPORARY "%d-%u", name, (int)syscall(SYS_gettid),
					  __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
	struct error *e = write_and_rename(dirfd, temporary, name, bytes, length, mode, durability);

	if (e) {
		unlinkat(dirfd, temporary, 0);
		return e;
	}
	return durability == DURABLE ? sync_folder_of(dirfd, name) : NULL;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *list_directory(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		close_fd(&fd);
	return dir;
}

fallible file_clean_atomic(int dirfd, const char *name)
{
	autofree char *temporary = format("%s" TEMPORARY, name);
	DIR *dir = list_directory(dirfd);

	if (!dir)
		return error_system("cannot look for what was left of '%s'", name);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (text_has_prefix(entry->d_name, temporary))
			unlinkat(dirfd, entry->d_name, 0);
	closedir(dir);
	return NULL;
}

#define REMOVE_DEPTH 32

/* A hostile program can make folders inside folders deeper than there are descriptors or stack.
 * What lies too deep is moved up into the top folder, which is listed until it is empty. */
struct removal {
	int top;
	dev_t device; /* the one to stay on */
	unsigned int moved;
};

static fallible remove_folder(struct removal *r, int dirfd, const char *name, int depth);

static fallible remove_entry(struct removal *r, int dirfd, const char *name, int depth)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return NULL;
	if (errno != EISDIR && errno != EPERM)
		return error_system("cannot remove '%s'", name);
	return remove_folder(r, dirfd, name, depth);
}

static fallible remove_children(struct removal *r, int fd, const char *name, int depth)
{
	DIR *dir = list_directory(fd);
	struct error *e = NULL;

	if (!dir)
		return error_system("cannot list '%s'", name);
	for (struct dirent *entry; !e && (entry = readdir(dir));)
		if (!is_dot(entry->d_name))
			e = remove_entry(r, fd, entry->d_name, depth);
	closedir(dir);
	return e;
}

static fallible move_to_top(struct removal *r, int dirfd, const char *name)
{
	do {
		autofree char *moved = format(".removed-%u", r->moved++);

		if (syscall(SYS_renameat2, dirfd, name, r->top, moved, RENAME_NOREPLACE) == 0)
			return NULL;
	} while (errno == EEXIST);
	return error_system("cannot move the folder '%s' to remove it", name);
}

static fallible remove_folder(struct removal *r, int dirfd, const char *name, int depth)
{
	struct stat st;
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_system("cannot open the folder '%s' to remove it", name);
	if (st.st_dev != r->device)
		return error_new(ERROR_CONFLICT,
				 "cannot remove '%s': something is mounted there; unmount it first",
				 name);
	if (depth == REMOVE_DEPTH)
		return move_to_top(r, dirfd, name);
	TRY(remove_children(r, fd, name, depth + 1));
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_system("cannot remove the folder '%s'", name);
	return NULL;
}

static fallible remove_top(int dirfd, const char *name)
{
	struct stat st;
	struct removal r = {0};
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_system("cannot open the folder '%s' to remove it", name);
	r.top = fd;
	r.device = st.st_dev;
	for (unsigned int before = ~0u; before != r.moved;) {
		before = r.moved;
		TRY(remove_children(&r, fd, name, 1));
	}
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_system("cannot remove the folder '%s'", name);
	return NULL;
}

fallible tree_remove(int dirfd, const char *name)
{
	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return NULL;
	if (errno != EISDIR && errno != EPERM)
		return error_system("cannot remove '%s'", name);
	return remove_top(dirfd, name);
}

/* Inodes with more than one name are counted at their first name only: a hash table of them, never
 * more than half full, in which 0 is a free slot (no file has that number). */
struct usage {
	uint64_t bytes;
	ino_t *linked;
	size_t linked_count, size; /* size: a power of two */
};

/* false when it was there already. */
static bool put_inode(struct usage *usage, ino_t inode)
{
	size_t at = inode * 0x9e3779b97f4a7c15u >> 20;

	for (at &= usage->size - 1; usage->linked[at]; at = (at + 1) & (usage->size - 1))
		if (usage->linked[at] == inode)
			return false;
	usage->linked[at] = inode;
	return true;
}

static void grow(struct usage *usage)
{
	struct usage larger = {.size = usage->size ? 2 * usage->size : 64};

	larger.linked = allocate(larger.size * sizeof(ino_t));
	for (size_t i = 0; i < usage->size; i++)
		if (usage->linked[i])
			put_inode(&larger, usage->linked[i]);
	free(usage->linked);
	usage->linked = larger.linked;
	usage->size = larger.size;
}

static bool seen_before(struct usage *usage, const struct stat *st)
{
	if (st->st_nlink == 1)
		return false;
	if (2 * usage->linked_count >= usage->size)
		grow(usage);
	if (!put_inode(usage, st->st_ino))
		return true;
	usage->linked_count++;
	return false;
}

static fallible add_usage(int dirfd, const char *name, struct usage *usage)
{
	struct stat st;
	struct error *e = NULL;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? NULL : error_system("cannot stat '%s'", name);
	if (!S_ISDIR(st.st_mode)) {
		usage->bytes += seen_before(usage, &st) ? 0 : st.st_size;
		return NULL;
	}
	autoclose int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : list_directory(fd);
	if (!dir)
		return errno == ENOENT ? NULL : error_system("cannot list '%s'", name);
	for (struct dirent *entry; !e && (entry = readdir(dir));)
		if (!is_dot(entry->d_name))
			e = add_usage(fd, entry->d_name, usage);
	closedir(dir);
	return e;
}

fallible tree_usage(int dirfd, const char *name, uint64_t *bytes)
{
	struct usage usage = {0};
	struct error *e = add_usage(dirfd, name, &usage);

	*bytes = usage.bytes;
	free(usage.linked);
	return e;
}

fallible file_lock(int dirfd, const char *name, bool wait, int *fd)
{
	autoclose int file = openat(dirfd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (file < 0)
		return error_system("cannot open the lock '%s'", name);
	while (flock(file, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
		if (errno == EWOULDBLOCK)
			return error_new(ERROR_CONFLICT, "'%s' is locked by another process", name);
		if (errno != EINTR)
			return error_system("cannot lock '%s'", name);
	}
	*fd = steal_fd(&file);
	return NULL;
}
