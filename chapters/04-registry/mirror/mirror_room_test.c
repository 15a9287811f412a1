#include "mirror_room.h"

#include <sqlite3.h>

#include "registry_test.h"

#define TEXT_SIZE 1000

/* A manifest and its blob, of 1000 bytes each, last asked for so many seconds ago. */
static void put(struct bench *bench, int64_t repository, char letter, int64_t age)
{
	struct registry *registry = bench->registry;
	struct registry_edge edge = {.manifest = false};
	struct registry_manifest manifest = {
		.media_type = (char *)"x/y", .size = TEXT_SIZE, .edges = &edge, .edge_count = 1};
	struct buffer body = {0};
	char text[TEXT_SIZE + 1] = "";
	autowords tags = {0};

	memset(text, letter, TEXT_SIZE);
	push_blob(registry, repository, text, &edge.digest);
	text[0]++;
	buffer_append(&body, text, TEXT_SIZE);
	digest_of(text, TEXT_SIZE, &manifest.digest);
	assert_ok(registry_put_manifest(registry, repository, &manifest, &body, &tags));
	buffer_finish(&body);

	autofree char *path = format("%s/registry.db", bench->path);
	autofree char *change =
		format("UPDATE manifest SET pushed = pushed - %lld WHERE digest = '%s';"
		       "UPDATE blob SET seen = seen - %lld WHERE digest = '%s'",
		       (long long)age, manifest.digest.text, (long long)age, edge.digest.text);
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, change, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(db) > 0);
	sqlite3_close(db);
}

static int64_t stored(struct bench *bench)
{
	return atomic_load(&bench->registry->stored);
}

static void the_oldest_goes_until_there_is_room_and_no_more(void **state)
{
	struct bench *bench = *state;
	struct registry *registry = bench->registry;
	int64_t repository;

	assert_ok(registry_store_create(registry->store, "a", &repository));
	put(bench, repository, 'a', 2 * 24 * 3600);
	put(bench, repository, 'c', 2 * 3600);
	put(bench, repository, 'e', 0);
	assert_int_equal(stored(bench), 6000);
	registry->limits.quota = 6500;
	assert_ok(mirror_make_room(registry, repository, 500)); /* there is */
	assert_int_equal(stored(bench), 6000);
	assert_ok(mirror_make_room(registry, repository, 1000));
	assert_int_equal(stored(bench), 4000);
	assert_ok(mirror_make_room(registry, repository, 4000));
	assert_int_equal(stored(bench), 2000);
	/* What was asked for just now stays, whatever is wanted. */
	assert_code(mirror_make_room(registry, repository, 5000), distribution_denied);
	assert_int_equal(stored(bench), 2000);
}

static void without_a_quota_nothing_goes(void **state)
{
	struct bench *bench = *state;
	int64_t repository;

	assert_ok(registry_store_create(bench->registry->store, "a", &repository));
	put(bench, repository, 'a', 2 * 24 * 3600);
	assert_ok(mirror_make_room(bench->registry, repository, 1LL << 40));
	assert_int_equal(stored(bench), 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_oldest_goes_until_there_is_room_and_no_more,
						open_bench, close_bench),
		cmocka_unit_test_setup_teardown(without_a_quota_nothing_goes, open_bench,
						close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
