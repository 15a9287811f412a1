#include "unpack_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include "images_test.h"
#include "packer_copy.h"
#include "text.h"

static void make(const struct place *place, const char *script)
{
	autofree char *command = format("set -e; cd %s; umask 022; %s", place->path, script);

	assert_int_equal(system(command), 0);
}

static fallible append(void *context, const void *bytes, size_t length)
{
	buffer_append(context, bytes, length);
	return NULL;
}

static void pack(const struct place *place, const char *name, const char *as, struct buffer *tar)
{
	const struct sink out = {append, tar};

	assert_ok(packer_copy(place->fd, name, as, NULL, &out));
}

static struct error *unpack(const struct unpack_copy *copy, const struct buffer *tar)
{
	struct memory_source memory = {tar->data, tar->length, 0};
	const struct source source = {read_memory, &memory};

	return unpack_copy(copy, &source);
}

static void a_folder_under_another_name(void **state)
{
	struct place *place = *state;
	autobuffer tar = {0};

	make(place, "mkdir -p t/d to/in; echo 1 >t/d/f; ln t/d/f t/d/h; ln -s /nowhere t/d/l; "
		    "touch t/d/.wh.x; echo old >to/in/stays; chmod 711 to/in");
	pack(place, "t", "first", &tar);
	const struct unpack_owner me = {geteuid(), getegid()};
	const struct unpack_copy copy = {.root = place->fd,
					 .folder = "/to/in",
					 .shown = "",
					 .renamed = "second",
					 .owner = &me};
	assert_ok(unpack(&copy, &tar));
	make(place, "cmp t/d/f to/in/second/d/h; test -L to/in/second/d/l; "
		    "test -e to/in/second/d/.wh.x; test to/in/second/d/f -ef to/in/second/d/h; "
		    "grep -q old to/in/stays; test $(stat -c %a to/in) = 711");
}

static void what_is_in_a_folder_goes_into_another(void **state)
{
	struct place *place = *state;
	autobuffer tar = {0};

	make(place, "mkdir -p t to; echo 1 >t/f; chmod 777 t; chmod 700 to");
	pack(place, "t", ".", &tar);
	const struct unpack_owner me = {geteuid(), getegid()};
	const struct unpack_copy copy = {
		.root = place->fd, .folder = "/to", .shown = "", .owner = &me};
	assert_ok(unpack(&copy, &tar));
	/* The archive's root is the folder itself, which stays as it was. */
	make(place, "cmp t/f to/f; test $(stat -c %a to) = 700");
}

static void links_lead_no_further_than_the_root(void **state)
{
	struct place *place = *state;
	autobuffer tar = {0};
	autoclose int root = -1;

	make(place, "mkdir -p t/sub root/to out; echo new >t/sub/f; echo old >out/f; "
		    "ln -s ../../out root/to/sub");
	pack(place, "t/sub", "sub", &tar);
	assert_ok(directory_open(place->fd, "root", &root));
	const struct unpack_owner me = {geteuid(), getegid()};
	const struct unpack_copy copy = {.root = root, .folder = "/to", .shown = "", .owner = &me};
	assert_ok(unpack(&copy, &tar));
	make(place, "grep -q old out/f; test $(ls out | wc -l) = 1; test -f root/to/sub/f");
}

static void names_that_lead_out_are_refused(void **state)
{
	struct place *place = *state;
	autobuffer tar = {0};

	make(place, "mkdir -p to; echo 1 >f");
	pack(place, "f", "../f", &tar);
	const struct unpack_copy copy = {.root = place->fd, .folder = "/to", .shown = ""};
	assert_error(unpack(&copy, &tar), ERROR_INVALID, "leads out of its root");
}

static void kinds_are_kept_where_that_is_wished(void **state)
{
	struct place *place = *state;
	autobuffer file = {0}, folder = {0};

	make(place, "mkdir -p to/x to/d t; echo 1 >f; echo 2 >to/y");
	pack(place, "f", "x", &file);
	pack(place, "t", "y", &folder);
	const struct unpack_owner me = {geteuid(), getegid()};
	struct unpack_copy copy = {
		.root = place->fd, .folder = "/to", .shown = "", .owner = &me, .keeps_kinds = true};
	assert_error(unpack(&copy, &file), ERROR_INVALID,
		     "cannot overwrite directory \"/to/x\" with non-directory \"/to\"");
	assert_error(unpack(&copy, &folder), ERROR_INVALID,
		     "cannot overwrite non-directory \"/to/y\" with directory \"/to\"");
	copy.keeps_kinds = false;
	assert_ok(unpack(&copy, &file));
	assert_ok(unpack(&copy, &folder));
	make(place, "test -f to/x; test -d to/y; test -d to/d");
}

static void files_of_the_kernel_are_refused(void **state)
{
	autobuffer tar = {0};
	const struct sink out = {append, &tar};
	autoclose int root = -1;
	(void)state;

	assert_ok(directory_open(AT_FDCWD, "/proc", &root));
	assert_error(packer_copy(root, "version", "version", NULL, &out), ERROR_INVALID,
		     "is a file of the kernel's");
	assert_int_equal(tar.length, 0);
	assert_error(packer_copy(root, "not-there", "x", NULL, &out), ERROR_NOT_FOUND,
		     "cannot stat");
	assert_ok(packer_copy(root, ".", "proc", NULL, &out)); /* the folder, and nothing in it */
	assert_true(tar.length < 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_under_another_name, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(what_is_in_a_folder_goes_into_another, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(links_lead_no_further_than_the_root, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(names_that_lead_out_are_refused, make_place,
						drop_place),
		cmocka_unit_test_setup_teardown(kinds_are_kept_where_that_is_wished, make_place,
						drop_place),
		cmocka_unit_test(files_of_the_kernel_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
