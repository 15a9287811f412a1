#include "remote_download.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "log.h"
#include "memory.h"
#include "remote_test.h"

#define LAYER "0123456789abcdefghij"

struct wish {
	struct content *content;
	struct remote_download *download;
};

static fallible speak(void *context, struct remote_registry *registry)
{
	struct wish *wish = context;

	return remote_download_run(wish->download, registry, NULL, NULL);
}

static struct error *fetch(struct wish *wish, const struct stage *stage, int attempts)
{
	autojson *settings = json_pack("{s:i, s:[s]}", "max-download-attempts", attempts,
				       "insecure-registries", stage_domain(stage));
	const struct remote_session session = {.settings = settings};
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = stage_domain(stage),
		.path = "a/b",
		.actions = AUTH_PULL,
		.speak = speak,
		.context = wish,
	};

	return remote_registry_each(&conversation);
}

/* A store of its own, and the layer wanted. */
static void open_wish(struct wish *wish, int root, struct descriptor *blob)
{
	*blob = (struct descriptor){.size = (int64_t)strlen(LAYER)};
	digest_of(LAYER, strlen(LAYER), &blob->digest);
	assert_ok(content_open(root, NOT_DURABLE, &wish->content));
	wish->download = remote_download_join(wish->content, blob);
}

static void close_wish(struct wish *wish)
{
	remote_download_leave(wish->download);
	content_close(wish->content);
}

static size_t times(const char *text, const char *word)
{
	size_t count = 0;

	for (; text && (text = strstr(text, word)); text++)
		count++;
	return count;
}

static void a_broken_connection_goes_on_where_it_was(void **state)
{
	static const struct answer part[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n", "0123456789"},
		{"HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n"
		 "Content-Range: bytes 10-19/20\r\n",
		 "abcdefghij"},
	};
	static const struct answer whole[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n", "01234"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n", LAYER},
	};
	static const struct answer *const both[] = {part, whole};
	static const char *const asked[] = {"Range: bytes=10-\r\n", "Range: bytes=5-\r\n"};

	for (size_t i = 0; i < countof(both); i++) {
		struct descriptor blob;
		struct stage stage;
		struct wish wish;

		open_wish(&wish, ((struct place *)*state)->fd, &blob);
		open_stage(&stage, both[i], 2);
		assert_ok(fetch(&wish, &stage, 2));
		assert_ok(content_stat(wish.content, &blob.digest, NULL));
		assert_int_equal(times(stage.seen.data, asked[i]), 1);
		close_stage(&stage);
		assert_ok(content_remove(wish.content, &blob.digest));
		close_wish(&wish);
	}
}

static void what_is_not_what_was_promised_is_not_kept(void **state)
{
	static const struct answer answers[] = {
		{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n", "0123456789abcdefghiX"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n", LAYER "k"},
		{"HTTP/1.1 200 OK\r\n", LAYER "k"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n", LAYER},
	};
	static const char *const told[] = {"verification failed", "the registry offers 21 bytes",
					   "sends more than the 20 bytes"};
	struct descriptor blob;
	struct stage stage;
	struct wish wish;

	open_wish(&wish, ((struct place *)*state)->fd, &blob);
	open_stage(&stage, answers, countof(answers));
	for (size_t i = 0; i < countof(told); i++) {
		assert_error(fetch(&wish, &stage, 2), ERROR_CORRUPT, told[i]);
		assert_error(content_stat(wish.content, &blob.digest, NULL), ERROR_NOT_FOUND, "");
	}
	assert_ok(fetch(&wish, &stage, 2));
	assert_ok(content_stat(wish.content, &blob.digest, NULL));
	close_stage(&stage);
	close_wish(&wish);
}

static void trying_again_ends(void **state)
{
	static const struct answer answers[] = {
		{"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n", NULL},
		{"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n", NULL},
		{"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n",
		 NULL},
	};
	struct descriptor blob;
	struct stage stage;
	struct wish wish;

	open_wish(&wish, ((struct place *)*state)->fd, &blob);
	open_stage(&stage, answers, countof(answers));
	assert_error(fetch(&wish, &stage, 2), ERROR_UNAVAILABLE, "given up after 2 attempts");
	/* A limit that was reached is not tried against. */
	assert_error(fetch(&wish, &stage, 2), ERROR_UNAVAILABLE, "try again in 30 seconds");
	assert_int_equal(times(stage.seen.data, "GET /v2/a/b/blobs/"), 3);
	close_stage(&stage);
	close_wish(&wish);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_broken_connection_goes_on_where_it_was),
		in_place(what_is_not_what_was_promised_is_not_kept),
		in_place(trying_again_ends),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
