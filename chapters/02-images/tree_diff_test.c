#include "tree_diff.h"

#include "images_test.h"
#include "text.h"

/* Runs a script in the place's folder. */
static void make(const struct place *place, const char *script)
{
	autofree char *command = format("set -e; cd %s; umask 022; %s", place->path, script);

	assert_int_equal(system(command), 0);
}

/* What tree_diff() tells, as "A a/b, C a, ...". */
static fallible note(void *context, const struct tree_change *change)
{
	struct buffer *told = context;
	autofree char *line = format("%s%c %s", told->length ? ", " : "",
				     TREE_CHANGE_LETTERS[change->kind], change->path);

	assert_true((change->kind == TREE_DELETED) == !change->entry);
	buffer_append(told, line, strlen(line));
	return NULL;
}

static void assert_changes(const struct place *place, enum tree_form form, const char *expected)
{
	autobuffer told = {0};
	autoclose int lower = -1, upper = -1, now = -1;

	assert_ok(directory_open(place->fd, "1", &lower));
	assert_ok(directory_open(place->fd, "2", &upper));
	assert_ok(directory_open(place->fd, "now", &now));
	int layers[] = {lower, upper};
	struct tree_diff diff = {.layers = layers,
				 .layer_count = 2,
				 .now = now,
				 .form = form,
				 .visit = note,
				 .context = &told};
	assert_ok(tree_diff(&diff));
	buffer_append(&told, "", 1);
	assert_string_equal(told.data, expected);
}

/* Layer 2 takes 1's gone away and hides all of 1's folder `hidden`. */
#define LAYERS                                                                                     \
	"mkdir -p 1/etc 1/hidden 2/etc 2/hidden now; "                                             \
	"for f in etc/a etc/b hidden/old gone; do echo $f >1/$f; done; "                           \
	"echo upper >2/etc/b; echo new >2/hidden/new; "                                            \
	"touch 2/.wh.gone 2/hidden/.wh..wh..opq; find 1 2 -exec touch -d @1000 {} +; "

static void an_upper_folder_tells_what_was_touched(void **state)
{
	struct place *place = *state;

	needs_root();
	make(place, LAYERS "mkdir now/etc; echo x >now/etc/a; echo y >now/etc/c; "
			   "mknod now/etc/b c 0 0");
	assert_changes(place, TREE_UPPER, "C etc, C etc/a, D etc/b, A etc/c");
}

static void what_a_layer_hides_was_not_there(void **state)
{
	struct place *place = *state;

	needs_root();
	make(place, LAYERS "mkdir now/hidden; echo x >now/hidden/old; echo y >now/gone; "
			   "mknod now/never c 0 0");
	assert_changes(place, TREE_UPPER, "A gone, C hidden, A hidden/old");
}

static void a_whole_tree_is_compared(void **state)
{
	struct place *place = *state;

	make(place, LAYERS "cp -a 1/etc now; cp -a 2/etc/b now/etc; mkdir now/hidden; "
			   "cp -a 2/hidden/new now/hidden; find now -exec touch -d @1000 {} +");
	assert_changes(place, TREE_WHOLE, "");
	make(place, "rm now/etc/b; chmod 600 now/etc/a; echo z >now/hidden/new; echo q >now/q");
	assert_changes(place, TREE_WHOLE, "C etc, D etc/b, C etc/a, C hidden, C hidden/new, A q");
}

static void a_folder_that_became_a_file_is_changed(void **state)
{
	struct place *place = *state;

	make(place, LAYERS "echo file >now/etc");
	assert_changes(place, TREE_UPPER, "C etc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(an_upper_folder_tells_what_was_touched),
		in_place(what_a_layer_hides_was_not_there),
		in_place(a_whole_tree_is_compared),
		in_place(a_folder_that_became_a_file_is_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
