#include "xattrs.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#include "memory.h"
#include "text.h"

bool xattrs_is_foreign(const char *name)
{
	static const char *const prefixes[] = {"trusted.overlay.", "user.overlay.",
					       "security.selinux", "security.ima", "security.evm"};

	for (size_t i = 0; i < countof(prefixes); i++)
		if (text_has_prefix(name, prefixes[i]))
			return true;
	return false;
}

/* There is no setxattrat(2) in the kernels we support: the folder's descriptor is a path, too. */
static char *path_of(const struct xattrs_of *file)
{
	return file->fd >= 0 ? format("/proc/self/fd/%d", file->fd)
			     : format("/proc/self/fd/%d/%s", file->parent, file->name);
}

static ssize_t list(const struct xattrs_of *file, const char *path, char *names, size_t size)
{
	return file->fd >= 0 ? flistxattr(file->fd, names, size) : llistxattr(path, names, size);
}

static ssize_t get(const struct xattrs_of *file, const char *path, const char *name, void *value,
		   size_t size)
{
	return file->fd >= 0 ? fgetxattr(file->fd, name, value, size)
			     : lgetxattr(path, name, value, size);
}

ssize_t xattrs_get(const struct xattrs_of *file, const char *name, void *value, size_t size)
{
	autofree char *path = path_of(file);

	return get(file, path, name, value, size);
}

static fallible visit_one(const struct xattrs_of *file, const char *path, const char *name,
			  fallible (*visit)(void *, const char *, const void *, size_t),
			  void *context)
{
	ssize_t size = get(file, path, name, NULL, 0);
	autofree char *value = allocate(size > 0 ? size : 1);

	if (size > 0)
		size = get(file, path, name, value, size);
	if (size < 0)
		return errno == ENODATA ? NULL
					: error_system("cannot read the extended attribute '%s' of "
						       "'%s'",
						       name, file->path);
	return visit(context, name, value, size);
}

fallible xattrs_each(const struct xattrs_of *file,
		     fallible (*visit)(void *context, const char *name, const void *value,
				       size_t size),
		     void *context)
{
	autofree char *path = path_of(file);
	ssize_t length = list(file, path, NULL, 0);

	if (length == 0 || (length < 0 && errno == ENOTSUP))
		return NULL;
	autofree char *names = allocate(length > 0 ? length : 1);
	if (length > 0)
		length = list(file, path, names, length);
	if (length < 0)
		return error_system("cannot list the extended attributes of '%s'", file->path);
	for (const char *name = names; name < names + length; name += strlen(name) + 1)
		if (!xattrs_is_foreign(name))
			TRY(visit_one(file, path, name, visit, context));
	return NULL;
}

fallible xattrs_set(const struct xattrs_of *file, const char *name, const void *value, size_t size)
{
	autofree char *path = path_of(file);

	if (xattrs_is_foreign(name))
		return NULL;
	if ((file->fd >= 0 ? fsetxattr(file->fd, name, value, size, 0)
			   : lsetxattr(path, name, value, size, 0)) == 0)
		return NULL;
	/* Not on this filesystem; not on this kind of file; not for who is root of a user
	 * namespace only. */
	if (errno == ENOTSUP || (errno == EPERM && (text_has_prefix(name, "user.") ||
						    text_has_prefix(name, "trusted."))))
		return NULL;
	return error_system("cannot set the extended attribute '%s' of '%s'", name, file->path);
}

static fallible set_on(void *context, const char *name, const void *value, size_t size)
{
	return xattrs_set(context, name, value, size);
}

fallible xattrs_copy(const struct xattrs_of *from, const struct xattrs_of *to)
{
	return xattrs_each(from, set_on, (void *)to);
}

struct comparison {
	const struct xattrs_of *other;
	size_t count;
	bool differs;
};

static fallible count_one(void *context, const char *name, const void *value, size_t size)
{
	(void)name, (void)value, (void)size;
	++*(size_t *)context;
	return NULL;
}

static fallible compare_one(void *context, const char *name, const void *value, size_t size)
{
	struct comparison *comparison = context;
	autofree char *path = path_of(comparison->other);
	autofree char *there = allocate(size + 1);
	ssize_t length = get(comparison->other, path, name, there, size + 1);

	comparison->count++;
	if (length < 0 || (size_t)length != size || memcmp(there, value, size) != 0)
		comparison->differs = true;
	return NULL;
}

bool xattrs_are_same(const struct xattrs_of *a, const struct xattrs_of *b)
{
	struct comparison comparison = {.other = b};
	size_t count = 0;
	autoerror unreadable = xattrs_each(a, compare_one, &comparison);
	autoerror other = xattrs_each(b, count_one, &count);

	return !unreadable && !other && !comparison.differs && comparison.count == count;
}
