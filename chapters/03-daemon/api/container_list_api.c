#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "container_link.h"
#include "container_summary.h"
#include "filters.h"
#include "image_api.h"
#include "memory.h"
#include "text.h"

static const char *const filter_names[] = {
	"ancestor", "before",  "expose",  "exited", "health", "id",     "is-task", "label",
	"name",     "network", "publish", "since",  "status", "volume", NULL,
};

/* What a list asks for, with references resolved. */
struct list_wish {
	bool all, size;
	int64_t limit; /* 0: none */
	struct filters filters;
	char before[ID_LENGTH + 1], since[ID_LENGTH + 1]; /* "": not given */
	json_t *ancestors;                                /* {image id: true}; NULL: not given */
};
static void list_wish_finish(struct list_wish *wish)
{
	filters_finish(&wish->filters);
	json_decref(wish->ancestors);
}
#define auto_list_wish __attribute__((cleanup(list_wish_finish))) struct list_wish

/* The container that a filter names, as an id. */
static fallible resolve(struct engine *engine, const struct filters *filters, const char *name,
			char id[ID_LENGTH + 1])
{
	const json_t *values = filters_values(filters, name);
	autocontainer *container = NULL;

	if (!values)
		return NULL;
	TRY(container_find(engine, json_string_value(json_array_get(values, 0)), &container));
	memcpy(id, container->id, ID_LENGTH + 1);
	return NULL;
}

static fallible check_statuses(const struct filters *filters)
{
	const json_t *value;
	size_t i;

	json_array_foreach (filters_values(filters, "status"), i, value) {
		bool known = false;

		for (int state = CONTAINER_CREATED; state <= CONTAINER_DEAD; state++)
			known |= strcmp(json_string_value(value), container_state_name(state)) == 0;
		if (!known)
			return error_new(ERROR_INVALID, "invalid filter 'status=%s'",
					 json_string_value(value));
	}
	return NULL;
}

/* "80", "80/tcp", "80-90" or "80-90/udp". */
struct port_wish {
	int64_t first, last;
	const char *protocol;
};

static fallible port_wish_read(const char *filter, const char *text, struct port_wish *wish)
{
	size_t whole = strcspn(text, "/"), length = strcspn(text, "-/");
	autofree char *first = duplicate_range(text, length);
	autofree char *last = length < whole
				      ? duplicate_range(text + length + 1, whole - length - 1)
				      : duplicate(first);

	wish->protocol = text[whole] ? text + whole + 1 : "tcp";
	TRY(integer_parse(first, filter, 0, UINT16_MAX, &wish->first));
	return integer_parse(last, filter, wish->first, UINT16_MAX, &wish->last);
}

static const char *const port_filters[] = {"publish", "expose"};

static fallible check_ports(const struct filters *filters)
{
	for (size_t i = 0; i < countof(port_filters); i++) {
		const json_t *value;
		struct port_wish wish;
		size_t k;

		json_array_foreach (filters_values(filters, port_filters[i]), k, value)
			TRY(error_wrap(port_wish_read(port_filters[i], json_string_value(value),
						      &wish),
				       "error while looking up for %s %s", port_filters[i],
				       json_string_value(value)));
	}
	return NULL;
}

static bool is_wanted_port(const struct filters *filters, const char *filter, long number,
			   const char *protocol)
{
	const json_t *value;
	size_t i;

	json_array_foreach (filters_values(filters, filter), i, value) {
		struct port_wish wish;
		autoerror e = port_wish_read(filter, json_string_value(value), &wish);

		if (!e && number >= wish.first && number <= wish.last &&
		    strcmp(protocol, wish.protocol) == 0)
			return true;
	}
	return false;
}

/* An image that is not there has no containers, which is no error. */
static json_t *ancestors_of(struct engine *engine, const json_t *names)
{
	json_t *ids = json_object();
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		autofree char *id = image_api_id(engine, json_string_value(name));

		if (id)
			json_object_set_new(ids, id, json_true());
	}
	return ids;
}

static fallible list_wish_read(struct engine *engine, const struct http_exchange *ex,
			       struct list_wish *wish)
{
	wish->all = http_exchange_query_flag(ex, "all", false);
	wish->size = http_exchange_query_flag(ex, "size", false);
	TRY(http_exchange_query_integer(ex, "limit", 0, &wish->limit));
	if (wish->limit < 0)
		wish->limit = 0; /* the CLI's `--last -1` */
	TRY(filters_parse(http_exchange_query(ex, "filters", NULL), filter_names, &wish->filters));
	TRY(check_statuses(&wish->filters));
	TRY(check_ports(&wish->filters));
	TRY(resolve(engine, &wish->filters, "before", wish->before));
	TRY(resolve(engine, &wish->filters, "since", wish->since));
	if (filters_values(&wish->filters, "ancestor"))
		wish->ancestors = ancestors_of(engine, filters_values(&wish->filters, "ancestor"));
	if (filters_values(&wish->filters, "status"))
		wish->all = true;
	return NULL;
}

/* -- the filters that look into a document -- */

static bool matches_exited(const struct filters *filters, const json_t *document)
{
	long long code = json_integer_value(json_at(document, "State", "ExitCode", NULL));
	autofree char *text = format("%lld", code);

	if (!filters_values(filters, "exited"))
		return true;
	return strcmp(json_string_at(document, "State", "Status", NULL), "exited") == 0 &&
	       filters_match_exact(filters, "exited", text);
}

/* By name or id of a network that it is connected to. */
static bool matches_network(const struct filters *filters, json_t *document)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach (json_at(document, "NetworkSettings", "Networks", NULL), name, endpoint)
		if (filters_match_exact(filters, "network", name) ||
		    filters_match_prefix(filters, "network",
					 json_string_at(endpoint, "NetworkID", NULL)))
			return true;
	return !filters_values(filters, "network");
}

/* By name of a volume or by the place where something is mounted. */
static bool matches_volume(const struct filters *filters, const json_t *document)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(document, "Mounts"), i, mount)
		if (filters_match_exact(filters, "volume", json_string_at(mount, "Name", NULL)) ||
		    filters_match_exact(filters, "volume",
					json_string_at(mount, "Destination", NULL)))
			return true;
	return !filters_values(filters, "volume");
}

/* What is asked for is one of the container's ports, or one of the host that leads to it; either
 * will do where both are asked for. */
static bool matches_ports(const struct filters *filters, const json_t *document)
{
	json_t *bindings, *binding;
	const char *port;
	size_t i;

	json_object_foreach (json_at(document, "NetworkSettings", "Ports", NULL), port, bindings) {
		const char *slash = strchr(port, '/'), *protocol = slash ? slash + 1 : "tcp";

		if (is_wanted_port(filters, "expose", strtol(port, NULL, 10), protocol))
			return true;
		json_array_foreach (bindings, i, binding) {
			const char *number = json_string_at(binding, "HostPort", NULL);

			if (is_wanted_port(filters, "publish", strtol(number, NULL, 10), protocol))
				return true;
		}
	}
	return !filters_values(filters, "publish") && !filters_values(filters, "expose");
}

static bool matches_names(const struct filters *filters, const char *name)
{
	return filters_match_pattern(filters, "name", name) ||
	       filters_match_pattern(filters, "name", name + (*name == '/'));
}

static bool matches(const struct list_wish *wish, json_t *document)
{
	const struct filters *filters = &wish->filters;
	const char *health = json_string_at(document, "State", "Health", "Status", NULL);
	const char *image = json_string_at(document, "Image", NULL);

	return matches_names(filters, json_string_at(document, "Name", NULL)) &&
	       filters_match_pattern(filters, "id", json_string_at(document, "Id", NULL)) &&
	       filters_match_exact(filters, "status",
				   json_string_at(document, "State", "Status", NULL)) &&
	       filters_match_exact(filters, "health", *health ? health : "none") &&
	       filters_match_exact(filters, "is-task", "false") &&
	       filters_match_labels(filters, "label",
				    json_at(document, "Config", "Labels", NULL)) &&
	       matches_exited(filters, document) && matches_network(filters, document) &&
	       matches_volume(filters, document) && matches_ports(filters, document) &&
	       (!wish->ancestors || json_object_get(wish->ancestors, image));
}

/* -- the list -- */

static bool is_running(const json_t *document)
{
	return json_is_true(json_at(document, "State", "Running", NULL));
}

/* Where a walk from the newest to the oldest is. */
struct list_walk {
	const struct list_wish *wish;
	bool waiting; /* for the container of `before` */
	bool ended;   /* at the container of `since`, or at the limit */
	json_t *rows, *link_names;
};

/* What others call it (--link) is one of its names, too. */
static json_t *link_names_of(const struct container_array *all)
{
	json_t *names = json_object();

	for (size_t i = 0; i < all->count; i++) {
		container_lock(all->items[i]);
		container_link_names(all->items[i], names);
		container_unlock(all->items[i]);
	}
	return names;
}

static fallible visit(struct engine *engine, const struct container *container, json_t *document,
		      struct list_walk *walk)
{
	const struct list_wish *wish = walk->wish;

	if (strcmp(container->id, wish->before) == 0) {
		walk->waiting = false;
		return NULL;
	}
	walk->ended = strcmp(container->id, wish->since) == 0;
	if (walk->waiting || walk->ended || !matches(wish, document) ||
	    (!is_running(document) && !wish->all && !wish->limit))
		return NULL;
	json_t *row;
	TRY(container_row(engine, container, document, wish->size, &row));
	json_array_extend(json_object_get(row, "Names"),
			  json_object_get(walk->link_names, container->id));
	json_array_append_new(walk->rows, row);
	walk->ended = wish->limit && (int64_t)json_array_size(walk->rows) >= wish->limit;
	return NULL;
}

static fallible list(void *context, struct http_exchange *ex)
{
	const struct api *api = context;
	auto_list_wish wish = {0};
	auto_container_array all = {0};
	autojson *rows = json_array();

	TRY(list_wish_read(api->engine, ex, &wish));
	container_array_fill(&all, api->engine);
	autojson *link_names = link_names_of(&all);
	struct list_walk walk = {
		.wish = &wish, .waiting = *wish.before, .rows = rows, .link_names = link_names};
	for (size_t i = 0; i < all.count && !walk.ended; i++) {
		autojson *document = container_inspect(all.items[i]);

		TRY(visit(api->engine, all.items[i], document, &walk));
	}
	return http_reply_json(ex, 200, rows);
}

const struct route container_list_routes[] = {
	{"GET", "/containers/json", list, "3.4"},
	{0},
};
