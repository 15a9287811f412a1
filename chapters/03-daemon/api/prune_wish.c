#include "prune_wish.h"

#include <inttypes.h>

#include "api.h"
#include "engine.h"
#include "event.h"
#include "memory.h"

void prune_wish_finish(struct prune_wish *wish)
{
	filters_finish(&wish->filters);
}

fallible prune_wish_read(const struct http_exchange *ex, const char *const *known,
			 struct prune_wish *wish)
{
	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), known, &wish->filters));
	return api_until_parse(&wish->filters, &wish->until);
}

bool prune_wish_matches(const struct prune_wish *wish, struct timespec created,
			const json_t *labels)
{
	const struct filters *filters = &wish->filters;

	if (wish->until.tv_sec && created.tv_sec >= wish->until.tv_sec)
		return false;
	if (filters_values(filters, "label!") && filters_match_labels(filters, "label!", labels))
		return false;
	return filters_match_labels(filters, "label", labels);
}

void prune_wish_tell(struct engine *engine, const char *type, uint64_t reclaimed)
{
	autofree char *bytes = format("%" PRIu64, reclaimed);

	event_emit(engine->events, type, "prune", "", json_pack("{s:s}", "reclaimed", bytes));
}
