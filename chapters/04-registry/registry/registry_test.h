/*
 * registry_test.h - what the tests of the registry share: a registry of their own in a folder
 */
#ifndef MINI_REGISTRY_TEST_H
#define MINI_REGISTRY_TEST_H

#include "distribution_error.h"
#include "images_test.h"
#include "registry.h"

struct bench {
	char path[64];
	struct registry *registry;
};

shared int open_bench(void **state)
{
	static const struct registry_limits none = {0};
	struct bench *bench = allocate(sizeof(*bench));

	strcpy(bench->path, "/tmp/mini-registry-test-XXXXXX");
	assert_non_null(mkdtemp(bench->path));
	assert_null(registry_open(bench->path, &none, &bench->registry));
	*state = bench;
	return 0;
}

shared int close_bench(void **state)
{
	struct bench *bench = *state;

	registry_close(bench->registry);
	assert_null(tree_remove(AT_FDCWD, bench->path));
	free(bench);
	return 0;
}

/* As after a restart. */
shared void reopen_bench(struct bench *bench)
{
	static const struct registry_limits none = {0};

	registry_close(bench->registry);
	bench->registry = NULL;
	assert_null(registry_open(bench->path, &none, &bench->registry));
}

#define assert_code(call, expected)                                                                \
	do {                                                                                       \
		autoerror e_ = (call);                                                             \
		assert_non_null(e_);                                                               \
		assert_ptr_equal(e_->code, &(expected));                                           \
	} while (0)

/* A whole blob, pushed. */
shared void push_blob(struct registry *registry, int64_t repository, const char *text,
		      struct digest *digest)
{
	struct registry_upload *upload;

	digest_of(text, strlen(text), digest);
	assert_null(registry_upload_start(registry->uploads, repository, "sha256", &upload));
	assert_null(content_writer_write(upload->writer, text, strlen(text)));
	assert_null(registry_publish(registry, repository, upload->writer, digest));
	registry_upload_drop(registry->uploads, upload);
}

#endif
