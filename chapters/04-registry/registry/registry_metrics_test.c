#include "registry_talk_test.h"

static void ask(struct registry *registry, const char *request, const char *status)
{
	autofree char *answer = answer_to(registry, request);

	assert_says(answer, status);
}

static void requests_are_counted_by_what_they_want_and_how_they_end(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	struct digest digest;
	int64_t repository;

	assert_ok(registry_metrics_open(NULL, &registry->metrics));
	assert_ok(registry_store_create(registry->store, "a", &repository));
	push_blob(registry, repository, "hello", &digest);
	autofree char *get = format("GET /v2/a/blobs/%s HTTP/1.1\r\nHost: h\r\n", digest.text);
	autofree char *head = format("HEAD /v2/a/blobs/%s HTTP/1.1\r\nHost: h\r\n", digest.text);
	ask(registry, get, "200 OK");
	ask(registry, head, "200 OK");
	ask(registry, "GET /v2/none/tags/list HTTP/1.1\r\nHost: h\r\n", "404 ");
	ask(registry, "GET /elsewhere HTTP/1.1\r\nHost: h\r\n", "404 ");
	autofree char *told = answer_to(registry, "GET /metrics HTTP/1.1\r\nHost: h\r\n");
	assert_says(told, "Content-Type: text/plain; version=0.0.4");
	assert_says(told, "mini_registry_requests_total{action=\"pull\",code=\"2xx\"} 2\n");
	assert_says(told, "mini_registry_requests_total{action=\"pull\",code=\"4xx\"} 1\n");
	assert_says(told, "mini_registry_requests_total{action=\"none\",code=\"4xx\"} 1\n");
	assert_says(told, "mini_registry_request_seconds_bucket{le=\"+Inf\"} 4\n");
	assert_says(told, "mini_registry_request_seconds_count 4\n");
	assert_says(told, "\nmini_registry_stored_bytes 5\n");
	assert_says(told, "\nmini_registry_repositories 1\n");
	assert_says(told, "\nmini_registry_blobs 1\n");
	assert_null(strstr(told, "push"));
	/* Once it has been told, that is one more. */
	autofree char *again = answer_to(registry, "GET /metrics HTTP/1.1\r\nHost: h\r\n");
	assert_says(again, "mini_registry_requests_total{action=\"base\",code=\"2xx\"} 1\n");
	registry_metrics_close(steal(&registry->metrics));
}

static void a_line_of_the_log_cannot_be_made_to_look_like_two(void **state)
{
	struct bench *bench = *state;
	struct registry *registry = bench->registry;
	autofree char *path = format("%s/access.log", bench->path);
	autobuffer log = {0};

	assert_ok(registry_metrics_open(path, &registry->metrics));
	ask(registry, "GET /v2/?q=\"x HTTP/1.1\r\nHost: h\r\nUser-Agent: a\" 200 \\\xff\r\n",
	    "200 OK");
	registry_metrics_close(steal(&registry->metrics));
	assert_ok(file_read(AT_FDCWD, path, 1000, &log));
	assert_memory_equal(log.data, "- - - [", 7);
	assert_says(log.data,
		    "] \"GET /v2/?q=\\x22x HTTP/1.1\" 200 2 \"-\" \"a\\x22 200 \\x5c\\xff\" 0.0");
	assert_ptr_equal(strchr(log.data, '\n'), log.data + log.length - 1);
}

static void a_log_that_cannot_be_written_is_told(void **state)
{
	struct registry_metrics *metrics = NULL;

	(void)state;
	autoerror e = registry_metrics_open("/nonexistent/log", &metrics);
	assert_non_null(e);
	assert_says(e->message, "cannot write the access log '/nonexistent/log'");
	assert_null(metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			requests_are_counted_by_what_they_want_and_how_they_end, open_bench,
			close_bench),
		cmocka_unit_test_setup_teardown(a_line_of_the_log_cannot_be_made_to_look_like_two,
						open_bench, close_bench),
		cmocka_unit_test(a_log_that_cannot_be_written_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
