#include "digest_set.h"

#include <stdlib.h>

#include "memory.h"

/* The digest's slot, or the free one where it would be. */
static struct digest *find_slot(const struct digest_set *set, const struct digest *digest)
{
	char start[DIGEST_SHORT_LENGTH + 1];

	digest_short(digest, start);
	for (size_t at = strtoull(start, NULL, 16);; at++) {
		struct digest *slot = &set->slots[at & (set->size - 1)];

		if (digest_is_none(slot) || digest_equal(slot, digest))
			return slot;
	}
}

static void grow(struct digest_set *set)
{
	struct digest_set larger = {.size = set->size ? 2 * set->size : 64, .count = set->count};

	larger.slots = allocate(larger.size * sizeof(*larger.slots));
	for (size_t i = 0; i < set->size; i++)
		if (!digest_is_none(&set->slots[i]))
			*find_slot(&larger, &set->slots[i]) = set->slots[i];
	free(set->slots);
	*set = larger;
}

bool digest_set_has(const struct digest_set *set, const struct digest *digest)
{
	return set->size && !digest_is_none(find_slot(set, digest));
}

bool digest_set_add(struct digest_set *set, const struct digest *digest)
{
	if (4 * set->count >= 3 * set->size)
		grow(set);
	struct digest *slot = find_slot(set, digest);

	if (!digest_is_none(slot))
		return false;
	*slot = *digest;
	set->count++;
	return true;
}

void digest_set_finish(struct digest_set *set)
{
	free(set->slots);
	*set = (struct digest_set){0};
}
