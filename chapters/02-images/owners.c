#include "owners.h"

#include <stdlib.h>

#include "memory.h"

#define NOBODY 65534

void owner_ranges_append(struct owner_ranges *ranges, const struct owner_range *range)
{
	ranges->items = reallocate(ranges->items, ranges->count + 1, sizeof(*range));
	ranges->items[ranges->count++] = *range;
}

void owner_ranges_finish(struct owner_ranges *ranges)
{
	free(ranges->items);
	*ranges = (struct owner_ranges){0};
}

int64_t owner_inside(const struct owner_ranges *ranges, int64_t outside)
{
	for (const struct owner_range *r = ranges->items; r < ranges->items + ranges->count; r++)
		if (outside >= r->outside && outside - r->outside < r->count)
			return r->inside + outside - r->outside;
	return NOBODY;
}

int64_t owner_outside(const struct owner_ranges *ranges, int64_t inside)
{
	for (const struct owner_range *r = ranges->items; r < ranges->items + ranges->count; r++)
		if (inside >= r->inside && inside - r->inside < r->count)
			return r->outside + inside - r->inside;
	return ranges->count ? ranges->items[0].outside : inside;
}
