#include "xattrs.h"

#include <sys/xattr.h>

#include "images_test.h"

static struct xattrs_of make_file(struct place *place, const char *name)
{
	int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return (struct xattrs_of){.fd = fd, .path = name};
}

static fallible note(void *context, const char *name, const void *value, size_t size)
{
	buffer_printf(context, " %s=%.*s", name, (int)size, (const char *)value);
	return NULL;
}

static void assert_has(const struct xattrs_of *file, const char *expected)
{
	autobuffer text = {0};

	assert_ok(xattrs_each(file, note, &text));
	assert_string_equal(text.data ? text.data : "", expected);
}

static void orders_to_overlayfs_are_neither_set_nor_seen(void **state)
{
	static const char *const names[] = {"trusted.overlay.opaque", "trusted.overlay.redirect",
					    "user.overlay.opaque", "security.selinux"};
	struct xattrs_of file = make_file(*state, "file");

	needs_root();
	for (size_t i = 0; i < countof(names); i++)
		assert_ok(xattrs_set(&file, names[i], "y", 1));
	assert_true(fgetxattr(file.fd, names[0], NULL, 0) < 0);
	assert_true(fgetxattr(file.fd, names[2], NULL, 0) < 0);
	assert_int_equal(fsetxattr(file.fd, names[0], "y", 1, 0), 0);
	assert_ok(xattrs_set(&file, "trusted.own", "1", 1));
	assert_has(&file, " trusted.own=1");
	close(file.fd);
}

static void what_cannot_be_opened_is_reached_by_its_name(void **state)
{
	struct place *place = *state;
	struct xattrs_of link = {.fd = -1, .parent = place->fd, .name = "link", .path = "link"};

	needs_root();
	assert_int_equal(symlinkat("nowhere", place->fd, "link"), 0);
	assert_ok(xattrs_set(&link, "trusted.own", "1", 1));
	assert_ok(xattrs_set(&link, "user.color", "red", 3)); /* no link can have one: left out */
	assert_has(&link, " trusted.own=1");
}

static void copies_are_the_same_and_any_difference_is_seen(void **state)
{
	struct xattrs_of a = make_file(*state, "a"), b = make_file(*state, "b");

	needs_root();
	assert_ok(xattrs_set(&a, "trusted.one", "1", 1));
	assert_ok(xattrs_set(&a, "trusted.none", "", 0));
	assert_false(xattrs_are_same(&a, &b));
	assert_ok(xattrs_copy(&a, &b));
	assert_true(xattrs_are_same(&a, &b));
	assert_ok(xattrs_set(&b, "trusted.one", "2", 1));
	assert_false(xattrs_are_same(&a, &b));
	assert_ok(xattrs_set(&b, "trusted.one", "11", 2));
	assert_false(xattrs_are_same(&a, &b));
	assert_ok(xattrs_set(&b, "trusted.one", "1", 1));
	assert_ok(xattrs_set(&b, "trusted.more", "1", 1));
	assert_false(xattrs_are_same(&a, &b));
	assert_false(xattrs_are_same(&b, &a));
	close(a.fd);
	close(b.fd);
}

static void set_as_user(struct place *place)
{
	int fd = openat(place->fd, "theirs", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct xattrs_of file = {.fd = fd, .path = "theirs"};

	in_child_assert(!xattrs_set(&file, "trusted.x", "1", 1)); /* left out */
	in_child_assert(fgetxattr(fd, "trusted.x", NULL, 0) < 0);
	in_child_assert(!xattrs_set(&file, "user.x", "1", 1));
	in_child_assert(fgetxattr(fd, "user.x", NULL, 0) == 1);
}

static void in_a_user_namespace_what_is_roots_is_left_out(void **state)
{
	needs_root();
	in_user_namespace(set_as_user, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(orders_to_overlayfs_are_neither_set_nor_seen),
		in_place(what_cannot_be_opened_is_reached_by_its_name),
		in_place(copies_are_the_same_and_any_difference_is_seen),
		in_place(in_a_user_namespace_what_is_roots_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
