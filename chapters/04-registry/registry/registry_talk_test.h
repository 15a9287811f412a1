/*
 * registry_talk_test.h - a registry is asked over a socketpair, by the thread that answers
 */
#ifndef MINI_REGISTRY_TALK_TEST_H
#define MINI_REGISTRY_TALK_TEST_H

#include <sys/socket.h>

#include "base64.h"
#include "http_connection.h"
#include "http_route.h"
#include "registry_api.h"
#include "registry_auth.h"
#include "registry_metrics.h"
#include "registry_test.h"

static const struct route *const all_routes[] = {
	registry_blob_routes,    registry_manifest_routes,
	registry_upload_routes,  registry_list_routes,
	registry_base_routes,    registry_token_routes,
	registry_metrics_routes, NULL,
};

shared void note_exchange(void *context, struct http_exchange *ex, const struct error *e)
{
	struct registry *registry = context;

	(void)e;
	if (registry->metrics)
		registry_metrics_note(registry->metrics, ex);
	registry_auth_leave(ex);
}

/* What comes back, head and body. The caller frees. `request` is what stands before the empty line:
 * "GET /v2/ HTTP/1.1\r\nHost: h\r\n". */
shared char *answer_to(struct registry *registry, const char *request)
{
	struct http_router router = {
		.tables = all_routes,
		.context = registry,
		.headers = registry_headers,
		.admit = registry_auth_admit,
		.done = note_exchange,
		.error_body = distribution_error_json,
	};
	struct buffer text = {0};
	char bytes[4096];
	ssize_t n;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_true(write(ends[0], request, strlen(request)) == (ssize_t)strlen(request));
	assert_true(write(ends[0], "\r\n", 2) == 2);
	shutdown(ends[0], SHUT_WR);
	struct http_connection *c = http_connection_create(ends[1]);
	http_router_serve(&router, c);
	http_connection_destroy(c);
	while ((n = read(ends[0], bytes, sizeof(bytes))) > 0)
		buffer_append(&text, bytes, n);
	close(ends[0]);
	return buffer_take(&text);
}

#define assert_says(text, part)                                                                    \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			fail_msg("'%s' is not in:\n%s", part, text);                               \
	} while (0)

#endif
