/*
 * registry_functions_test - functions of the lab, called alone: registry_functions_test NAME
 *
 * What a registry keeps: uploads, blobs, records, garbage. Each test has a registry of its own. Run
 * by the lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

#include "registry_collect.h"
#include "registry_test.h"

#define PATIENCE 8 /* seconds */

static int64_t repository(struct registry *registry, const char *name)
{
	int64_t id = 0;

	assert_ok(registry_store_create(registry->store, name, &id));
	return id;
}

static struct registry_upload *start(struct registry *registry, int64_t in, const char *text)
{
	struct registry_upload *upload = NULL;

	assert_ok(registry_upload_start(registry->uploads, in, "sha256", &upload));
	assert_ok(content_writer_write(upload->writer, text, strlen(text)));
	return upload;
}

static size_t files_in(const struct bench *bench, const char *name)
{
	autofree char *path = format("%s/%s", bench->path, name);
	DIR *folder = opendir(path);
	size_t count = 0;

	for (struct dirent *entry; folder && (entry = readdir(folder));)
		count += *entry->d_name != '.';
	if (folder)
		closedir(folder);
	return count;
}

static bool is_there(struct registry *registry, const struct digest *digest)
{
	autoerror missing = content_stat(registry->content, digest, NULL);

	return !missing;
}

/* -- section 4.3: uploads -- */

static void one_request_at_a_time(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	struct registry_upload *upload, *second;
	int64_t a = repository(registry, "a"), b = repository(registry, "b");
	uint64_t size = 7;

	upload = start(registry, a, "half ");
	assert_code(registry_upload_take(registry->uploads, a, upload->id, &second),
		    distribution_upload_busy);
	registry_upload_leave(registry->uploads, upload);
	assert_code(registry_upload_take(registry->uploads, b, upload->id, &second),
		    distribution_upload_unknown);
	assert_code(registry_upload_take(registry->uploads, a, "nobody", &second),
		    distribution_upload_unknown);
	assert_ok(registry_upload_take(registry->uploads, a, upload->id, &second));
	assert_ptr_equal(second, upload);
	assert_true(upload->busy);
	assert_code(registry_upload_take(registry->uploads, a, upload->id, &second),
		    distribution_upload_busy);
	assert_ok(content_writer_write(upload->writer, "and", 3));
	registry_upload_leave(registry->uploads, upload);
	assert_ok(registry_upload_size(registry->uploads, a, upload->id, &size));
	assert_int_equal(size, 8);
	assert_int_equal(registry_uploads_bytes(registry->uploads), 8);
}

/* Of a hundred that are begun and have nothing, none keeps a file open. */
static void one_without_bytes_costs_nothing(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a");
	struct registry_upload *upload = start(registry, a, ""), *with = start(registry, a, "x");
	size_t before = count_open();

	registry_upload_leave(registry->uploads, upload);
	assert_int_equal(count_open(), before - 1);
	assert_null(upload->writer);
	registry_upload_leave(registry->uploads, with);
	assert_int_equal(count_open(), before - 1);
	assert_non_null(with->writer);
	assert_ok(registry_upload_take(registry->uploads, a, upload->id, &upload));
	assert_non_null(upload->writer);
	assert_int_equal(upload->size, 0);
	registry_upload_drop(registry->uploads, upload);
}

static void an_upload_lives_through_a_restart(void **state)
{
	struct bench *bench = *state;
	int64_t a = repository(bench->registry, "a");
	struct registry_upload *upload = start(bench->registry, a, "half ");
	char id[UPLOAD_ID_LENGTH + 1];
	struct digest digest;

	digest_of("half and half", 13, &digest);
	strcpy(id, upload->id);
	registry_upload_leave(bench->registry->uploads, upload);
	reopen_bench(bench);
	assert_int_equal(registry_uploads_count(bench->registry->uploads), 1);
	assert_int_equal(registry_uploads_bytes(bench->registry->uploads), 5);
	assert_code(registry_upload_take(bench->registry->uploads, a + 1, id, &upload),
		    distribution_upload_unknown);
	assert_ok(registry_upload_take(bench->registry->uploads, a, id, &upload));
	assert_int_equal(upload->size, 5);
	assert_string_equal(upload->algorithm, "sha256");
	assert_ok(content_writer_write(upload->writer, "and half", 8));
	assert_ok(content_writer_seal(upload->writer, &digest, 13));
	registry_upload_drop(bench->registry->uploads, upload);
	assert_int_equal(files_in(bench, "ingest"), 0);
}

#define ID "01234567-89ab-4def-8123-456789abcdef"

static void what_is_no_upload_is_removed(void **state)
{
	static const char *const names[] = {
		"x",
		ID,
		ID ".",
		ID ".sha256",
		ID ".sha256.",
		ID ".sha256.x",
		ID ".sha256.-1",
		ID ".sha256.1x",
		ID ".sha256.9223372036854775808",
		ID ".md5.1",
		ID "..1",
		ID ".sha256.sha256.1",
		ID "x.sha256.1",
		ID "-sha256.1",
		"01234567-89AB-4def-8123-456789abcdef.sha256.1",
		"0123456-789ab-4def-8123-456789abcdef.sha256.1",
	};
	struct bench *bench = *state;
	autofree char *path = format("%s/ingest", bench->path);
	autoclose int folder = -1;
	struct registry_upload *upload;

	assert_ok(directory_open(AT_FDCWD, path, &folder));
	for (size_t i = 0; i < countof(names); i++)
		put_file(folder, names[i], "half");
	put_file(folder, ID ".sha512.0", "half");
	put_file(folder, "11234567-89ab-4def-8123-456789abcdef.sha256.9223372036854775807", "hal");
	reopen_bench(bench);
	for (size_t i = 0; i < countof(names); i++)
		if (has_name(folder, names[i]))
			fail_msg("'%s' is taken for an upload", names[i]);
	assert_int_equal(registry_uploads_count(bench->registry->uploads), 2);
	assert_int_equal(registry_uploads_bytes(bench->registry->uploads), 7);
	assert_ok(registry_upload_take(bench->registry->uploads, 0, ID, &upload));
	assert_string_equal(upload->algorithm, "sha512");
	registry_upload_leave(bench->registry->uploads, upload);
	assert_ok(registry_upload_take(bench->registry->uploads, INT64_MAX,
				       "11234567-89ab-4def-8123-456789abcdef", &upload));
	registry_upload_leave(bench->registry->uploads, upload);
	/* Its file is gone: an error, and the upload is nobody's. */
	assert_int_equal(unlinkat(folder, ID ".sha512.0", 0), 0);
	reopen_bench(bench);
	put_file(folder, ID ".sha512.0", "half");
	reopen_bench(bench);
	assert_int_equal(unlinkat(folder, ID ".sha512.0", 0), 0);
	assert_error(registry_upload_take(bench->registry->uploads, 0, ID, &upload),
		     ERROR_NOT_FOUND, "");
	assert_error(registry_upload_take(bench->registry->uploads, 0, ID, &upload),
		     ERROR_NOT_FOUND, "");
}

static void who_went_away_is_dropped(void **state)
{
	struct bench *bench = *state;
	struct registry_uploads *uploads = bench->registry->uploads;
	int64_t a = repository(bench->registry, "a");
	struct registry_upload *busy = start(bench->registry, a, "x"),
			       *left = start(bench->registry, a, "y"),
			       *later = start(bench->registry, a, "z");

	registry_upload_leave(uploads, left);
	registry_upload_leave(uploads, later);
	left->used = 1000;
	later->used = 2000;
	busy->used = 500;
	assert_int_equal(registry_uploads_expire(uploads, 1000), 0);
	assert_int_equal(registry_uploads_count(uploads), 3);
	assert_int_equal(registry_uploads_expire(uploads, 1001), 1);
	assert_int_equal(registry_uploads_count(uploads), 2);
	assert_int_equal(files_in(bench, "ingest"), 2);
	registry_upload_leave(uploads, busy);
	assert_true(busy->used >= time(NULL) - 5);
	assert_int_equal(registry_uploads_expire(uploads, 2001), 1);
	assert_int_equal(registry_uploads_count(uploads), 1);
	assert_int_equal(registry_uploads_expire(uploads, time(NULL) + 10), 1);
	assert_int_equal(files_in(bench, "ingest"), 0);
}

/* -- section 4.4: publishing -- */

static void what_is_another_thing_gets_no_name(void **state)
{
	struct bench *bench = *state;
	struct registry *registry = bench->registry;
	int64_t a = repository(registry, "a"), size;
	struct registry_upload *upload = start(registry, a, "other thing");
	struct digest promised, real;

	digest_of("promised", 8, &promised);
	digest_of("other thing", 11, &real);
	assert_code(registry_publish(registry, a, upload->writer, &promised),
		    distribution_digest_invalid);
	registry_upload_drop(registry->uploads, upload);
	assert_false(is_there(registry, &promised));
	assert_false(is_there(registry, &real));
	assert_code(registry_store_find_blob(registry->store, "a", &promised, &size, NULL),
		    distribution_blob_unknown);
	assert_int_equal(atomic_load(&registry->stored), 0);
	assert_int_equal(files_in(bench, "ingest"), 0);
	/* Bytes that cannot get their name have no record either. */
	autofree char *ingest = format("%s/ingest", bench->path);
	upload = start(registry, a, "promised");
	assert_ok(tree_remove(AT_FDCWD, ingest));
	struct error *e = registry_publish(registry, a, upload->writer, &promised);
	if (!e)
		fail_msg("bytes that have no name are published");
	error_free(e);
	assert_code(registry_store_find_blob(registry->store, "a", &promised, &size, NULL),
		    distribution_blob_unknown);
}

static void bytes_are_counted_once(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), b = repository(registry, "b"), size = 0;
	struct digest digest;

	push_blob(registry, a, "hello", &digest);
	assert_int_equal(atomic_load(&registry->stored), 5);
	push_blob(registry, b, "hello", &digest);
	push_blob(registry, a, "hello", &digest);
	assert_int_equal(atomic_load(&registry->stored), 5);
	assert_ok(registry_store_find_blob(registry->store, "b", &digest, &size, NULL));
	assert_int_equal(size, 5);
	assert_true(is_there(registry, &digest));
}

static void a_blob_is_mounted_from_who_has_it(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), b = repository(registry, "b"), size = 0;
	struct digest digest;

	push_blob(registry, a, "hello", &digest);
	assert_code(registry_mount(registry, b, "b", &digest), distribution_blob_unknown);
	assert_code(registry_mount(registry, b, "c", &digest), distribution_name_unknown);
	assert_code(registry_store_find_blob(registry->store, "b", &digest, &size, NULL),
		    distribution_blob_unknown);
	assert_ok(registry_mount(registry, b, "a", &digest));
	assert_ok(registry_store_find_blob(registry->store, "b", &digest, &size, NULL));
	assert_int_equal(size, 5);
}

static void bytes_go_with_their_last_record(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), b = repository(registry, "b");
	struct digest digest, never;

	digest_of("never", 5, &never);
	push_blob(registry, a, "hello", &digest);
	assert_ok(registry_mount(registry, b, "a", &digest));
	assert_ok(registry_release(registry, &digest));
	assert_ok(registry_store_remove_blob(registry->store, "a", &digest));
	assert_ok(registry_release(registry, &digest));
	assert_true(is_there(registry, &digest));
	assert_ok(registry_store_remove_blob(registry->store, "b", &digest));
	assert_ok(registry_release(registry, &never));
	assert_int_equal(atomic_load(&registry->stored), 5);
	assert_ok(registry_release(registry, &digest));
	assert_false(is_there(registry, &digest));
	assert_int_equal(atomic_load(&registry->stored), 0);
	assert_ok(registry_release(registry, &digest));
	assert_int_equal(atomic_load(&registry->stored), 0);
}

/* -- a thread that has to wait, or not -- */

struct attempt {
	struct registry *registry;
	int64_t repository;
	struct registry_upload *upload; /* NULL: it mounts from "a" */
	struct digest digest;
	bool release;
	atomic_bool done;
	struct error *e;
};

static void *attempt_main(void *context)
{
	struct attempt *attempt = context;
	struct registry *registry = attempt->registry;

	if (attempt->release)
		attempt->e = registry_release(registry, &attempt->digest);
	else if (attempt->upload)
		attempt->e = registry_publish(registry, attempt->repository,
					      attempt->upload->writer, &attempt->digest);
	else
		attempt->e = registry_mount(registry, attempt->repository, "a", &attempt->digest);
	atomic_store(&attempt->done, true);
	return NULL;
}

/* Whether it ends while this thread holds the lock. The lock is free again when this returns. */
static bool ends_beside(struct attempt *attempt)
{
	pthread_t thread;
	bool ended = false;

	assert_int_equal(pthread_create(&thread, NULL, attempt_main, attempt), 0);
	for (int i = 0; i < 30 && !ended; i++) {
		usleep(10000);
		ended = atomic_load(&attempt->done);
	}
	pthread_rwlock_unlock(&attempt->registry->publishing);
	pthread_join(thread, NULL);
	assert_ok(attempt->e);
	return ended;
}

static void who_publishes_keeps_the_collector_out(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), b = repository(registry, "b");
	struct digest digest;

	push_blob(registry, a, "hello", &digest);
	for (int kind = 0; kind < 2; kind++)
		for (int exclusive = 0; exclusive < 2; exclusive++) {
			struct attempt attempt = {
				.registry = registry, .repository = b, .digest = digest};

			if (kind == 0)
				attempt.upload = start(registry, b, "hello");
			if (exclusive)
				pthread_rwlock_wrlock(&registry->publishing);
			else
				pthread_rwlock_rdlock(&registry->publishing);
			if (ends_beside(&attempt) == exclusive)
				fail_msg("%s, while another thread %s", kind ? "a mount" : "a push",
					 exclusive ? "removes, does not wait"
						   : "pushes, waits for it");
			if (attempt.upload)
				registry_upload_drop(registry->uploads, attempt.upload);
		}
	struct attempt release = {.registry = registry, .digest = digest, .release = true};
	pthread_rwlock_rdlock(&registry->publishing);
	if (ends_beside(&release))
		fail_msg("a blob is released while another thread pushes");
}

/* -- section 4.4: manifests -- */

struct needs {
	struct digest digest;
	bool manifest, optional;
};

static struct error *put(struct registry *registry, int64_t in, const char *text,
			 const struct needs *needs, size_t count, const char *subject,
			 const char *tag, struct digest *digest)
{
	struct registry_edge edges[4];
	struct registry_manifest manifest = {
		.media_type = (char *)"x/y",
		.size = (int64_t)strlen(text),
		.subject = (char *)subject,
		.artifact_type = (char *)"x/z",
		.annotations = (char *)"{\"a\":\"b\"}",
		.edges = edges,
		.edge_count = count,
	};
	autowords tags = {0};

	for (size_t i = 0; i < count; i++)
		edges[i] = (struct registry_edge){needs[i].digest, needs[i].manifest,
						  needs[i].optional};
	if (tag) {
		words_append(&tags, tag);
		words_append(&tags, "also");
	}
	assert_ok(content_put(registry->content, text, strlen(text), &manifest.digest));
	*digest = manifest.digest;
	return registry_store_put_manifest(registry->store, in, &manifest, &tags);
}

static void assert_tag(struct registry *registry, const char *tag, const struct digest *digest)
{
	auto_registry_manifest found = {0};

	assert_ok(registry_store_find_manifest(registry->store, "a", tag, &found));
	assert_true(digest_equal(&found.digest, digest));
	assert_string_equal(found.media_type, "x/y");
	assert_string_equal(found.artifact_type, "x/z");
	assert_string_equal(found.annotations, "{\"a\":\"b\"}");
}

static void a_manifest_is_there_with_all_it_needs(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), b = repository(registry, "b");
	auto_registry_manifest found = {0};
	struct digest blob, other, inner, outer, elsewhere, manifest;

	push_blob(registry, a, "hello", &blob);
	push_blob(registry, b, "not here", &elsewhere);
	digest_of("nobody", 6, &other);
	/* What was written before the fault is found is gone with it. */
	const struct needs lacking[] = {{blob, false, false}, {elsewhere, false, false}};
	assert_code(put(registry, a, "lacking", lacking, 2, NULL, "1", &manifest),
		    distribution_manifest_blob_unknown);
	assert_code(registry_store_find_manifest(registry->store, "a", "1", &found),
		    distribution_manifest_unknown);
	assert_code(registry_store_find_manifest(registry->store, "a", manifest.text, &found),
		    distribution_manifest_unknown);
	const struct needs optional[] = {{blob, false, false}, {other, false, true}};
	assert_ok(put(registry, a, "inner", optional, 2, NULL, "1", &inner));
	assert_tag(registry, "1", &inner);
	assert_tag(registry, "also", &inner);
	/* A blob is no manifest, and a manifest no blob. */
	const struct needs no_manifest[] = {{blob, true, false}};
	assert_code(put(registry, a, "wrong", no_manifest, 1, NULL, "2", &manifest),
		    distribution_manifest_blob_unknown);
	const struct needs no_blob[] = {{inner, false, false}};
	assert_code(put(registry, a, "wrong too", no_blob, 1, NULL, "2", &manifest),
		    distribution_manifest_blob_unknown);
	const struct needs index[] = {{inner, true, false}};
	assert_code(put(registry, b, "outer", index, 1, NULL, "2", &outer),
		    distribution_manifest_blob_unknown);
	assert_ok(put(registry, a, "outer", index, 1, NULL, "1", &outer));
	assert_tag(registry, "1", &outer);
	assert_tag(registry, inner.text, &inner);
}

/* -- section 4.10: garbage -- */

static int64_t expire_before(struct registry *registry, int64_t before, bool untagged,
			     int64_t *manifests)
{
	int64_t blobs = 7;

	*manifests = 7;
	assert_ok(registry_store_expire(registry->store, before, untagged, &blobs, manifests));
	return blobs;
}

static void a_blob_that_nobody_wants_goes(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), size, manifests, now = time(NULL);
	struct digest digest;

	digest_of("hello", 5, &digest);
	assert_ok(registry_store_add_blob(registry->store, a, &digest, 5));
	assert_ok(registry_store_find_blob(registry->store, "a", &digest, &size, NULL));
	assert_int_equal(expire_before(registry, now - 100, true, &manifests), 0);
	assert_int_equal(manifests, 0);
	assert_ok(registry_store_find_blob(registry->store, "a", &digest, &size, NULL));
	assert_int_equal(expire_before(registry, now + 100, false, &manifests), 1);
	assert_int_equal(manifests, 0);
	assert_code(registry_store_find_blob(registry->store, "a", &digest, &size, NULL),
		    distribution_blob_unknown);
	assert_int_equal(expire_before(registry, now + 100, false, &manifests), 0);
}

static void what_leads_to_what_goes_with_it(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	int64_t a = repository(registry, "a"), manifests, later = time(NULL) + 100;
	struct digest needed, loose, tagged, inner, middle, outer, referrer;

	push_blob(registry, a, "needed", &needed);
	push_blob(registry, a, "loose", &loose);
	const struct needs one[] = {{needed, false, false}}, two[] = {{loose, false, false}};
	assert_ok(put(registry, a, "tagged", one, 1, NULL, "1", &tagged));
	assert_ok(put(registry, a, "inner", two, 1, NULL, NULL, &inner));
	const struct needs three[] = {{inner, true, false}};
	assert_ok(put(registry, a, "middle", three, 1, NULL, NULL, &middle));
	const struct needs four[] = {{middle, true, false}};
	assert_ok(put(registry, a, "outer", four, 1, NULL, NULL, &outer));
	assert_ok(put(registry, a, "referrer", NULL, 0, tagged.text, NULL, &referrer));
	assert_int_equal(expire_before(registry, later, false, &manifests), 0);
	assert_int_equal(manifests, 0);
	assert_int_equal(expire_before(registry, later - 200, true, &manifests), 0);
	assert_int_equal(manifests, 0);
	assert_int_equal(expire_before(registry, later, true, &manifests), 1);
	assert_int_equal(manifests, 3);
	assert_tag(registry, "1", &tagged);
	assert_tag(registry, referrer.text, &referrer);
}

static void what_nobody_has_is_removed(void **state)
{
	static const struct registry_collect_options later = {.grace = 100,
							      .upload_timeout = 100,
							      .untagged = true},
						     now = {.grace = -10, .upload_timeout = 100};
	struct bench *bench = *state;
	struct registry *registry = bench->registry;
	int64_t a = repository(registry, "a");
	struct registry_collected done = {7, 7, 7, 7};
	struct digest kept, loose, forgotten, manifest;
	struct registry_upload *old = start(registry, a, "old"), *fresh = start(registry, a, "new");

	push_blob(registry, a, "kept", &kept);
	push_blob(registry, a, "nobody's", &loose);
	const struct needs needs[] = {{kept, false, false}};
	assert_ok(put(registry, a, "manifest", needs, 1, NULL, "1", &manifest));
	assert_ok(content_put(registry->content, "no record", 9, &forgotten));
	atomic_fetch_add(&registry->stored, 17);
	registry_upload_leave(registry->uploads, old);
	registry_upload_leave(registry->uploads, fresh);
	old->used = time(NULL) - 200;
	assert_ok(registry_collect(registry, &later, &done));
	assert_int_equal(done.uploads, 1);
	assert_int_equal(done.blobs, 0);
	assert_int_equal(done.manifests, 0);
	assert_int_equal(done.bytes, 9);
	assert_false(is_there(registry, &forgotten));
	assert_true(is_there(registry, &loose));
	assert_int_equal(files_in(bench, "ingest"), 1);
	assert_ok(registry_collect(registry, &now, &done));
	assert_int_equal(done.uploads, 0);
	assert_int_equal(done.blobs, 1);
	assert_int_equal(done.bytes, 8);
	assert_false(is_there(registry, &loose));
	assert_true(is_there(registry, &kept));
	assert_true(is_there(registry, &manifest));
	assert_tag(registry, "1", &manifest);
}

#define with_bench(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		with_bench(one_request_at_a_time),
		with_bench(one_without_bytes_costs_nothing),
		with_bench(an_upload_lives_through_a_restart),
		with_bench(what_is_no_upload_is_removed),
		with_bench(who_went_away_is_dropped),
		with_bench(what_is_another_thing_gets_no_name),
		with_bench(bytes_are_counted_once),
		with_bench(a_blob_is_mounted_from_who_has_it),
		with_bench(bytes_go_with_their_last_record),
		with_bench(who_publishes_keeps_the_collector_out),
		with_bench(a_manifest_is_there_with_all_it_needs),
		with_bench(a_blob_that_nobody_wants_goes),
		with_bench(what_leads_to_what_goes_with_it),
		with_bench(what_nobody_has_is_removed),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
