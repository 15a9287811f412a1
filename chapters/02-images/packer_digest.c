#include "packer_digest.h"

#include <string.h>

#include "hashed_sink.h"
#include "memory.h"
#include "packer.h"
#include "tree_walk.h"
#include "whiteout.h"

static fallible hide_all(struct packer *packer, const char *folder)
{
	autofree char *path = format("%s%s%s", folder, *folder ? "/" : "",
				     &WHITEOUT_OPAQUE[strlen(WHITEOUT_PREFIX)]);

	return packer_hide(packer, path);
}

/* Whiteouts become the archive's, of either form: when one was made is not compared. */
static fallible add_compared(void *context, const struct tree_entry *entry, bool *descend)
{
	const char *path = entry->file.path, *plain = whiteout_find(path);

	(void)descend;
	if (whiteout_is(&entry->st))
		return packer_hide(context, path);
	if (plain) {
		autofree char *hidden = format("%.*s%s", (int)(plain - path), path,
					       plain + strlen(WHITEOUT_PREFIX));

		return strcmp(plain, WHITEOUT_OPAQUE) == 0 ? NULL : packer_hide(context, hidden);
	}
	TRY(packer_add(context, entry));
	return entry->file.fd >= 0 && whiteout_hides_all(entry->file.fd) ? hide_all(context, path)
									 : NULL;
}

static fallible write_nowhere(void *context, const void *bytes, size_t length)
{
	(void)context, (void)bytes, (void)length;
	return NULL;
}

fallible packer_digest(int root, struct digest *digest)
{
	const struct sink nowhere = {.write = write_nowhere};
	auto_hashed_sink hashed = {.out = &nowhere, .hasher = hasher_create(NULL)};
	const struct sink out = {hashed_sink_write, &hashed};
	struct tree_walk walk = {.enter = add_compared};
	autopacker *packer = NULL;

	TRY(packer_open(&out, &packer));
	walk.context = packer;
	TRY(tree_walk(root, &walk));
	TRY(packer_finish(packer));
	hasher_finish(hashed.hasher, digest);
	return NULL;
}
