#include "registry_api.h"

/* end-1: whether this is a registry, and whether the credentials are good. */
static fallible base_handle(void *context, struct http_exchange *ex)
{
	(void)context;
	return http_reply_bytes(ex, 200, "application/json", "{}", 2);
}

/* Whether it works: what a balancer or a service manager asks. */
static fallible health_handle(void *context, struct http_exchange *ex)
{
	struct registry *registry = context;
	struct registry_counts counts;

	TRY(registry_store_count(registry->store, &counts));
	return http_reply_bytes(ex, 200, "application/json", "{\"status\":\"ok\"}", 15);
}

const struct route registry_base_routes[] = {
	{"GET", "/v2/", base_handle, "4.2", ACTION_BASE},
	{"HEAD", "/v2/", base_handle, "4.2", ACTION_BASE},
	{"GET", "/v2", base_handle, "4.2", ACTION_BASE},
	{"GET", "/healthz", health_handle, "4.2", ACTION_OPEN},
	{"HEAD", "/healthz", health_handle, "4.2", ACTION_OPEN},
	{0},
};
