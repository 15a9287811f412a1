#include "remote_layers.h"

#include "image_store_test.h"
#include "log.h"
#include "remote_test.h"

#define LAYERS 3

static const char *const contents[LAYERS] = {"the lowest", "one and the same", "one and the same"};

/* An image whose layers a registry has: what the store would know of it. */
struct pull {
	struct image_store *store;
	struct image image;
	struct image_layer layers[LAYERS];
	struct server server;
	const char *damaged; /* in place of the second content; NULL: it is right */
	bool missing;        /* 404 for it */

	struct remote_pull_order order;
	char got[LAYERS][64];
	int completed; /* lines of progress that say so */
};

static void answer(struct server *server, int number, const char *request, int fd)
{
	struct pull *pull = server->context;
	bool lowest = strstr(request, pull->layers[0].blob.text);
	const char *body = lowest || !pull->damaged ? contents[!lowest] : pull->damaged;

	(void)number;
	if (!lowest && pull->missing)
		server_say(fd, "404 Not Found", "", 0);
	else
		server_say(fd, "200 OK", body, strlen(body));
}

static void tell(void *context, const struct remote_progress *progress)
{
	struct pull *pull = context;

	pull->completed += strcmp(progress->status, "Pull complete") == 0;
}

static void open_pull(struct pull *pull, struct images *images)
{
	*pull = (struct pull){.store = images->store};
	pull->image.layers = pull->layers;
	pull->image.layer_count = LAYERS;
	for (size_t i = 0; i < LAYERS; i++) {
		struct image_layer *layer = &pull->layers[i];

		layer->blob_size = (int64_t)strlen(contents[i]);
		layer->media_type = (char *)"application/vnd.oci.image.layer.v1.tar";
		digest_of(contents[i], strlen(contents[i]), &layer->blob);
		layer->diff_id = layer->blob;
		layer_chain_id(i ? &pull->layers[i - 1].chain_id : NULL, &layer->diff_id,
			       &layer->chain_id);
	}
	server_start(&pull->server, answer, pull);
}

static void close_pull(struct pull *pull)
{
	server_stop(&pull->server);
	server_forget(&pull->server);
}

/* What the store does with the feed, but for the unpacking. */
static fallible read_layer(struct pull *pull, const struct image_feed *feed, size_t index)
{
	struct source packed;
	size_t length = 0;

	TRY(feed->open(feed->context, &pull->layers[index], &packed));
	struct error *e =
		source_read_full(&packed, pull->got[index], sizeof(pull->got[index]) - 1, &length);
	feed->close(feed->context, &packed);
	if (!e)
		feed->done(feed->context, &pull->layers[index]);
	return e;
}

static fallible read_layers(struct pull *pull, const struct image_feed *feed)
{
	for (size_t i = 0; i < LAYERS; i++)
		TRY(read_layer(pull, feed, i));
	return feed->complete(feed->context);
}

static fallible speak(void *context, struct remote_registry *registry)
{
	struct pull *pull = context;
	struct remote_layers *layers;
	atomic_bool stopped = false;

	TRY(remote_layers_begin(&pull->order, registry, &pull->image, &stopped, &layers));
	const struct image_feed feed = remote_layers_feed(layers);
	struct error *e = remote_layers_end(layers, read_layers(pull, &feed));
	assert_int_equal(stopped, e != NULL);
	return e;
}

static struct error *fetch(struct pull *pull)
{
	autofree char *domain = format("127.0.0.1:%d", pull->server.port);
	autojson *settings = json_pack("{s:i, s:[s]}", "max-download-attempts", 1,
				       "insecure-registries", domain);
	const struct remote_session session = {.settings = settings};
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = domain,
		.path = "a/b",
		.actions = AUTH_PULL,
		.speak = speak,
		.context = pull,
	};

	pull->order = (struct remote_pull_order){
		.session = &session, .store = pull->store, .tell = tell, .context = pull};
	return remote_registry_each(&conversation);
}

static void layers_are_read_in_order_and_each_blob_is_fetched_once(void **state)
{
	struct pull pull;

	open_pull(&pull, *state);
	assert_ok(fetch(&pull));
	for (size_t i = 0; i < LAYERS; i++)
		assert_string_equal(pull.got[i], contents[i]);
	assert_int_equal(server_count(&pull.server), 2);
	assert_int_equal(pull.completed, LAYERS);
	/* Blobs that are there are not asked for again. */
	assert_ok(fetch(&pull));
	assert_int_equal(server_count(&pull.server), 2);
	close_pull(&pull);
}

static void a_damaged_layer_ends_all(void **state)
{
	struct pull pull;

	open_pull(&pull, *state);
	pull.damaged = "one and the sane";
	struct error *e = fetch(&pull);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CORRUPT);
	error_free(e);
	assert_true(pull.completed < LAYERS);
	autoerror missing =
		content_stat(image_store_content(pull.store), &pull.layers[1].blob, NULL);
	assert_non_null(missing);
	close_pull(&pull);
}

static void the_download_that_failed_is_the_reason(void **state)
{
	struct pull pull;

	open_pull(&pull, *state);
	pull.missing = true;
	struct error *e = fetch(&pull);
	assert_non_null(e);
	/* And not that nothing more came, which is what the reader of it knows. */
	assert_int_equal(e->class, ERROR_NOT_FOUND);
	error_free(e);
	close_pull(&pull);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_images(layers_are_read_in_order_and_each_blob_is_fetched_once),
		in_images(a_damaged_layer_ends_all),
		in_images(the_download_that_failed_is_the_reason),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
