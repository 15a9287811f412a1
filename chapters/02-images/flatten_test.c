#include "flatten.h"

#include "images_test.h"
#include "text.h"

static void make(const struct place *place, const char *script)
{
	autofree char *command = format("set -e; cd %s; umask 022; %s", place->path, script);

	assert_int_equal(system(command), 0);
}

/* Flattens the folders 1 and 2 into `flat`. */
static uint64_t flatten_two(const struct place *place)
{
	autoclose int lower = -1, upper = -1, flat = -1;
	uint64_t bytes;

	assert_ok(directory_open(place->fd, "1", &lower));
	assert_ok(directory_open(place->fd, "2", &upper));
	assert_ok(directory_create(place->fd, "flat", 0755, &flat));
	int layers[] = {lower, upper};
	assert_ok(flatten(layers, 2, flat, &bytes));
	return bytes;
}

static void the_upper_layer_wins(void **state)
{
	struct place *place = *state;

	make(place, "mkdir -p 1/d 2/d; echo one >1/d/a; echo two >2/d/a; echo b >1/d/b; "
		    "chmod 700 2/d; touch -d @1000 2/d");
	assert_int_equal(flatten_two(place), 10);
	make(place, "test $(cat flat/d/a) = two; test $(cat flat/d/b) = b; "
		    "test \"$(stat -c '%a %Y' flat/d)\" = '700 1000'");
}

static void whiteouts_have_done_their_work_and_are_gone(void **state)
{
	struct place *place = *state;

	make(place, "mkdir -p 1/d 1/o 2/d 2/o; touch 1/d/gone 1/d/stays 1/o/old 1/top; "
		    "touch 2/d/.wh.gone 2/o/.wh..wh..opq 2/o/new 2/.wh.top");
	flatten_two(place);
	make(place, "test \"$(cd flat && find . | sort | tr '\\n' ' ')\" = "
		    "'. ./d ./d/stays ./o ./o/new '");
}

static void the_form_of_overlayfs_is_understood_too(void **state)
{
	struct place *place = *state;

	needs_root();
	make(place, "mkdir -p 1/d 2/d; touch 1/d/gone 1/d/stays; mknod 2/d/gone c 0 0");
	flatten_two(place);
	make(place, "test \"$(ls -A flat/d)\" = stays");
}

static void a_file_takes_the_place_of_a_folder_and_the_other_way_round(void **state)
{
	struct place *place = *state;

	make(place, "mkdir -p 1/x 2/y; touch 1/x/in 1/y; echo file >2/x; touch 2/y/in");
	flatten_two(place);
	make(place, "test $(cat flat/x) = file; test -f flat/y/in");
}

/* The lower layer's link must not lead the upper one's file away. */
static void a_link_of_a_lower_layer_is_not_followed(void **state)
{
	struct place *place = *state;

	make(place, "mkdir -p 1 2/d victim; ln -s ../victim 1/d; echo x >2/d/file");
	flatten_two(place);
	make(place, "test ! -e victim/file; test -f flat/d/file; test ! -L flat/d");
}

static void links_and_holes_stay(void **state)
{
	struct place *place = *state;

	make(place, "mkdir -p 1 2; echo a >2/a; ln 2/a 2/b; truncate -s 1M 2/holes; ln -s a 2/l");
	flatten_two(place);
	make(place, "test flat/a -ef flat/b; test $(stat -c %b flat/holes) -lt 100; "
		    "test $(readlink flat/l) = a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(the_upper_layer_wins),
		in_place(whiteouts_have_done_their_work_and_are_gone),
		in_place(the_form_of_overlayfs_is_understood_too),
		in_place(a_file_takes_the_place_of_a_folder_and_the_other_way_round),
		in_place(a_link_of_a_lower_layer_is_not_followed),
		in_place(links_and_holes_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
