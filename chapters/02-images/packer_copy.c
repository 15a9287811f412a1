#include "packer_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "log.h"
#include "memory.h"
#include "packer.h"
#include "text.h"
#include "tree_walk.h"

struct copying {
	struct packer *packer;
	const char *as;
	const struct owners *owners;
};

static void set_owner(const struct copying *copying, struct stat *st)
{
	if (!copying->owners)
		return;
	st->st_uid = owner_inside(&copying->owners->uids, st->st_uid);
	st->st_gid = owner_inside(&copying->owners->gids, st->st_gid);
}

/* Not all of them are in <linux/magic.h>. */
static bool is_of_the_kernel(int fd)
{
	static const long types[] = {
		PROC_SUPER_MAGIC,        SYSFS_MAGIC,        CGROUP_SUPER_MAGIC,
		CGROUP2_SUPER_MAGIC,     DEVPTS_SUPER_MAGIC, DEBUGFS_MAGIC,
		TRACEFS_MAGIC,           SECURITYFS_MAGIC,   BPF_FS_MAGIC,
		0x19800202 /* mqueue */,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < countof(types); i++)
		if ((long)fs.f_type == types[i])
			return true;
	return false;
}

static char *name_of(const struct copying *copying, const char *path)
{
	if (!*path)
		return duplicate(copying->as);
	return format("%s%s%s", copying->as, text_has_suffix(copying->as, "/") ? "" : "/", path);
}

static fallible add(void *context, const struct tree_entry *found, bool *descend)
{
	const struct copying *copying = context;
	autofree char *name = name_of(copying, found->file.path);
	struct tree_entry entry = *found;

	entry.file.path = name;
	set_owner(copying, &entry.st);
	if (entry.file.fd >= 0 && is_of_the_kernel(entry.file.fd))
		*descend = false;
	autoerror e = packer_add(copying->packer, &entry);
	if (!e || e->class != ERROR_NOT_FOUND)
		return steal(&e);
	log_warn("left out of the copy: %s", e->message);
	return NULL;
}

static fallible check_size(int folder, const char *name, const struct stat *st)
{
	autoclose int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (!S_ISREG(st->st_mode) || !is_of_the_kernel(fd))
		return NULL;
	return error_new(ERROR_INVALID,
			 "'%s' is a file of the kernel's, which has no size: read it where it is "
			 "(docker exec CONTAINER cat ...)",
			 name);
}

static fallible add_one(const struct copying *copying, int folder, const char *name,
			const struct stat *st)
{
	struct tree_entry entry = {
		.file = {.fd = -1, .parent = folder, .name = name, .path = copying->as},
		.st = *st,
	};

	set_owner(copying, &entry.st);

	return packer_add(copying->packer, &entry);
}

static fallible add_folder(struct copying *copying, int folder, const char *name)
{
	const struct tree_walk walk = {.enter = add, .context = copying, .crosses_mounts = true};
	autoclose int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_system("cannot open the folder '%s'", name);
	return tree_walk(fd, &walk);
}

fallible packer_copy(int folder, const char *name, const char *as, const struct owners *owners,
		     const struct sink *out)
{
	struct copying copying = {.as = as, .owners = owners};
	autopacker *packer = NULL;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot stat '%s'", name);
	TRY(check_size(folder, name, &st));
	TRY(packer_open(out, &packer));
	packer_set_copying(packer);
	copying.packer = packer;
	TRY(S_ISDIR(st.st_mode) ? add_folder(&copying, folder, name)
				: add_one(&copying, folder, name, &st));
	return packer_finish(packer);
}
