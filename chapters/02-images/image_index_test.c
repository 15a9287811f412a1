#include "image_index.h"

#include "image_store_test.h"

#define ONE   "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define OTHER "sha256:2222222222222222222222222222222222222222222222222222222222222222"

static json_t *target(const char *digest)
{
	return json_pack("{s:s, s:s, s:i, s:{s:s}}", "mediaType", MEDIA_MANIFEST, "digest", digest,
			 "size", 1, "annotations", "note", "kept");
}

static void set(json_t *index, const char *digest, const char *name)
{
	autojson *descriptor = target(digest);
	autoreference ref = {0};

	if (name)
		assert_ok(reference_parse(name, &ref));
	image_index_set(index, descriptor, name ? &ref : NULL);
}

/* "1=docker.io/library/a:1 2=-": the entries in their order. */
static void assert_entries(const json_t *index, const char *expected)
{
	autobuffer text = {0};
	json_t *entry;
	size_t i;

	buffer_append(&text, "", 0);
	json_array_foreach (image_index_entries(index), i, entry) {
		autofree char *name = image_index_name(entry);

		buffer_printf(&text, "%s%c=%s", i ? " " : "",
			      json_string_at(entry, "digest", NULL)[7], name ? name : "-");
	}
	assert_string_equal(text.data ? text.data : "", expected);
}

static void names_move_and_nothing_is_lost(void **state)
{
	struct place *place = *state;
	autojson *index = NULL;

	assert_ok(image_index_read(place->fd, &index)); /* no file: no entries */
	assert_entries(index, "");
	set(index, ONE, NULL);
	set(index, ONE, NULL);
	assert_entries(index, "1=-");
	set(index, ONE, "a:1");
	assert_entries(index, "1=docker.io/library/a:1");
	set(index, OTHER, "a:1"); /* it was its last one */
	assert_entries(index, "1=- 2=docker.io/library/a:1");
	set(index, OTHER, "b:1");
	set(index, ONE, "b:1");
	assert_entries(index, "2=docker.io/library/a:1 1=docker.io/library/b:1");
	image_index_drop(index, "docker.io/library/a:1");
	assert_entries(index, "1=docker.io/library/b:1");
	assert_non_null(image_index_find(index, "docker.io/library/b:1"));
	assert_null(image_index_find(index, "docker.io/library/a:1"));
}

static void a_target_is_the_entry_without_its_names(void **state)
{
	struct place *place = *state;
	autojson *index = NULL;
	autojson *before = target(ONE);

	assert_ok(image_index_read(place->fd, &index));
	set(index, ONE, "a:1");
	autojson *again = image_index_target(json_array_get(image_index_entries(index), 0));
	assert_true(json_equal(again, before));
	json_object_del(json_object_get(before, "annotations"), "note");
	autojson *bare = image_index_target(before);
	assert_null(json_object_get(bare, "annotations"));
}

static void when_a_name_was_given_stays_with_the_name(void **state)
{
	struct place *place = *state;
	autojson *index = NULL;
	autojson *made = target(ONE);
	autoreference a = {0}, b = {0};

	assert_ok(reference_parse("a:1", &a));
	assert_ok(reference_parse("b:1", &b));
	assert_ok(image_index_read(place->fd, &index));
	image_index_set_parent(made, OTHER);
	image_index_set_at(index, made, &a, (struct timespec){1700000000, 500000000});
	json_t *first = json_array_get(image_index_entries(index), 0);
	assert_int_equal(image_index_stamped(first).tv_sec, 1700000000);
	assert_int_equal(image_index_stamped(first).tv_nsec, 500000000);
	/* A further name of the target has a time of its own, and the same origin. */
	autojson *again = image_index_target(first);
	assert_true(json_equal(again, made));
	image_index_set_at(index, again, &b, (struct timespec){0});
	json_t *second = json_array_get(image_index_entries(index), 1);
	assert_int_equal(image_index_stamped(second).tv_sec, 0);
	assert_string_equal(image_index_parent(second), OTHER);
	set(index, ONE, "a:1"); /* brought along now */
	assert_int_equal(image_index_stamped(json_array_get(image_index_entries(index), 1)).tv_sec,
			 0);
}

static void names_of_other_tools_are_read(void **state)
{
	static const char *const names[][2] = {
		{"busybox", "docker.io/library/busybox:latest"},
		{"1.0", "docker.io/library/1.0:latest"},
		{"host:5000/x/y:tag", "host:5000/x/y:tag"},
		{"No Reference", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		autojson *entry = json_pack("{s:{s:s}}", "annotations",
					    "org.opencontainers.image.ref.name", names[i][0]);
		autofree char *name = image_index_name(entry);

		if (names[i][1])
			assert_string_equal(name, names[i][1]);
		else
			assert_null(name);
	}
}

static void it_is_written_whole_and_read_again(void **state)
{
	struct place *place = *state;
	autojson *index = NULL;
	autojson *again = NULL;

	assert_ok(image_index_read(place->fd, &index));
	set(index, ONE, "a:1");
	json_object_set_new(index, "foreign", json_string("kept"));
	assert_ok(image_index_write(place->fd, index, DURABLE));
	assert_ok(image_index_read(place->fd, &again));
	assert_true(json_equal(index, again));
	assert_ok(file_write_atomic(place->fd, "index.json", "[", 1, 0644, NOT_DURABLE));
	autojson *bad = NULL;
	assert_error(image_index_read(place->fd, &bad), ERROR_INVALID, "index.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(names_move_and_nothing_is_lost),
		in_place(a_target_is_the_entry_without_its_names),
		in_place(when_a_name_was_given_stays_with_the_name),
		cmocka_unit_test(names_of_other_tools_are_read),
		in_place(it_is_written_whole_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
