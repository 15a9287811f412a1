#include "tree_walk.h"

#include "images_test.h"

struct visits {
	struct buffer text;
	const char *pass_over;
};

static fallible enter(void *context, const struct tree_entry *entry, bool *descend)
{
	struct visits *visits = context;

	buffer_printf(&visits->text, " %s", *entry->file.path ? entry->file.path : ".");
	if (visits->pass_over && strcmp(entry->file.name, visits->pass_over) == 0)
		*descend = false;
	return NULL;
}

static fallible leave(void *context, const struct tree_entry *folder)
{
	struct visits *visits = context;

	buffer_printf(&visits->text, " /%s", folder->file.path);
	return NULL;
}

static void make(struct place *place, const char *path, bool folder)
{
	if (folder)
		assert_int_equal(mkdirat(place->fd, path, 0755), 0);
	else
		assert_ok(file_write_atomic(place->fd, path, "", 0, 0644, NOT_DURABLE));
}

static void make_tree(struct place *place)
{
	make(place, "b", true);
	make(place, "b/y", false);
	make(place, "b/x", true);
	make(place, "b/x/z", false);
	make(place, "a", false);
	make(place, "B", false);
	assert_int_equal(symlinkat("b", place->fd, "c"), 0);
}

static void assert_walk(struct place *place, const char *pass_over, const char *expected)
{
	struct visits visits = {.pass_over = pass_over};
	struct tree_walk walk = {enter, leave, &visits};

	assert_ok(tree_walk(place->fd, &walk));
	assert_string_equal(visits.text.data, expected);
	buffer_finish(&visits.text);
}

static void names_come_in_order_and_links_are_not_followed(void **state)
{
	make_tree(*state);
	assert_walk(*state, NULL, " . B a b b/x b/x/z /b/x b/y /b c /");
	assert_walk(*state, "b", " . B a b /b c /");
}

static void what_is_mounted_in_it_is_not_walked(void **state)
{
	struct visits visits = {0};
	struct tree_walk walk = {enter, NULL, &visits};
	struct place *place = *state;
	autofree char *path = format("%s/b", place->path);

	needs_root();
	make_tree(place);
	assert_int_equal(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	assert_error(tree_walk(place->fd, &walk), ERROR_CONFLICT, "something is mounted at 'b'");
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	buffer_finish(&visits.text);
}

static void depth_is_bounded(void **state)
{
	struct visits visits = {0};
	struct tree_walk walk = {enter, NULL, &visits};
	struct place *place = *state;
	int at = dup(place->fd);

	for (int i = 0; i < TREE_WALK_DEPTH; i++) {
		int next;

		assert_ok(directory_create(at, "d", 0755, &next));
		close(at);
		at = next;
	}
	visits.text.length = 0;
	assert_int_equal(unlinkat(at, "d", 0), -1);
	close(at);
	assert_error(tree_walk(place->fd, &walk), ERROR_TOO_LARGE, "folders lie in each other");
	buffer_finish(&visits.text);
}

static fallible stop(void *context, const struct tree_entry *entry, bool *descend)
{
	(void)context, (void)descend;
	return strcmp(entry->file.name, "x") == 0 ? error_new(ERROR_CONFLICT, "enough") : NULL;
}

static void an_error_of_the_visitor_ends_it(void **state)
{
	struct tree_walk walk = {.enter = stop};
	struct place *place = *state;

	make_tree(place);
	assert_error(tree_walk(place->fd, &walk), ERROR_CONFLICT, "enough");
	assert_error(tree_walk(-1, &walk), ERROR_SYSTEM, "cannot open the root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(names_come_in_order_and_links_are_not_followed),
		in_place(what_is_mounted_in_it_is_not_walked),
		in_place(depth_is_bounded),
		in_place(an_error_of_the_visitor_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
