#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "store.h"

struct place {
	char folder[64], path[96];
};

static int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->folder, "/tmp/mini-store-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/engine.db", place->folder);
	*state = place;
	return 0;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	assert_null(tree_remove(AT_FDCWD, place->folder));
	free(place);
	return 0;
}

static struct error *put(struct store *store, const char *key, const char *value,
			 enum durability durability)
{
	struct store_change change = {STORE_PUT, "container", key, value};

	return store_apply(store, &change, 1, durability);
}

static void assert_value(struct store *store, const char *key, const char *expected)
{
	autofree char *value = NULL;

	assert_null(store_get(store, "container", key, &value));
	assert_string_equal(value, expected);
}

static void assert_missing(struct store *store, const char *key)
{
	char *value;
	autoerror e = store_get(store, "container", key, &value);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_NOT_FOUND);
	assert_null(value);
}

static void a_document_is_kept_and_replaced(void **state)
{
	struct place *place = *state;
	struct store *store;

	assert_null(store_open(place->path, &store));
	assert_missing(store, "a");
	assert_null(put(store, "a", "one", DURABLE));
	assert_null(put(store, "a", "two", NOT_DURABLE));
	assert_value(store, "a", "two");
	struct store_change remove = {STORE_DELETE, "container", "a", NULL};
	assert_null(store_apply(store, &remove, 1, DURABLE));
	assert_missing(store, "a");
	assert_null(store_apply(store, &remove, 1, DURABLE));
	store_close(store);
}

static void a_name_is_taken_once_and_all_or_nothing(void **state)
{
	struct place *place = *state;
	struct store *store;
	const struct store_change first[] = {
		{STORE_CREATE, "container-name", "/web", "1"},
		{STORE_CREATE, "container", "1", "{}"},
	};
	const struct store_change second[] = {
		{STORE_CREATE, "container", "2", "{}"},
		{STORE_CREATE, "container-name", "/web", "2"},
	};

	assert_null(store_open(place->path, &store));
	assert_null(store_apply(store, first, 2, DURABLE));
	autoerror e = store_apply(store, second, 2, DURABLE);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CONFLICT);
	assert_missing(store, "2");
	assert_value(store, "1", "{}");
	store_close(store);
}

static fallible join(void *context, const char *key, const char *value)
{
	char *text = context;

	snprintf(text + strlen(text), 64 - strlen(text), "%s=%s ", key, value);
	return strcmp(key, "stop") == 0 ? error_new(ERROR_INVALID, "stopped") : NULL;
}

static void each_comes_in_order_until_an_error(void **state)
{
	struct place *place = *state;
	struct store *store;
	char text[64] = "";

	assert_null(store_open(place->path, &store));
	assert_null(put(store, "b", "2", NOT_DURABLE));
	assert_null(put(store, "a", "1", NOT_DURABLE));
	struct store_change other = {STORE_PUT, "image", "a", "x"};
	assert_null(store_apply(store, &other, 1, NOT_DURABLE));
	assert_null(store_each(store, "container", join, text));
	assert_string_equal(text, "a=1 b=2 ");
	assert_null(put(store, "stop", "3", NOT_DURABLE));
	assert_null(put(store, "zero", "4", NOT_DURABLE));
	*text = '\0';
	autoerror e = store_each(store, "container", join, text);
	assert_non_null(e);
	assert_string_equal(text, "a=1 b=2 stop=3 ");
	store_close(store);
}

/* Written by a process that is killed without a chance to close anything. */
static void what_was_written_survives_kill_9(void **state)
{
	struct place *place = *state;
	pid_t child = fork();

	if (child == 0) {
		struct store *store;

		error_free(store_open(place->path, &store));
		for (int i = 0; i < 200; i++) {
			char value[16];

			snprintf(value, sizeof(value), "%d", i);
			error_free(put(store, "counter", value, NOT_DURABLE));
		}
		raise(SIGKILL);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	struct store *store;
	assert_null(store_open(place->path, &store));
	assert_value(store, "counter", "199");
	store_close(store);
}

static void overwrite(const char *path, off_t offset, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	autofree char *noise = allocate(length);

	memset(noise, 0xa5, length);
	assert_int_equal(pwrite(fd, noise, length, offset), length);
	close(fd);
}

static void a_damaged_database_is_told_and_left_alone(void **state)
{
	struct place *place = *state;
	autobuffer before = {0}, after = {0};
	struct store *store;

	overwrite(place->path, 0, 4096);
	assert_null(file_read(AT_FDCWD, place->path, 1 << 20, &before));
	autoerror e = store_open(place->path, &store);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CORRUPT);
	assert_non_null(strstr(e->message, place->path));
	assert_null(file_read(AT_FDCWD, place->path, 1 << 20, &after));
	assert_int_equal(before.length, after.length);
	assert_memory_equal(before.data, after.data, before.length);
}

static void damage_in_the_middle_is_found_when_opening(void **state)
{
	struct place *place = *state;
	struct store *store;
	char key[16];

	assert_null(store_open(place->path, &store));
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		assert_null(put(store, key, "0123456789012345678901234567890123456789", DURABLE));
	}
	store_close(store); /* the last connection moves the journal into the database */
	overwrite(place->path, 2 * 4096, 4096);
	autoerror e = store_open(place->path, &store);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_CORRUPT);
}

/* On a file system of its own, in a mount namespace of its own. */
static void a_full_disk_is_told_and_loses_nothing(void **state)
{
	struct place *place = *state;
	struct store *store;
	char key[32];
	struct error *e = NULL;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", place->folder, "tmpfs", 0, "size=1m") < 0)
		skip(); /* needs root */
	assert_null(store_open(place->path, &store));
	autofree char *value = allocate(8192);
	memset(value, 'x', 8191);
	assert_null(put(store, "first", "kept", NOT_DURABLE));
	for (int i = 0; i < 1000 && !e; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		e = put(store, key, value, i % 2 ? DURABLE : NOT_DURABLE);
	}
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_NO_SPACE);
	error_free(e);
	assert_value(store, "first", "kept");
	assert_missing(store, key);
	store_close(store);
	assert_int_equal(umount2(place->folder, MNT_DETACH), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_document_is_kept_and_replaced, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(a_name_is_taken_once_and_all_or_nothing, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(each_comes_in_order_until_an_error, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(what_was_written_survives_kill_9, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(a_damaged_database_is_told_and_left_alone,
						make_place, drop_place),
		cmocka_unit_test_setup_teardown(damage_in_the_middle_is_found_when_opening,
						make_place, drop_place),
		cmocka_unit_test_setup_teardown(a_full_disk_is_told_and_loses_nothing, make_place,
						drop_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
