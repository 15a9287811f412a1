#include "packer.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archive_text.h"
#include "inode_map.h"
#include "log.h"
#include "memory.h"
#include "rootless_owner.h"
#include "text.h"
#include "user_namespace.h"
#include "whiteout.h"

#define BLOCK_SIZE   (128 << 10)
#define RECORD_SIZE  10240 /* what the library collects before it hands it on */
#define TARGET_LIMIT 4096  /* of a symlink: the kernel's */

struct packer {
	const struct sink *out;
	struct archive *archive;
	struct inode_map links;
	struct error *problem; /* of the sink, while the library was in between */
	bool failed;           /* nothing is written after an error */
	locale_t before;
	bool copying;
	bool inner; /* in a user namespace, where owners may be noted */
	char block[BLOCK_SIZE];
};

static la_ssize_t pass_on(struct archive *archive, void *context, const void *bytes, size_t length)
{
	struct packer *packer = context;

	if (packer->failed)
		return -1;
	packer->problem = packer->out->write(packer->out->context, bytes, length);
	if (packer->problem) {
		packer->failed = true;
		archive_set_error(archive, EIO, "%s", packer->problem->message);
		return -1;
	}
	return length;
}

static fallible archive_problem(struct packer *packer)
{
	const char *why = archive_error_string(packer->archive);

	if (packer->problem)
		return steal(&packer->problem);
	return error_new(ERROR_SYSTEM, "cannot write the tar: %s", why ? why : "unknown");
}

fallible packer_open(const struct sink *out, struct packer **result)
{
	autopacker *packer = allocate(sizeof(*packer));

	packer->before = archive_text_begin();
	packer->out = out;
	packer->inner = user_namespace_is_inner();
	packer->archive = archive_write_new();
	if (!packer->archive)
		abort();
	archive_write_set_format_pax(packer->archive);
	archive_write_set_format_option(packer->archive, "pax", "xattrheader", "SCHILY");
	archive_write_set_bytes_per_block(packer->archive, RECORD_SIZE);
	archive_write_set_bytes_in_last_block(packer->archive, 1);
	if (archive_write_open(packer->archive, packer, NULL, pass_on, NULL) != ARCHIVE_OK)
		return archive_problem(packer);
	*result = steal(&packer);
	return NULL;
}

void packer_close(struct packer *packer)
{
	if (!packer)
		return;
	/* What has not been finished is not to look like a whole archive. */
	packer->failed = true;
	/* By itself archive_write_free() leaks its buffer when a write has failed. */
	if (packer->archive) {
		archive_write_close(packer->archive);
		archive_write_free(packer->archive);
	}
	inode_map_finish(&packer->links);
	error_free(packer->problem);
	archive_text_end_cleanup(&packer->before);
	free(packer);
}

void packer_close_cleanup(struct packer **packer)
{
	packer_close(*packer);
}

/* -- one entry -- */

struct adding {
	struct packer *packer;
	const struct tree_entry *from;
	struct archive_entry *entry;
	int fd; /* of a regular file; -1: nothing to read */
};

static void set_name(struct archive_entry *entry, const char *path, bool folder)
{
	bool slash = folder && !text_has_suffix(path, "/");
	autofree char *name = format("%s%s", *path ? path : ".", slash ? "/" : "");

	archive_entry_set_pathname(entry, name);
}

static fallible add_xattr(void *context, const char *name, const void *value, size_t size)
{
	struct adding *a = context;

	if (!a->packer->inner || strcmp(name, ROOTLESS_OWNER_XATTR) != 0)
		archive_entry_xattr_add_entry(a->entry, name, value, size);
	return NULL;
}

static void set_owner(struct adding *a)
{
	uid_t uid = a->from->st.st_uid;
	gid_t gid = a->from->st.st_gid;

	if (a->packer->inner)
		rootless_owner_recall(&a->from->file, &uid, &gid);
	archive_entry_set_uid(a->entry, uid);
	archive_entry_set_gid(a->entry, gid);
}

static fallible set_target(struct adding *a)
{
	char target[TARGET_LIMIT + 1];
	const struct xattrs_of *file = &a->from->file;
	ssize_t length = readlinkat(file->parent, file->name, target, TARGET_LIMIT);

	if (length < 0)
		return error_system("cannot read the link '%s'", file->path);
	target[length] = '\0';
	archive_entry_set_symlink(a->entry, target);
	return NULL;
}

/* A tree in use can put a device in the place of a file, and to open one is to do something to the
 * machine: so the name is only pinned at first, and opened when it is still the same file. */
static fallible open_same(const struct tree_entry *entry, int *fd)
{
	const struct xattrs_of *file = &entry->file;
	autoclose int pinned = openat(file->parent, file->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[40];
	struct stat st;

	if (pinned < 0 || fstat(pinned, &st) < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open '%s'", file->path);
	if (!S_ISREG(st.st_mode) || st.st_ino != entry->st.st_ino)
		return error_new(ERROR_NOT_FOUND, "'%s' became another file before it was read",
				 file->path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pinned);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? error_system("cannot open '%s'", file->path) : NULL;
}

static fallible open_content(struct adding *a)
{
	TRY(open_same(a->from, &a->fd));
	archive_entry_set_size(a->entry, a->from->st.st_size);
	return NULL;
}

static fallible describe(struct adding *a)
{
	const struct stat *st = &a->from->st;
	struct archive_entry *entry = a->entry;

	set_name(entry, a->from->file.path, S_ISDIR(st->st_mode));
	archive_entry_set_filetype(entry, st->st_mode & S_IFMT);
	archive_entry_set_perm(entry, st->st_mode & 07777);
	set_owner(a);
	archive_entry_set_mtime(entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(entry, 0);
	const char *first = inode_map_first(&a->packer->links, st, a->from->file.path);
	if (first) {
		archive_entry_set_hardlink(entry, first);
		return NULL;
	}
	TRY(xattrs_each(&a->from->file, add_xattr, a));
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		archive_entry_set_rdevmajor(entry, major(st->st_rdev));
		archive_entry_set_rdevminor(entry, minor(st->st_rdev));
	}
	if (S_ISLNK(st->st_mode))
		return set_target(a);
	return S_ISREG(st->st_mode) ? open_content(a) : NULL;
}

static fallible write_header(struct packer *packer, struct archive_entry *entry)
{
	int result = archive_write_header(packer->archive, entry);

	/* A warning: the name is not UTF-8, and is written as it is. */
	return result == ARCHIVE_OK || result == ARCHIVE_WARN ? NULL : archive_problem(packer);
}

static fallible copy_content(struct adding *a)
{
	off_t at = 0, size = a->from->st.st_size;

	while (at < size) {
		size_t most = size - at < BLOCK_SIZE ? size - at : BLOCK_SIZE;
		ssize_t n = pread(a->fd, a->packer->block, most, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system("cannot read '%s'", a->from->file.path);
		if (n == 0)
			return error_new(ERROR_CONFLICT, "'%s' became shorter while it was read",
					 a->from->file.path);
		if (archive_write_data(a->packer->archive, a->packer->block, n) != n)
			return archive_problem(a->packer);
		at += n;
	}
	return NULL;
}

static fallible add(struct adding *a)
{
	TRY(describe(a));
	TRY(write_header(a->packer, a->entry));
	return a->fd >= 0 ? copy_content(a) : NULL;
}

static bool is_left_out(const struct packer *packer, const struct tree_entry *entry)
{
	if (S_ISSOCK(entry->st.st_mode))
		log_warn("left out of the layer: '%s' is a socket", entry->file.path);
	else if (!packer->copying && text_has_prefix(entry->file.name, WHITEOUT_PREFIX))
		log_warn("left out of the layer: '%s' has the name of a whiteout",
			 entry->file.path);
	else
		return false;
	return true;
}

void packer_set_copying(struct packer *packer)
{
	packer->copying = true;
}

fallible packer_add(struct packer *packer, const struct tree_entry *entry)
{
	struct adding a = {.packer = packer, .from = entry, .fd = -1};

	if (is_left_out(packer, entry))
		return NULL;
	a.entry = archive_entry_new();
	struct error *e = add(&a);
	archive_entry_free(a.entry);
	close_fd(&a.fd);
	return e;
}

fallible packer_hide(struct packer *packer, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	autofree char *whiteout =
		format("%.*s" WHITEOUT_PREFIX "%s", (int)(name - path), path, name);
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, whiteout);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, 0);
	archive_entry_set_mtime(entry, 0, 0);
	struct error *e = write_header(packer, entry);
	archive_entry_free(entry);
	return e;
}

fallible packer_finish(struct packer *packer)
{
	return archive_write_close(packer->archive) == ARCHIVE_OK ? NULL : archive_problem(packer);
}

static fallible add_visited(void *context, const struct tree_entry *entry, bool *descend)
{
	(void)descend;
	return packer_add(context, entry);
}

fallible packer_tree(int root, const struct sink *out)
{
	struct tree_walk walk = {.enter = add_visited};
	autopacker *packer = NULL;

	TRY(packer_open(out, &packer));
	walk.context = packer;
	TRY(tree_walk(root, &walk));
	return packer_finish(packer);
}
