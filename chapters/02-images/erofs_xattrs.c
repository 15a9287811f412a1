#include "erofs_xattrs.h"

#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "erofs_format.h"
#include "memory.h"
#include "text.h"

#define TOTAL_LIMIT (64 << 10) /* of one inode: what the kernel lets one attribute have */

static const struct prefix {
	const char *text;
	uint8_t number;
	bool is_acl; /* the whole name */
} prefixes[] = {
	{"user.", 1, false},
	{"system.posix_acl_access", 2, true},
	{"system.posix_acl_default", 3, true},
	{"trusted.", 4, false},
	{"security.", 6, false},
};

static const struct prefix *find_prefix(const char *name)
{
	for (size_t i = 0; i < countof(prefixes); i++)
		if (prefixes[i].is_acl ? strcmp(name, prefixes[i].text) == 0
				       : text_has_prefix(name, prefixes[i].text))
			return &prefixes[i];
	return NULL;
}

/* A damaged list would make the file unusable. */
static bool is_acl(const void *value, size_t size)
{
	const struct posix_acl_xattr_header *header = value;

	return size >= sizeof(*header) && header->a_version == POSIX_ACL_XATTR_VERSION &&
	       (size - sizeof(*header)) % sizeof(struct posix_acl_xattr_entry) == 0;
}

static size_t padded(size_t size)
{
	return (size + 3) & ~3ul;
}

static size_t length_of(const struct erofs_xattr *xattr)
{
	return padded(sizeof(*xattr) + xattr->name_length + xattr->value_size);
}

static void drop(struct buffer *xattrs, uint8_t prefix, const char *name)
{
	for (size_t at = 0; at < xattrs->length;) {
		struct erofs_xattr *there = (struct erofs_xattr *)(xattrs->data + at);
		size_t length = length_of(there);

		if (there->prefix == prefix && there->name_length == strlen(name) &&
		    memcmp(there + 1, name, there->name_length) == 0) {
			memmove(xattrs->data + at, xattrs->data + at + length,
				xattrs->length - at - length);
			xattrs->length -= length;
			return;
		}
		at += length;
	}
}

static void append(struct buffer *xattrs, uint8_t prefix, const char *name, const void *value,
		   size_t size)
{
	struct erofs_xattr head = {strlen(name), prefix, size};
	size_t length = length_of(&head);
	char *at = buffer_reserve(xattrs, length);

	memset(at, 0, length);
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), name, head.name_length);
	if (size)
		memcpy(at + sizeof(head) + head.name_length, value, size);
	xattrs->length += length;
}

static bool is_possible(const struct prefix *prefix, const char *rest, const void *value,
			size_t size)
{
	if (prefix->is_acl)
		return is_acl(value, size);
	return *rest && strlen(prefix->text) + strlen(rest) <= EROFS_NAME_LIMIT;
}

fallible erofs_xattrs_set(struct buffer *xattrs, mode_t mode, const char *name, const void *value,
			  size_t size, const char *path)
{
	const struct prefix *prefix = find_prefix(name);

	if (!prefix || (prefix->number == 1 && !S_ISREG(mode) && !S_ISDIR(mode)))
		return NULL;
	const char *rest = name + strlen(prefix->text);
	if (!is_possible(prefix, rest, value, size))
		return error_new(ERROR_INVALID, "'%s' cannot have the extended attribute '%s'",
				 path, name);
	drop(xattrs, prefix->number, rest);
	if (size >= TOTAL_LIMIT || xattrs->length + size >= TOTAL_LIMIT)
		return error_new(ERROR_INVALID, "the extended attributes of '%s' are too large",
				 path);
	append(xattrs, prefix->number, rest, value, size);
	return NULL;
}
