#include "whiteout.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "images_test.h"

static void a_whiteout_is_found_by_its_prefix(void **state)
{
	static const char *const paths[][2] = {
		{".wh.x", ".wh.x"},       {"a/.wh.x", ".wh.x"},
		{"a/.wh.x/y", ".wh.x/y"}, {".wh..wh..opq", ".wh..wh..opq"},
		{"a/x.wh.y", NULL},       {"a", NULL},
		{"a.wh./b", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(paths); i++) {
		const char *found = whiteout_find(paths[i][0]);

		if (paths[i][1])
			assert_string_equal(found, paths[i][1]);
		else
			assert_null(found);
	}
}

static void a_name_is_hidden_and_what_the_layer_has_stays(void **state)
{
	struct place *place = *state;
	bool plain = false;
	struct stat st;

	needs_root();
	autoclose int folder = put_folder(place->fd, "folder");
	put_file(place->fd, "file", "");
	assert_ok(whiteout_make(place->fd, "gone", "gone", &plain));
	assert_ok(whiteout_make(place->fd, "file", "file", &plain));
	assert_ok(whiteout_make(place->fd, "folder", "folder", &plain));
	assert_int_equal(fstatat(place->fd, "gone", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(whiteout_is(&st));
	assert_int_equal(fstatat(place->fd, "file", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_true(whiteout_is_opaque(folder));
	assert_true(whiteout_hides(place->fd, "gone"));
	assert_false(whiteout_hides(place->fd, "file"));
	assert_false(plain);
}

static void each_name_of_a_lower_root_is_hidden(void **state)
{
	struct place *place = *state;
	bool plain = false;
	struct stat st;

	needs_root();
	autoclose int below = put_folder(place->fd, "below"), root = put_folder(place->fd, "root");
	put_file(below, "a", "");
	put_file(below, ".wh.plain", ""); /* takes away, and is no name */
	assert_int_equal(mkdirat(below, "b", 0755), 0);
	assert_ok(whiteout_hide_all(root, below, &plain));
	assert_true(whiteout_hides(root, "a") && whiteout_hides(root, "b"));
	assert_int_equal(fstatat(root, ".wh.plain", &st, 0), -1);
	assert_error(whiteout_hide_all(root, -1, &plain), ERROR_SYSTEM, "cannot list");
}

static void what_was_opened_is_closed(void **state)
{
	struct place *place = *state;
	bool plain = false;

	needs_root();
	autoclose int below = put_folder(place->fd, "below"), root = put_folder(place->fd, "root");
	size_t before = count_open();
	for (int i = 0; i < 3; i++)
		assert_ok(whiteout_hide_all(root, below, &plain));
	assert_int_equal(count_open(), before);
}

static void the_plain_form_is_read_too(void **state)
{
	struct place *place = *state;

	put_file(place->fd, ".wh.x", "");
	assert_true(whiteout_hides(place->fd, "x"));
	assert_false(whiteout_hides_all(place->fd));
	put_file(place->fd, WHITEOUT_OPAQUE, "");
	assert_true(whiteout_hides_all(place->fd));
	assert_false(whiteout_is_opaque(place->fd));
}

static void mark_as_user(struct place *place)
{
	autoclose int folder = put_folder(place->fd, "theirs");
	bool plain = false;
	char value;

	in_child_assert(!whiteout_make_opaque(folder, "theirs", &plain));
	in_child_assert(fgetxattr(folder, "user.overlay.opaque", &value, 1) == 1);
	in_child_assert(whiteout_is_opaque(folder));
	in_child_assert(!whiteout_make(place->fd, "hidden", "hidden", &plain));
	in_child_assert(whiteout_hides(place->fd, "hidden"));
	in_child_assert(!plain);
}

static void in_a_user_namespace_the_marks_are_users(void **state)
{
	struct place *place = *state;
	autoclose int folder = -1;

	needs_root();
	in_user_namespace(mark_as_user, place);
	/* Here it means nothing: whoever may write in a container could have set it. */
	assert_ok(directory_open(place->fd, "theirs", &folder));
	assert_false(whiteout_is_opaque(folder));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whiteout_is_found_by_its_prefix),
		in_place(a_name_is_hidden_and_what_the_layer_has_stays),
		in_place(each_name_of_a_lower_root_is_hidden),
		in_place(what_was_opened_is_closed),
		in_place(the_plain_form_is_read_too),
		in_place(in_a_user_namespace_the_marks_are_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
