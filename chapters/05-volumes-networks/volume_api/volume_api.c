#include "volume_api.h"

#include <string.h>

#include "api.h"
#include "filters.h"
#include "json.h"
#include "members.h"
#include "memory.h"
#include "prune_wish.h"
#include "volume.h"
#include "volume_hold.h"

/* Before it prune took volumes with names, too. */
#define ANONYMOUS_ONLY 42

/* -- one -- */

static const struct member wish_table[] = {
	{"Name", MEMBER_TEXT, "\"\""},
	{"Driver", MEMBER_TEXT, "\"\""},
	{"DriverOpts", MEMBER_TEXT_MAP, NULL},
	{"Labels", MEMBER_TEXT_MAP, NULL},
	{0},
};

static fallible create(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *request = NULL, *wish = NULL, *volume = NULL;

	TRY(http_exchange_body_json(ex, &request));
	TRY(members_read(wish_table, request, "Volume", &wish));
	const struct volume_request wanted = {
		.name = json_string_at(wish, "Name", NULL),
		.driver = json_string_at(wish, "Driver", NULL),
		.options = json_object_get(wish, "DriverOpts"),
		.labels = json_object_get(wish, "Labels"),
	};
	TRY(volume_create(api->engine, &wanted, &volume));
	return http_reply_json(ex, 201, volume);
}

static fallible inspect(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	autojson *volume = NULL;

	TRY(volume_inspect(api->engine, http_exchange_parameter(ex, "name"), &volume));
	return http_reply_json(ex, 200, volume);
}

static fallible remove_one(void *context, struct http_exchange *ex)
{
	const struct api *api = context;

	TRY(volume_remove(api->engine, http_exchange_parameter(ex, "name"),
			  http_exchange_query_flag(ex, "force", false)));
	return http_reply_empty(ex, 204);
}

/* Only volumes of a swarm can be changed. */
static fallible update(void *context, struct http_exchange *ex)
{
	(void)context;
	(void)ex;
	return error_new(ERROR_UNAVAILABLE, "volume update only valid for cluster volumes, but "
					    "swarm is unavailable");
}

/* -- all -- */

static bool is_wanted(const struct filters *filters, bool has_dangling, bool dangling,
		      const json_t *volume)
{
	const char *name = json_string_at(volume, "Name", NULL);
	autojson *users = volume_hold_users(name);
	bool unused = json_array_size(users) == 0;

	return (!has_dangling || unused == dangling) &&
	       filters_match_exact(filters, "driver", json_string_at(volume, "Driver", NULL)) &&
	       filters_match_pattern(filters, "name", name) &&
	       filters_match_labels(filters, "label", json_object_get(volume, "Labels"));
}

static fallible list(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"dangling", "driver", "label", "name", NULL};
	const struct api *api = context;
	autojson *all = NULL, *wanted = json_array(), *warnings = json_array();
	autofilters filters = {0};
	json_t *volume;
	bool dangling;
	size_t i;

	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), known, &filters));
	TRY(filters_boolean(&filters, "dangling", false, &dangling));
	TRY(volume_list(api->engine, warnings, &all));
	json_array_foreach (all, i, volume)
		if (is_wanted(&filters, filters_values(&filters, "dangling") != NULL, dangling,
			      volume))
			json_array_append(wanted, volume);
	autojson *body = json_pack("{s:O, s:O}", "Volumes", wanted, "Warnings",
				   json_array_size(warnings) ? warnings : json_null());
	return http_reply_json(ex, 200, body);
}

/* -- prune -- */

/* One that is taken into use meanwhile stays. */
static void prune_one(struct engine *engine, const char *name, json_t *deleted, uint64_t *reclaimed)
{
	uint64_t bytes = 0;

	error_free(volume_size(engine, name, &bytes));
	autoerror e = volume_remove(engine, name, false);
	if (e)
		return;
	json_array_append_new(deleted, json_string(name));
	*reclaimed += bytes;
}

static fallible prune(void *context, struct http_exchange *ex)
{
	static const char *const known[] = {"all", "label", "label!", NULL};
	const struct api *api = context;
	autojson *volumes = NULL, *deleted = json_array();
	auto_prune_wish wish = {0};
	uint64_t reclaimed = 0;
	json_t *volume;
	bool all;
	size_t i;

	TRY(prune_wish_read(ex, known, &wish));
	TRY(filters_boolean(&wish.filters, "all", ex->version < ANONYMOUS_ONLY, &all));
	TRY(volume_list(api->engine, NULL, &volumes));
	json_array_foreach (volumes, i, volume)
		if (volume_is_plain(volume) && (all || volume_is_anonymous(volume)) &&
		    prune_wish_matches(&wish, (struct timespec){0},
				       json_object_get(volume, "Labels")))
			prune_one(api->engine, json_string_at(volume, "Name", NULL), deleted,
				  &reclaimed);
	prune_wish_tell(api->engine, "volume", reclaimed);
	autojson *body = json_pack("{s:O, s:I}", "VolumesDeleted", deleted, "SpaceReclaimed",
				   (json_int_t)reclaimed);
	return http_reply_json(ex, 200, body);
}

const struct route volume_routes[] = {
	{"GET", "/volumes", list, "5.1"},
	{"POST", "/volumes/create", create, "5.1"},
	{"POST", "/volumes/prune", prune, "5.1"},
	{"GET", "/volumes/{name...}", inspect, "5.1"},
	{"PUT", "/volumes/{name...}", update, "5.1"},
	{"DELETE", "/volumes/{name...}", remove_one, "5.1"},
	{0},
};
