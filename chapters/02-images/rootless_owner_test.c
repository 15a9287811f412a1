#include "rootless_owner.h"

#include "images_test.h"

#define needs_user_xattrs(place)                                                                   \
	do {                                                                                       \
		if (!has_user_xattrs(place))                                                       \
			skip();                                                                    \
	} while (0)

static struct xattrs_of make_file(struct place *place, const char *name)
{
	put_file(place->fd, name, "x");
	return (struct xattrs_of){.fd = -1, .parent = place->fd, .name = name, .path = name};
}

static void put_note(const struct xattrs_of *file, const char *bytes, size_t length)
{
	assert_ok(xattrs_set(file, ROOTLESS_OWNER_XATTR, bytes, length));
}

static void assert_recalls(const struct xattrs_of *file, uid_t uid, gid_t gid)
{
	uid_t got_uid = 0;
	gid_t got_gid = 0;

	rootless_owner_recall(file, &got_uid, &got_gid);
	assert_int_equal(got_uid, uid);
	assert_int_equal(got_gid, gid);
}

static void notes_are_protocol_buffers(void **state)
{
	static const struct {
		uint32_t uid, gid;
		const char *bytes;
		size_t length;
	} rows[] = {
		{33, 34, "\x08\x21\x10\x22", 4},
		{1000, ROOTLESS_OWNER_AS_IS, "\x08\xe8\x07\x10\xff\xff\xff\xff\x0f", 9},
		{127, 128, "\x08\x7f\x10\x80\x01", 5},
		{4000000000, 1, "\x08\x80\xd0\xac\xf3\x0e\x10\x01", 8},
	};
	struct xattrs_of file = make_file(*state, "file");
	char value[64];

	needs_user_xattrs(*state);
	for (size_t i = 0; i < countof(rows); i++) {
		assert_ok(rootless_owner_note(&file, rows[i].uid, rows[i].gid));
		assert_int_equal(xattrs_get(&file, ROOTLESS_OWNER_XATTR, value, sizeof(value)),
				 rows[i].length);
		assert_memory_equal(value, rows[i].bytes, rows[i].length);
		assert_recalls(&file, rows[i].uid,
			       rows[i].gid == ROOTLESS_OWNER_AS_IS ? 0 : rows[i].gid);
	}
}

static void who_was_given_the_file_later_keeps_it(void **state)
{
	struct xattrs_of file = make_file(*state, "file");
	uid_t uid = 7;
	gid_t gid = 0;

	needs_user_xattrs(*state);
	assert_ok(rootless_owner_note(&file, 33, 34));
	rootless_owner_recall(&file, &uid, &gid);
	assert_int_equal(uid, 7);
	assert_int_equal(gid, 34);
}

static void a_note_that_makes_no_sense_is_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} rows[] = {
		{"", 0},
		{"\x08", 1},
		{"\x08\x80", 2},
		{"\x08\x21\x10", 3},
		{"\x08\x80\x80\x80\x80\x10", 6}, /* 2^32 */
		{"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 13},
		{"\x0a\x01x", 3},        /* the first field as text */
		{"\x08\x21\x18\x01", 4}, /* a third field */
		{"nonsense that is long enough to be anything at all", 50},
	};
	struct xattrs_of file = make_file(*state, "file"), none = make_file(*state, "none");
	char large[1000] = {0};

	needs_user_xattrs(*state);
	assert_recalls(&none, 0, 0);
	for (size_t i = 0; i < countof(rows); i++) {
		put_note(&file, rows[i].bytes, rows[i].length);
		assert_recalls(&file, 0, 0);
	}
	put_note(&file, large, sizeof(large));
	assert_recalls(&file, 0, 0);
	put_note(&file, "\x10\x22", 2); /* one of the two */
	assert_recalls(&file, 0, 34);
}

/* A link cannot have it: nothing is noted, and nothing goes wrong. */
static void what_cannot_have_attributes_has_no_note(void **state)
{
	struct place *place = *state;
	struct xattrs_of link = {.fd = -1, .parent = place->fd, .name = "link", .path = "link"};

	assert_int_equal(symlinkat("file", place->fd, "link"), 0);
	assert_ok(rootless_owner_note(&link, 33, 34));
	assert_recalls(&link, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(notes_are_protocol_buffers),
		in_place(who_was_given_the_file_later_keeps_it),
		in_place(a_note_that_makes_no_sense_is_none),
		in_place(what_cannot_have_attributes_has_no_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
