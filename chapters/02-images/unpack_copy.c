#include "unpack_copy.h"

#include <string.h>

#include "memory.h"
#include "tar_reader.h"
#include "unpack_tree.h"

/* "src/a" becomes "new/a", "/a" too: the first component of an archive of `/` is "". */
static char *renamed(const struct unpack_copy *copy, const char *name)
{
	return copy->renamed ? format("%s%s", copy->renamed, name + strcspn(name, "/"))
			     : duplicate(name);
}

/* The name as it is below the root; *itself: it is the folder where names begin. */
static fallible place_name(const struct unpack_copy *copy, const char *name, char **placed,
			   bool *itself)
{
	autofree char *new = renamed(copy, name), *clean = NULL;

	TRY(unpack_tree_clean_path(new, &clean));
	*itself = !*clean;
	*placed = format("%s/%s", copy->folder, clean);
	return NULL;
}

static fallible place_hard_link(const struct unpack_copy *copy, struct archive_entry *entry)
{
	const char *target = archive_entry_hardlink(entry);
	autofree char *placed = NULL;
	bool itself;

	if (!target)
		return NULL;
	TRY(place_name(copy, target, &placed, &itself));
	archive_entry_set_hardlink(entry, placed);
	return NULL;
}

static void set_owner(const struct unpack_copy *copy, struct archive_entry *entry)
{
	int64_t uid = copy->owner ? copy->owner->uid : archive_entry_uid(entry);
	int64_t gid = copy->owner ? copy->owner->gid : archive_entry_gid(entry);

	archive_entry_set_uid(entry, copy->owners ? owner_outside(&copy->owners->uids, uid) : uid);
	archive_entry_set_gid(entry, copy->owners ? owner_outside(&copy->owners->gids, gid) : gid);
}

static fallible add(const struct unpack_copy *copy, struct unpack_tree *tree,
		    struct tar_reader *reader, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	autofree char *placed = NULL;
	bool itself;

	if (!name)
		return error_new(ERROR_INVALID, "the archive has an entry without a usable name");
	TRY(place_name(copy, name, &placed, &itself));
	if (itself)
		return NULL;
	TRY(place_hard_link(copy, entry));
	archive_entry_set_pathname(entry, placed);
	set_owner(copy, entry);
	return tar_reader_blame(reader, unpack_tree_add(tree, tar_reader_archive(reader), entry));
}

static fallible read_to_end(const struct source *tar)
{
	char rest[4096];

	for (size_t length = 1; length;)
		TRY(tar->read(tar->context, rest, sizeof(rest), &length));
	return NULL;
}

fallible unpack_copy(const struct unpack_copy *copy, const struct source *tar)
{
	autotar_reader *reader = NULL;
	autounpack_tree tree;
	struct archive_entry *entry;

	unpack_tree_init(&tree, copy->root, true);
	tree.copying = true;
	tree.keeps_kinds = copy->keeps_kinds;
	tree.shown = copy->shown;
	tree.folder = copy->folder;
	TRY(tar_reader_open(tar, "the tar", &reader));
	for (;;) {
		TRY(tar_reader_next(reader, &entry));
		if (!entry)
			break;
		TRY(add(copy, &tree, reader, entry));
	}
	unpack_tree_set_times(&tree);
	return read_to_end(tar);
}
