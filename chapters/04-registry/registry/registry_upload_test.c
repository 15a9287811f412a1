#include "registry_upload.h"

#include "registry_test.h"

static void an_upload_survives_a_restart(void **state)
{
	struct bench *bench = *state;
	struct registry_upload *upload;
	char id[UPLOAD_ID_LENGTH + 1];
	struct digest digest;
	int64_t a, b, size;
	uint64_t so_far;

	digest_of("half and half", 13, &digest);
	assert_ok(registry_store_create(bench->registry->store, "a", &a));
	assert_ok(registry_store_create(bench->registry->store, "b", &b));
	assert_ok(registry_upload_start(bench->registry->uploads, a, "sha256", &upload));
	strcpy(id, upload->id);
	assert_ok(content_writer_write(upload->writer, "half ", 5));
	registry_upload_leave(bench->registry->uploads, upload);
	reopen_bench(bench);
	assert_ok(registry_upload_size(bench->registry->uploads, a, id, &so_far));
	assert_int_equal(so_far, 5);
	assert_code(registry_upload_take(bench->registry->uploads, b, id, &upload),
		    distribution_upload_unknown);
	assert_ok(registry_upload_take(bench->registry->uploads, a, id, &upload));
	assert_int_equal(upload->size, 5);
	assert_ok(content_writer_write(upload->writer, "and half", 8));
	assert_ok(registry_publish(bench->registry, a, upload->writer, &digest));
	registry_upload_drop(bench->registry->uploads, upload);
	assert_ok(registry_store_find_blob(bench->registry->store, "a", &digest, &size, NULL));
	assert_int_equal(size, 13);
	assert_int_equal(registry_uploads_count(bench->registry->uploads), 0);
}

static void one_request_at_a_time_works_on_it(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	struct registry_upload *upload, *second;
	int64_t a;

	assert_ok(registry_store_create(registry->store, "a", &a));
	assert_ok(registry_upload_start(registry->uploads, a, "sha256", &upload));
	assert_code(registry_upload_take(registry->uploads, a, upload->id, &second),
		    distribution_upload_busy);
	/* Nor is it too old while somebody works on it. */
	assert_int_equal(registry_uploads_expire(registry->uploads, time(NULL) + 10), 0);
	registry_upload_leave(registry->uploads, upload);
	assert_ok(registry_upload_take(registry->uploads, a, upload->id, &second));
	registry_upload_leave(registry->uploads, second);
	assert_int_equal(registry_uploads_expire(registry->uploads, time(NULL) + 10), 1);
	assert_int_equal(registry_uploads_count(registry->uploads), 0);
}

static void what_is_another_thing_is_refused(void **state)
{
	struct registry *registry = ((struct bench *)*state)->registry;
	struct registry_upload *upload;
	struct digest digest;
	int64_t a;

	digest_of("promised", 8, &digest);
	assert_ok(registry_store_create(registry->store, "a", &a));
	assert_code(registry_upload_start(registry->uploads, a, "md5", &upload),
		    distribution_digest_invalid);
	assert_ok(registry_upload_start(registry->uploads, a, "sha512", &upload));
	assert_ok(content_writer_write(upload->writer, "other", 5));
	assert_code(registry_publish(registry, a, upload->writer, &digest),
		    distribution_digest_invalid);
	registry_upload_drop(registry->uploads, upload);
	assert_error(content_stat(registry->content, &digest, NULL), ERROR_NOT_FOUND, "no blob");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_upload_survives_a_restart, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(one_request_at_a_time_works_on_it, open_bench,
						close_bench),
		cmocka_unit_test_setup_teardown(what_is_another_thing_is_refused, open_bench,
						close_bench),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
