#include "registry_store.h"

#include "registry_collect.h"
#include "registry_statement.h"
#include "registry_test.h"

static void put(struct registry *registry, int64_t repository, const char *text,
		const struct digest *needs, const char *subject, const char *tag,
		struct digest *digest)
{
	struct registry_edge edge = {.manifest = false};
	struct registry_manifest manifest = {
		.media_type = (char *)"x/y",
		.size = (int64_t)strlen(text),
		.subject = (char *)subject,
		.edges = &edge,
		.edge_count = needs ? 1 : 0,
	};
	autowords tags = {0};

	if (needs)
		edge.digest = *needs;
	if (tag)
		words_append(&tags, tag);
	assert_ok(content_put(registry->content, text, strlen(text), &manifest.digest));
	assert_ok(registry_store_put_manifest(registry->store, repository, &manifest, &tags));
	*digest = manifest.digest;
}

static void what_is_not_there_has_its_code(void **state)
{
	struct registry_store *store = ((struct bench *)*state)->registry->store;
	auto_registry_manifest found = {0};
	struct digest digest;
	int64_t repository, size;

	digest_of("x", 1, &digest);
	assert_code(registry_store_find(store, "a", &repository), distribution_name_unknown);
	assert_code(registry_store_find_blob(store, "a", &digest, &size, NULL),
		    distribution_name_unknown);
	assert_ok(registry_store_create(store, "a", &repository));
	assert_code(registry_store_find_blob(store, "a", &digest, &size, NULL),
		    distribution_blob_unknown);
	assert_code(registry_store_touch_blob(store, "a", &digest), distribution_blob_unknown);
	assert_code(registry_store_remove_blob(store, "a", &digest), distribution_blob_unknown);
	assert_code(registry_store_find_manifest(store, "a", "1", &found),
		    distribution_manifest_unknown);
	assert_code(registry_store_remove_tag(store, "a", "1"), distribution_manifest_unknown);
}

static void a_manifest_needs_its_blobs_or_nothing_of_it_is_kept(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	struct registry_edge edge = {.manifest = false};
	struct registry_manifest manifest = {
		.media_type = (char *)"x/y", .edges = &edge, .edge_count = 1};
	auto_registry_manifest found = {0};
	autowords tags = {0};
	int64_t repository;

	words_append(&tags, "1");
	digest_of("manifest", 8, &manifest.digest);
	digest_of("nobody", 6, &edge.digest);
	assert_ok(registry_store_create(registry->store, "a", &repository));
	assert_code(registry_store_put_manifest(registry->store, repository, &manifest, &tags),
		    distribution_manifest_blob_unknown);
	assert_code(registry_store_find_manifest(registry->store, "a", "1", &found),
		    distribution_manifest_unknown);
	edge.optional = true;
	assert_ok(registry_store_put_manifest(registry->store, repository, &manifest, &tags));
	assert_ok(registry_store_find_manifest(registry->store, "a", "1", &found));
	assert_true(digest_equal(&found.digest, &manifest.digest));
}

static void garbage_is_what_nothing_leads_to(void **state)
{
	static const struct registry_collect_options now = {
		.grace = -10, .upload_timeout = 100, .untagged = true};
	struct registry *registry = ((struct bench *)*state)->registry;
	struct digest needed, loose, tagged, untagged, referrer, orphan;
	struct registry_collected done;
	bool used;
	int64_t a;

	assert_ok(registry_store_create(registry->store, "a", &a));
	push_blob(registry, a, "needed", &needed);
	push_blob(registry, a, "loose", &loose);
	put(registry, a, "tagged", &needed, NULL, "1", &tagged);
	put(registry, a, "untagged", &loose, NULL, NULL, &untagged);
	put(registry, a, "referrer", NULL, tagged.text, NULL, &referrer);
	put(registry, a, "orphan", NULL, untagged.text, NULL, &orphan);
	assert_ok(registry_collect(registry, &now, &done));
	/* The referrer of one that went goes with it, and what only they needed. */
	assert_int_equal(done.manifests, 2);
	assert_int_equal(done.blobs, 1);
	assert_ok(registry_store_is_used(registry->store, &referrer, &used));
	assert_true(used);
	assert_ok(content_stat(registry->content, &needed, NULL));
	assert_error(content_stat(registry->content, &loose, NULL), ERROR_NOT_FOUND, "no blob");
	assert_error(content_stat(registry->content, &orphan, NULL), ERROR_NOT_FOUND, "no blob");
}

static void what_was_made_sure_of_is_not_garbage(void **state)
{
	static const struct registry_collect_options options = {.grace = 100,
								.upload_timeout = 100};
	struct registry *registry = ((struct bench *)*state)->registry;
	struct registry_collected done;
	struct digest loose;
	int64_t a;

	assert_ok(registry_store_create(registry->store, "a", &a));
	push_blob(registry, a, "loose", &loose);
	assert_ok(registry_collect(registry, &options, &done));
	assert_int_equal(done.blobs, 0);
	assert_ok(content_stat(registry->content, &loose, NULL));
}

/* As if it had been asked for long ago. */
static void age(struct registry_store *store, const char *name, const struct digest *digest)
{
	database_lock(store->db);
	database_bind(store->db, TOUCH_MANIFEST, "ssii", name, digest->text, (int64_t)1000,
		      INT64_MAX);
	assert_ok(database_run(store->db, TOUCH_MANIFEST));
	database_unlock(store->db);
}

static void a_mirror_forgets_what_nobody_asks_for(void **state)
{
	static const struct registry_collect_options options = {
		.grace = -10, .upload_timeout = 100, .keep = 100};
	struct registry *registry = ((struct bench *)*state)->registry;
	struct digest layer, other, old, touched;
	auto_registry_manifest found = {0};
	struct registry_collected done;
	int64_t a;

	assert_ok(registry_store_create(registry->store, "a", &a));
	push_blob(registry, a, "layer", &layer);
	push_blob(registry, a, "other", &other);
	put(registry, a, "old", &layer, NULL, "1", &old);
	put(registry, a, "touched", &other, NULL, "2", &touched);
	age(registry->store, "a", &old);
	age(registry->store, "a", &touched);
	assert_ok(registry_store_touch_manifest(registry->store, "a", &touched));
	assert_ok(registry_collect(registry, &options, &done));
	assert_int_equal(done.manifests, 1);
	assert_int_equal(done.blobs, 1);
	assert_code(registry_store_find_manifest(registry->store, "a", "1", &found),
		    distribution_manifest_unknown);
	assert_ok(registry_store_find_manifest(registry->store, "a", "2", &found));
	assert_ok(content_stat(registry->content, &other, NULL));
	assert_error(content_stat(registry->content, &layer, NULL), ERROR_NOT_FOUND, "no blob");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_there_has_its_code, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(a_manifest_needs_its_blobs_or_nothing_of_it_is_kept,
						open_bench, close_bench),
		cmocka_unit_test_setup_teardown(garbage_is_what_nothing_leads_to, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(what_was_made_sure_of_is_not_garbage, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(a_mirror_forgets_what_nobody_asks_for, open_bench,
						close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
