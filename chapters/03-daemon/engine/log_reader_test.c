#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "container_life.h"
#include "engine.h"
#include "file.h"
#include "gzip.h"
#include "json.h"
#include "log_file.h"
#include "log_reader.h"
#include "memory.h"

#define ID "0123456789012345678901234567890123456789012345678901234567890123"

/* A container with nothing but a folder: that is all the reader knows of it. */
struct place {
	char path[64];
	struct engine engine;
	struct container *container;
	int folder;
	struct buffer seen; /* guarded by lock in the tests that follow */
	pthread_mutex_t lock;
};

static int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->path, "/tmp/mini-log-test-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	pthread_mutex_init(&place->lock, NULL);
	pthread_mutex_init(&place->engine.lock, NULL);
	assert_null(directory_open(AT_FDCWD, place->path, &place->engine.data_root));
	place->container = container_new(&place->engine, ID,
					 json_pack("{s:s, s:{s:s}}", "Name", "/x", "State",
						   "Status", "exited"));
	assert_null(container_open_data(place->container, &place->folder));
	*state = place;
	return 0;
}

static int drop_place(void **state)
{
	struct place *place = *state;

	container_release(place->container);
	close(place->folder);
	close(place->engine.data_root);
	assert_null(tree_remove(AT_FDCWD, place->path));
	buffer_finish(&place->seen);
	free(place);
	return 0;
}

/* Lines "first" to "last" - 1, the even ones of stdout; second N of 1970-01-01T00:00. */
static void append_lines(struct place *place, const char *suffix, int first, int last)
{
	autofree char *name = format(ID "-json.log%s", suffix);
	autoclose int fd = openat(place->folder, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
	autobuffer text = {0};

	for (int i = first; i < last; i++)
		buffer_printf(&text,
			      "{\"log\":\"%d\\n\",\"stream\":\"%s\",\"time\":"
			      "\"1970-01-01T00:%02d:%02d.5Z\"}\n",
			      i, i % 2 ? "stderr" : "stdout", i / 60, i % 60);
	assert_null(file_write_fd(fd, "log", text.data, text.length));
}

static fallible collect(void *context, const struct log_message *message)
{
	struct place *place = context;

	pthread_mutex_lock(&place->lock);
	buffer_append(&place->seen, message->text, message->length - 1);
	buffer_append_string(&place->seen, message->is_stderr ? "e " : "o ");
	pthread_mutex_unlock(&place->lock);
	return NULL;
}

static fallible read_into(struct place *place, const struct log_options *options)
{
	const struct log_receiver receiver = {.write = collect, .context = place};

	place->seen.length = 0;
	return log_read(place->container, options, &receiver);
}

static void assert_read(struct place *place, struct log_options options, const char *expected)
{
	assert_null(read_into(place, &options));
	buffer_append(&place->seen, "", 1);
	assert_string_equal(place->seen.data, expected);
}

#define BOTH .stdout = true, .stderr = true

static void streams_are_chosen(void **state)
{
	append_lines(*state, "", 0, 4);
	assert_read(*state, (struct log_options){BOTH, .tail = -1}, "0o 1e 2o 3e ");
	assert_read(*state, (struct log_options){.stdout = true, .tail = -1}, "0o 2o ");
	assert_read(*state, (struct log_options){.stderr = true, .tail = -1}, "1e 3e ");
}

static void no_file_is_an_empty_log(void **state)
{
	assert_read(*state, (struct log_options){BOTH, .tail = -1}, "");
	assert_read(*state, (struct log_options){BOTH, .tail = 5}, "");
}

static void tail_counts_from_the_end(void **state)
{
	append_lines(*state, "", 0, 5);
	assert_read(*state, (struct log_options){BOTH, .tail = 0}, "");
	assert_read(*state, (struct log_options){BOTH, .tail = 1}, "4o ");
	assert_read(*state, (struct log_options){BOTH, .tail = 3}, "2o 3e 4o ");
	assert_read(*state, (struct log_options){BOTH, .tail = 5}, "0o 1e 2o 3e 4o ");
	assert_read(*state, (struct log_options){BOTH, .tail = 50}, "0o 1e 2o 3e 4o ");
}

static void tail_works_over_blocks(void **state)
{
	append_lines(*state, "", 0, 3000);
	assert_read(*state, (struct log_options){BOTH, .tail = 2}, "2998o 2999e ");
	struct place *place = *state;
	struct log_options options = {BOTH, .tail = 2500};
	assert_null(read_into(place, &options));
	assert_memory_equal(place->seen.data, "500o 501e ", 10);
}

static void rotated_files_are_one_log(void **state)
{
	append_lines(*state, ".2", 0, 2);
	append_lines(*state, ".1", 2, 4);
	append_lines(*state, "", 4, 6);
	assert_read(*state, (struct log_options){BOTH, .tail = -1}, "0o 1e 2o 3e 4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 1}, "5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 2}, "4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 3}, "3e 4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 5}, "1e 2o 3e 4o 5e ");
}

static void compress(struct place *place, const char *suffix)
{
	autofree char *plain = format(ID "-json.log%s", suffix), *packed = format("%s.gz", plain);
	autoclose int from = openat(place->folder, plain, O_RDONLY | O_CLOEXEC);
	autoclose int to = openat(place->folder, packed, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_null(gzip_file(from, to, log_file_number(from)));
	assert_int_equal(unlinkat(place->folder, plain, 0), 0);
}

static void compressed_files_are_read_too(void **state)
{
	append_lines(*state, ".2", 0, 2);
	append_lines(*state, ".1", 2, 4);
	append_lines(*state, "", 4, 6);
	compress(*state, ".2");
	compress(*state, ".1");
	assert_read(*state, (struct log_options){BOTH, .tail = -1}, "0o 1e 2o 3e 4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 2}, "4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 3}, "3e 4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 5}, "1e 2o 3e 4o 5e ");
	assert_read(*state, (struct log_options){BOTH, .tail = 50}, "0o 1e 2o 3e 4o 5e ");
}

static void since_and_until_bound_the_time(void **state)
{
	append_lines(*state, "", 0, 10);
	struct log_options options = {BOTH, .tail = -1, .since = {3, 0}, .until = {6, 0}};
	assert_read(*state, options, "3e 4o 5e ");
	options.since = (struct timespec){3, 600000000};
	assert_read(*state, options, "4o 5e ");
}

static void what_is_no_line_is_passed_over(void **state)
{
	struct place *place = *state;
	static const char odd[] = "{\"log\":\"half\n\0\0\n[]\n{}\n";
	autoclose int fd =
		openat(place->folder, ID "-json.log", O_WRONLY | O_CREAT | O_APPEND, 0600);

	append_lines(place, "", 0, 1);
	assert_null(file_write_fd(fd, "log", odd, sizeof(odd) - 1));
	append_lines(place, "", 1, 2);
	assert_null(file_write_fd(fd, "log", "{\"log\":\"unfinished\\n\"", 21));
	assert_read(place, (struct log_options){BOTH, .tail = -1}, "0o 1e ");
}

static void *follow(void *context)
{
	struct place *place = context;
	struct log_options options = {BOTH, .tail = 1, .follow = true};

	return read_into(place, &options);
}

static void await_seen(struct place *place, const char *expected)
{
	bool same = false;

	for (int i = 0; i < 500 && !same; i++) {
		pthread_mutex_lock(&place->lock);
		same = place->seen.length == strlen(expected) &&
		       memcmp(place->seen.data, expected, place->seen.length) == 0;
		pthread_mutex_unlock(&place->lock);
		usleep(10000);
	}
	if (!same)
		fail_msg("saw %s", place->seen.data ? place->seen.data : "nothing");
}

static void set_state(struct place *place, enum container_state state)
{
	container_lock(place->container);
	place->container->state = state;
	container_unlock(place->container);
}

static void following_sees_what_comes_also_after_a_rotation(void **state)
{
	struct place *place = *state;
	pthread_t thread;
	void *result;

	append_lines(place, "", 0, 2);
	set_state(place, CONTAINER_RUNNING);
	assert_int_equal(pthread_create(&thread, NULL, follow, place), 0);
	await_seen(place, "1e ");
	append_lines(place, "", 2, 4);
	await_seen(place, "1e 2o 3e ");
	assert_int_equal(renameat(place->folder, ID "-json.log", place->folder, ID "-json.log.1"),
			 0);
	append_lines(place, "", 4, 5);
	await_seen(place, "1e 2o 3e 4o ");
	append_lines(place, "", 5, 6);
	set_state(place, CONTAINER_EXITED);
	pthread_join(thread, &result);
	assert_null(result);
	await_seen(place, "1e 2o 3e 4o 5e ");
}

static void rename_log(struct place *place, const char *from, const char *to)
{
	autofree char *old = format(ID "-json.log%s", from), *new = format(ID "-json.log%s", to);

	assert_int_equal(renameat(place->folder, old, place->folder, new), 0);
}

/* A reader that sleeps while the writer rotates three times, and compresses, misses nothing. */
static void following_catches_up_over_several_rotations(void **state)
{
	struct place *place = *state;
	pthread_t thread;
	void *result;

	append_lines(place, "", 0, 1);
	set_state(place, CONTAINER_RUNNING);
	pthread_mutex_lock(&place->lock); /* the reader waits in collect() */
	assert_int_equal(pthread_create(&thread, NULL, follow, place), 0);
	usleep(100000);
	rename_log(place, "", ".3");
	append_lines(place, ".2", 1, 3);
	append_lines(place, ".1", 3, 5);
	append_lines(place, "", 5, 6);
	compress(place, ".3");
	compress(place, ".2");
	pthread_mutex_unlock(&place->lock);
	await_seen(place, "0o 1e 2o 3e 4o 5e ");
	set_state(place, CONTAINER_EXITED);
	pthread_join(thread, &result);
	assert_null(result);
}

/* What is written while a log is read is not part of what was asked for. */
static fallible append_more(void *context, const struct log_message *message)
{
	struct place *place = context;

	append_lines(place, "", 7, 8);
	return collect(context, message);
}

static void without_follow_it_ends_where_it_ended(void **state)
{
	struct place *place = *state;
	struct log_options options = {BOTH, .tail = -1};
	const struct log_receiver receiver = {.write = append_more, .context = place};

	append_lines(place, "", 0, 3);
	assert_null(log_read(place->container, &options, &receiver));
	assert_int_equal(place->seen.length, strlen("0o 1e 2o "));
}

static bool has_left(void *context)
{
	(void)context;
	return true;
}

static void following_ends_when_the_client_leaves(void **state)
{
	struct place *place = *state;
	struct log_options options = {BOTH, .tail = -1, .follow = true};

	set_state(place, CONTAINER_RUNNING);
	const struct log_receiver receiver = {.write = collect, .gone = has_left, .context = place};
	autoerror e = log_read(place->container, &options, &receiver);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
}

static fallible refuse(void *context, const struct log_message *message)
{
	(void)context;
	(void)message;
	return error_new(ERROR_UNAVAILABLE, "no more");
}

static void an_error_of_the_writer_ends_it(void **state)
{
	struct place *place = *state;
	struct log_options options = {BOTH, .tail = -1};

	append_lines(place, "", 0, 3);
	const struct log_receiver receiver = {.write = refuse, .context = place};
	autoerror e = log_read(place->container, &options, &receiver);
	assert_non_null(e);
	assert_string_equal(e->message, "no more");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(streams_are_chosen),
		TEST(no_file_is_an_empty_log),
		TEST(tail_counts_from_the_end),
		TEST(tail_works_over_blocks),
		TEST(rotated_files_are_one_log),
		TEST(since_and_until_bound_the_time),
		TEST(what_is_no_line_is_passed_over),
		TEST(compressed_files_are_read_too),
		TEST(following_catches_up_over_several_rotations),
		TEST(without_follow_it_ends_where_it_ended),
		TEST(following_sees_what_comes_also_after_a_rotation),
		TEST(following_ends_when_the_client_leaves),
		TEST(an_error_of_the_writer_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
