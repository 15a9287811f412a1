#include "api.h"
#include "memory.h"
#include "process_table.h"

/* The host's ps(1) knows every column that a user may ask for; what it says is cut down to the
 * processes of the container's cgroup. */
static fallible top(void *context, struct http_exchange *ex)
{
	const char *arguments = http_exchange_query(ex, "ps_args", "");
	autocontainer *container = NULL;
	autobuffer pids = {0};
	autofree char *text = NULL;
	autojson *table = NULL;

	TRY(api_container(context, ex, &container));
	TRY(container_processes(container, &pids));
	TRY(process_table_read(*arguments ? arguments : "-ef", &text));
	TRY(process_table_json(text, (const pid_t *)(const void *)pids.data,
			       pids.length / sizeof(pid_t), &table));
	return http_reply_json(ex, 200, table);
}

const struct route container_top_routes[] = {
	{"GET", "/containers/{id}/top", top, "1.6"},
	{0},
};
