/*
 * pull_functions_test - functions of the lab, called alone: pull_functions_test NAME
 *
 * Blobs on their way from a registry: section 4.7. The registry is scripted: it breaks off, begins
 * anew, gives too much. Run by the lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A
 * test that waits is ended.
 */
#include <stdatomic.h>

#include "distribution_error.h"
#include "image.h"
#include "json.h"
#include "remote_layers.h"
#include "remote_test.h"

#define PATIENCE 20 /* seconds */
#define SIZE     (1 << 20)

/* -- one who fetches -- */

static char bytes[3 * SIZE];

struct pull {
	struct server server;
	struct content *content;
	struct descriptor blob;
	json_t *settings;
	size_t piece;               /* the most that is given at once */
	atomic_bool go;             /* whatever the server waits for */
	struct layers_test *layers; /* of the tests that fetch some */
};

/* The blob has `size` of the bytes. */
static void open_pull(struct pull *pull, const struct place *place, server_answer *answer,
		      size_t size)
{
	*pull = (struct pull){.settings = json_pack("{s:i}", "max-download-attempts", 2)};
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	assert_ok(content_open(place->fd, NOT_DURABLE, &pull->content));
	pull->blob.media_type = "x/y";
	pull->blob.size = (int64_t)size;
	digest_of(bytes, size, &pull->blob.digest);
	server_start(&pull->server, answer, pull);
}

static void close_pull(struct pull *pull)
{
	server_stop(&pull->server);
	server_forget(&pull->server);
	content_close(pull->content);
	json_decref(pull->settings);
}

/* One conversation, in which `speak` is called with who answers. */
struct talk {
	struct pull *pull;
	struct remote_session session;
	atomic_bool gone;
	atomic_ullong told; /* by progress, at last */
	atomic_int times;
	fallible (*run)(struct talk *talk, struct remote_registry *registry);
};

static bool is_gone_now(void *context)
{
	struct talk *talk = context;

	return atomic_load(&talk->gone);
}

static void note_progress(void *context, uint64_t so_far)
{
	struct talk *talk = context;

	atomic_store(&talk->told, so_far);
	atomic_fetch_add(&talk->times, 1);
}

static fallible run_download(struct talk *talk, struct remote_registry *registry)
{
	struct remote_download *download =
		remote_download_join(talk->pull->content, &talk->pull->blob);
	struct error *e = remote_download_run(download, registry, note_progress, talk);

	remote_download_leave(download);
	return e;
}

static fallible speak(void *context, struct remote_registry *registry)
{
	struct talk *talk = context;

	TRY(remote_registry_ping(registry)); /* it is no TLS that is spoken there */
	return talk->run(talk, registry);
}

static struct error *talk_to(struct talk *talk)
{
	autofree char *domain = format("127.0.0.1:%d", talk->pull->server.port);

	talk->session = (struct remote_session){
		.settings = talk->pull->settings, .gone = is_gone_now, .context = talk};
	if (!talk->run)
		talk->run = run_download;
	const struct remote_conversation conversation = {
		.session = &talk->session,
		.domain = domain,
		.path = "a",
		.actions = AUTH_PULL,
		.speak = speak,
		.context = talk,
	};
	return remote_registry_each(&conversation);
}

static struct error *fetch_it(struct pull *pull)
{
	struct talk talk = {.pull = pull};

	return talk_to(&talk);
}

/* In the store are just these bytes, under their name. */
static void assert_stored(struct pull *pull)
{
	autoclose int fd = -1;
	autofree char *read_back = allocate(pull->blob.size + 1);

	assert_ok(content_open_blob(pull->content, &pull->blob.digest, pull->blob.size, &fd));
	assert_int_equal(pread(fd, read_back, pull->blob.size + 1, 0), pull->blob.size);
	assert_memory_equal(read_back, bytes, pull->blob.size);
}

static void assert_absent(struct pull *pull)
{
	struct error *e = content_stat(pull->content, &pull->blob.digest, NULL);

	if (!e)
		fail_msg("what is no good has got its name");
	error_free(e);
}

/* -- answers -- */

static size_t asked_from(const char *request)
{
	const char *range = strcasestr(request, "\r\nRange: bytes=");

	return range ? strtoul(range + 15, NULL, 10) : 0;
}

/* `length` bytes from `from` on, of an answer that promises all that come behind. */
static void give(int fd, const struct pull *pull, size_t from, size_t length)
{
	size_t size = (size_t)pull->blob.size;

	dprintf(fd, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n",
		from ? "206 Partial Content" : "200 OK", size - from);
	if (from)
		dprintf(fd, "Content-Range: bytes %zu-%zu/%zu\r\n", from, size - 1, size);
	dprintf(fd, "\r\n");
	for (size_t sent = 0; sent < length;) {
		ssize_t n = send(fd, bytes + from + sent, length - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		sent += n;
	}
}

static void give_all(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;
	size_t from = asked_from(request);

	(void)number;
	give(fd, pull, from, pull->blob.size - from);
}

static void what_was_promised_is_stored(void **state)
{
	struct pull pull;
	struct talk talk = {.pull = &pull};

	open_pull(&pull, *state, give_all, SIZE);
	assert_ok(talk_to(&talk));
	assert_stored(&pull);
	assert_int_equal(atomic_load(&talk.told), SIZE);
	server_expect(&pull.server, 1, "\r\nRange:", false);
	autofree char *line = format("GET /v2/a/blobs/%s HTTP/1.1\r\n", pull.blob.digest.text);
	server_expect(&pull.server, 1, line, true);
	/* What is here is not fetched. */
	assert_ok(fetch_it(&pull));
	assert_int_equal(server_count(&pull.server), 1);
	close_pull(&pull);
}

static void an_empty_blob_is_one_too(void **state)
{
	struct pull pull;

	open_pull(&pull, *state, give_all, 0);
	assert_ok(fetch_it(&pull));
	assert_int_equal(server_count(&pull.server), 1);
	assert_stored(&pull);
	close_pull(&pull);
}

/* Other bytes, more, or fewer; all right at last. */
static void lie(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;
	size_t size = (size_t)pull->blob.size;

	(void)request;
	if (number == 1)
		server_say(fd, "200 OK", bytes + 1, size);
	else if (number == 2)
		server_say(fd, "200 OK", bytes, size + 1);
	else if (number == 3)
		server_say(fd, "200 OK", bytes, size - 1);
	else if (number == 4) { /* without a length, until the connection ends */
		dprintf(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		(void)!write(fd, bytes, size + 1);
	} else if (number == 5)
		server_say(fd, "404 Not Found", "", 0);
	else
		server_say(fd, "200 OK", bytes, size);
}

static void what_is_another_thing_is_refused(void **state)
{
	static const enum error_class classes[] = {ERROR_CORRUPT, ERROR_CORRUPT, ERROR_CORRUPT,
						   ERROR_CORRUPT, ERROR_NOT_FOUND};
	struct pull pull;

	open_pull(&pull, *state, lie, 1000);
	for (size_t i = 0; i < countof(classes); i++) {
		assert_error(fetch_it(&pull), classes[i], "");
		assert_absent(&pull);
		assert_int_equal(server_count(&pull.server), i + 1);
	}
	assert_ok(fetch_it(&pull));
	assert_stored(&pull);
	close_pull(&pull);
}

/* -- a line that breaks -- */

static void break_off(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;
	size_t from = asked_from(request);

	give(fd, pull, from, number == 1 ? 700 : pull->blob.size - from);
}

static void it_goes_on_where_it_broke(void **state)
{
	struct pull pull;

	open_pull(&pull, *state, break_off, 1000);
	assert_ok(fetch_it(&pull));
	assert_stored(&pull);
	assert_int_equal(server_count(&pull.server), 2);
	server_expect(&pull.server, 1, "\r\nRange:", false);
	server_expect(&pull.server, 2, "\r\nRange: bytes=700-\r\n", true);
	close_pull(&pull);
}

/* It knows no ranges. */
static void begin_again(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;

	(void)request;
	give(fd, pull, 0, number == 1 ? 700 : pull->blob.size);
}

static void who_begins_again_is_listened_to_from_there(void **state)
{
	struct pull pull;
	struct talk talk = {.pull = &pull};

	open_pull(&pull, *state, begin_again, SIZE + 1000);
	assert_ok(talk_to(&talk));
	assert_stored(&pull);
	assert_int_equal(server_count(&pull.server), 2);
	assert_int_equal(atomic_load(&talk.told), SIZE + 1000);
	close_pull(&pull);
}

/* The part of another place, or one that does not say which. */
static void give_another_part(struct server *server, int number, const char *request, int fd)
{
	static const char *const parts[] = {"bytes 600-999/1000", "bytes 701-999/1000", "x"};
	const struct pull *pull = server->context;
	autofree char *head = format("206 Partial Content\r\nContent-Range: %s",
				     parts[number / 2 - 1 < 3 ? number / 2 - 1 : 2]);

	if (number % 2)
		give(fd, pull, 0, 700);
	else if (number < 8)
		server_say(fd, head, bytes + 700, 300);
	else
		server_say(fd, "206 Partial Content", bytes + 700, 300);
	(void)request;
}

static void a_part_of_another_place_is_refused(void **state)
{
	struct pull pull;

	open_pull(&pull, *state, give_another_part, 1000);
	for (int i = 0; i < 4; i++) {
		struct error *e = fetch_it(&pull);

		if (!e || (e->class != ERROR_CORRUPT && e->class != ERROR_INVALID))
			fail_msg("a part of another place: %s", e ? e->message : "taken");
		error_free(e);
		assert_absent(&pull);
		assert_int_equal(server_count(&pull.server), 2 * (i + 1));
		server_expect(&pull.server, 2 * i + 1, "\r\nRange:", false);
	}
	close_pull(&pull);
}

static void give_nothing(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;

	(void)number;
	give(fd, pull, asked_from(request), 0);
}

static void it_is_given_up_in_the_end(void **state)
{
	struct pull pull;

	open_pull(&pull, *state, give_nothing, 1000);
	assert_error(fetch_it(&pull), ERROR_UNAVAILABLE, "given up after 2 attempts");
	assert_int_equal(server_count(&pull.server), 2);
	json_object_set_new(pull.settings, "max-download-attempts", json_integer(3));
	assert_error(fetch_it(&pull), ERROR_UNAVAILABLE, "given up after 3 attempts");
	assert_int_equal(server_count(&pull.server), 5);
	assert_absent(&pull);
	close_pull(&pull);
}

static void give_in_pieces(struct server *server, int number, const char *request, int fd)
{
	const struct pull *pull = server->context;
	size_t from = asked_from(request), left = pull->blob.size - from;

	(void)number;
	give(fd, pull, from, left < pull->piece ? left : pull->piece);
}

static void who_advances_is_not_given_up(void **state)
{
	struct pull pull;

	open_pull(&pull, *state, give_in_pieces, sizeof(bytes));
	pull.piece = SIZE - 1;
	assert_error(fetch_it(&pull), ERROR_UNAVAILABLE, "given up after 2 attempts");
	pull.piece = SIZE;
	assert_ok(fetch_it(&pull));
	assert_stored(&pull);
	assert_int_equal(server_count(&pull.server), 2 + 3);
	close_pull(&pull);
}

/* -- two at once -- */

static void *talk_main(void *context)
{
	return talk_to(context);
}

/* Half, and the rest when it may. */
static void wait_in_the_middle(struct server *server, int number, const char *request, int fd)
{
	struct pull *pull = server->context;
	size_t from = asked_from(request), size = pull->blob.size;

	if (number > 1) {
		give(fd, pull, from, size - from);
		return;
	}
	give(fd, pull, 0, 700);
	for (int i = 0; i < 500 && !atomic_load(&pull->go); i++)
		usleep(10000);
	(void)!send(fd, bytes + 700, size - 700, MSG_NOSIGNAL);
}

/* Until the talk has been told of that many bytes. */
static void wait_until_told(struct talk *talk, unsigned long long count)
{
	for (int i = 0; i < 500 && atomic_load(&talk->told) != count; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&talk->told), count);
}

static void what_two_want_is_fetched_once(void **state)
{
	struct pull pull;
	struct talk first = {.pull = &pull}, second = {.pull = &pull};
	pthread_t threads[2];
	void *e;

	open_pull(&pull, *state, wait_in_the_middle, 1000);
	assert_int_equal(pthread_create(&threads[0], NULL, talk_main, &first), 0);
	wait_until_told(&first, 700);
	assert_int_equal(pthread_create(&threads[1], NULL, talk_main, &second), 0);
	wait_until_told(&second, 700);
	atomic_store(&pull.go, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &e);
		assert_ok(e);
	}
	assert_int_equal(server_count(&pull.server), 1);
	assert_stored(&pull);
	close_pull(&pull);
}

static void when_one_goes_the_other_goes_on(void **state)
{
	struct pull pull;
	struct talk first = {.pull = &pull}, second = {.pull = &pull};
	pthread_t threads[2];
	void *e;

	open_pull(&pull, *state, wait_in_the_middle, 1000);
	assert_int_equal(pthread_create(&threads[0], NULL, talk_main, &first), 0);
	wait_until_told(&first, 700);
	assert_int_equal(pthread_create(&threads[1], NULL, talk_main, &second), 0);
	wait_until_told(&second, 700);
	atomic_store(&first.gone, true);
	pthread_join(threads[0], &e);
	assert_error(e, ERROR_UNAVAILABLE, "");
	pthread_join(threads[1], &e);
	assert_ok(e);
	assert_int_equal(server_count(&pull.server), 2);
	server_expect(&pull.server, 2, "\r\nRange: bytes=700-\r\n", true);
	assert_stored(&pull);
	atomic_store(&pull.go, true);
	close_pull(&pull);
}

/* -- layers -- */

#define LAYERS 4

struct layers_test {
	struct image_store *store;
	struct image image;
	struct image_layer layers[LAYERS]; /* the last one is the first blob again */
};

static void ignore(void *context, const struct remote_progress *progress)
{
	(void)context, (void)progress;
}

static fallible run_layers(struct talk *talk, struct remote_registry *registry)
{
	struct layers_test *test = talk->pull->layers;
	const struct remote_pull_order order = {
		.session = &talk->session, .store = test->store, .tell = ignore};
	atomic_bool stopped = false;
	struct remote_layers *layers;

	TRY(remote_layers_begin(&order, registry, &test->image, &stopped, &layers));
	struct image_feed feed = remote_layers_feed(layers);
	struct error *e = feed.complete(feed.context);
	return remote_layers_end(layers, e);
}

/* Each answer waits until there are three who ask. */
static void answer_together(struct server *server, int number, const char *request, int fd)
{
	struct pull *pull = server->context;
	const char *hex = strstr(request, "sha256:");

	for (int i = 0; i < 300 && !atomic_load(&pull->go) && server_count(server) < LAYERS - 1;
	     i++)
		usleep(10000);
	for (size_t i = 0; i < LAYERS - 1; i++) {
		struct digest digest;

		digest_of(bytes + i, 100, &digest);
		if (hex && strncmp(hex, digest.text, strlen(digest.text)) == 0)
			server_say(fd, "200 OK", bytes + i, 100);
	}
	(void)number;
}

static void answer_one_wrong(struct server *server, int number, const char *request, int fd)
{
	if (number == 2)
		server_say(fd, "404 Not Found", "", 0);
	else
		answer_together(server, number, request, fd);
}

static struct error *fetch_layers_of(struct pull *pull, struct layers_test *test)
{
	struct talk talk = {.pull = pull, .run = run_layers};

	*test = (struct layers_test){.store = test->store};
	for (size_t i = 0; i < LAYERS; i++) {
		size_t which = i % (LAYERS - 1);

		test->layers[i] =
			(struct image_layer){.blob_size = 100, .media_type = (char *)"x/y"};
		digest_of(bytes + which, 100, &test->layers[i].blob);
		digest_of(bytes + 1000 + i, 100, &test->layers[i].chain_id);
		test->layers[i].diff_id = test->layers[i].blob;
	}
	test->image = (struct image){.layers = test->layers, .layer_count = LAYERS};
	digest_of("id", 2, &test->image.id);
	pull->layers = test;
	return talk_to(&talk);
}

static void layers_are_fetched_side_by_side(void **state)
{
	struct place *place = *state;
	struct layers_test test = {0};
	struct pull pull;

	open_pull(&pull, place, answer_together, 100);
	assert_ok(image_store_open(place->fd, NOT_DURABLE, &test.store));
	int64_t began = time(NULL);
	assert_ok(fetch_layers_of(&pull, &test));
	if (time(NULL) - began > 2)
		fail_msg("one layer is fetched after the other");
	assert_int_equal(server_count(&pull.server), LAYERS - 1);
	for (size_t i = 0; i < LAYERS; i++)
		assert_ok(
			content_stat(image_store_content(test.store), &test.layers[i].blob, NULL));
	image_store_close(test.store);
	close_pull(&pull);
}

static void the_first_failure_ends_all(void **state)
{
	struct place *place = *state;
	struct layers_test test = {0};
	struct pull pull;

	open_pull(&pull, place, answer_one_wrong, 100);
	assert_ok(image_store_open(place->fd, NOT_DURABLE, &test.store));
	json_object_set_new(pull.settings, "max-concurrent-downloads", json_integer(1));
	atomic_store(&pull.go, true);
	/* One after the other: the second fails, and the third is not asked for. */
	assert_error(fetch_layers_of(&pull, &test), ERROR_NOT_FOUND, "");
	assert_int_equal(server_count(&pull.server), 2);
	image_store_close(test.store);
	close_pull(&pull);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(what_was_promised_is_stored),
		in_place(an_empty_blob_is_one_too),
		in_place(what_is_another_thing_is_refused),
		in_place(it_goes_on_where_it_broke),
		in_place(who_begins_again_is_listened_to_from_there),
		in_place(a_part_of_another_place_is_refused),
		in_place(it_is_given_up_in_the_end),
		in_place(who_advances_is_not_given_up),
		in_place(what_two_want_is_fetched_once),
		in_place(when_one_goes_the_other_goes_on),
		in_place(layers_are_fetched_side_by_side),
		in_place(the_first_failure_ends_all),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
