/*
 * volume_functions_test - functions of the lab, called alone: volume_functions_test NAME
 *
 * What a new volume begins with, who holds it, and what of a tree may be mounted. Run by the lab's
 * bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include "images_test.h"
#include "json.h"
#include "mount_part.h"
#include "volume_copy.h"
#include "volume_hold.h"

#define PATIENCE 8 /* seconds */

/* -- section 5.2: what is there already -- */

/* tree/data with what an image has there, and volume/ with nothing in it. */
static void make_tree(int place)
{
	static const char *const folders[] = {"tree",      "tree/data",       "tree/data/sub",
					      "tree/real", "tree/data/.conf", "volume"};

	for (size_t i = 0; i < countof(folders); i++)
		assert_int_equal(mkdirat(place, folders[i], 0755), 0);
	put_file(place, "tree/data/file", "of the image");
	put_file(place, "tree/data/sub/.hidden", "also");
	put_file(place, "tree/real/file", "real");
	put_file(place, "tree/plain", "x");
	assert_int_equal(symlinkat("file", place, "tree/data/link"), 0);
	assert_int_equal(symlinkat("/real", place, "tree/absolute"), 0);
	assert_int_equal(symlinkat("../../../../real", place, "tree/up"), 0);
	assert_int_equal(fchownat(place, "tree/data/file", 7, 8, 0), 0);
	assert_int_equal(fchmodat(place, "tree/data/file", 04750, 0), 0);
	assert_int_equal(fchownat(place, "tree/data", 5, 6, 0), 0);
	assert_int_equal(fchmodat(place, "tree/data", 03750, 0), 0);
}

/* volume_copy_up() of what the tree has at `target`. The container is for who has no tree yet. */
static struct error *copy_up(const struct place *place, const char *target, const char *volume)
{
	autoclose int tree = openat(place->fd, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autofree char *path = format("%s/%s", place->path, volume);
	int given = tree;

	assert_true(tree >= 0);
	struct error *e = volume_copy_up(NULL, target, path, &given);
	assert_int_equal(given, tree);
	return e;
}

static void assert_has(const struct place *place, const char *name, mode_t mode, uid_t uid,
		       gid_t gid)
{
	struct stat about;

	if (fstatat(place->fd, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("there is no %s", name);
	if (about.st_mode != mode || about.st_uid != uid || about.st_gid != gid)
		fail_msg("%s has mode %o, owner %u and group %u, not %o, %u and %u", name,
			 about.st_mode, about.st_uid, about.st_gid, mode, uid, gid);
}

static void assert_not_there(const struct place *place, const char *name)
{
	if (faccessat(place->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		fail_msg("%s is there", name);
}

static void assert_content(const struct place *place, const char *name, const char *expected)
{
	autobuffer text = {0};

	assert_ok(file_read(place->fd, name, 4096, &text));
	assert_text(name, text.data, expected);
}

static void a_new_volume_begins_with_what_is_there(void **state)
{
	struct place *place = *state;

	make_tree(place->fd);
	assert_ok(copy_up(place, "/data", "volume"));
	assert_has(place, "volume", S_IFDIR | 03750, 5, 6);
	assert_has(place, "volume/file", S_IFREG | 04750, 7, 8);
	assert_has(place, "volume/link", S_IFLNK | 0777, 0, 0);
	assert_has(place, "volume/.conf", S_IFDIR | 0755, 0, 0);
	assert_content(place, "volume/file", "of the image");
	assert_content(place, "volume/sub/.hidden", "also");
	/* From then on it is the volume's own. */
	put_file(place->fd, "tree/data/later", "x");
	assert_ok(copy_up(place, "/data", "volume"));
	assert_not_there(place, "volume/later");
}

static void what_is_in_a_volume_stays(void **state)
{
	static const char *const names[] = {"a", ".a", "..a", "..."};
	struct place *place = *state;
	size_t open = count_open();

	make_tree(place->fd);
	for (size_t i = 0; i < countof(names); i++) {
		autofree char *volume = format("volume-%zu", i);
		autofree char *file = format("%s/%s", volume, names[i]);
		autofree char *other = format("%s/file", volume);

		assert_int_equal(mkdirat(place->fd, volume, 0700), 0);
		put_file(place->fd, file, "somebody's");
		assert_ok(copy_up(place, "/data", volume));
		assert_not_there(place, other);
		assert_has(place, volume, S_IFDIR | 0700, 0, 0);
	}
	assert_int_equal(count_open(), open); /* what was opened is closed */
}

static void a_place_that_the_image_has_not(void **state)
{
	struct place *place = *state;

	make_tree(place->fd);
	assert_ok(copy_up(place, "/nothing/here", "volume"));
	assert_has(place, "volume", S_IFDIR | 0755, 0, 0);
	assert_error(copy_up(place, "/plain", "volume"), ERROR_INVALID, "file exists /plain");
	assert_error(copy_up(place, "/data", "none"), ERROR_SYSTEM, "No such file");
}

/* The links of an image are read as the container reads them. */
static void links_stay_in_the_image(void **state)
{
	static const char *const links[] = {"/absolute", "/up"};
	struct place *place = *state;

	make_tree(place->fd);
	for (size_t i = 0; i < countof(links); i++) {
		assert_ok(copy_up(place, links[i], "volume"));
		assert_content(place, "volume/file", "real");
		assert_int_equal(unlinkat(place->fd, "volume/file", 0), 0);
	}
}

/* -- section 5.2: who has it -- */

static void assert_users(const char *volume, const char *expected)
{
	autojson *users = volume_hold_users(volume);
	autofree char *text = json_text(users);

	assert_text(volume, text, expected);
}

static void a_volume_is_held_until_its_containers_go(void **state)
{
	(void)state;
	volume_hold("data", "one");
	volume_hold("data", "one");
	volume_hold("logs", "two");
	volume_hold("data", "two");
	volume_hold("data", "three");
	volume_hold("logs", "one");
	assert_users("data", "[\"one\",\"two\",\"three\"]");
	assert_users("logs", "[\"two\",\"one\"]");
	volume_hold_end("nobody");
	volume_hold_end("one");
	assert_users("data", "[\"two\",\"three\"]");
	assert_users("logs", "[\"two\"]");
	volume_hold_end("two");
	volume_hold_end("three");
	assert_users("data", "[]");
	volume_hold("data", "four");
	assert_users("data", "[\"four\"]");
}

static void the_last_that_runs_is_known(void **state)
{
	(void)state;
	volume_hold("data", "one");
	volume_hold("data", "two");
	volume_hold("logs", "three");
	assert_false(volume_hold_run("data", "one", false));
	assert_true(volume_hold_run("data", "one", true));
	assert_true(volume_hold_run("data", "two", true));
	volume_hold("data", "one"); /* in a second place: it runs still */
	assert_true(volume_hold_run("data", "two", false));
	assert_false(volume_hold_run("data", "one", false));
	assert_false(volume_hold_run("data", "nobody", true));
	assert_true(volume_hold_run("logs", "three", true));
	assert_false(volume_hold_run("data", "two", false));
}

/* -- section 5.3: a part of a tree -- */

/* a/b/file; in -> a/b; what leads out: out, up, deep, loop, magic */
static void make_links(int place)
{
	static const char *const links[][2] = {
		{"a/b", "in"},
		{"/etc", "out"},
		{"..", "up"},
		{"..", "a/up"},
		{"../../..", "a/b/deep"},
		{"loop", "loop"},
		{"/proc/self/root", "magic"},
	};

	assert_int_equal(mkdirat(place, "a", 0755), 0);
	assert_int_equal(mkdirat(place, "a/b", 0755), 0);
	put_file(place, "a/b/file", "here");
	assert_int_equal(mkfifoat(place, "a/pipe", 0600), 0);
	for (size_t i = 0; i < countof(links); i++)
		assert_int_equal(symlinkat(links[i][0], place, links[i][1]), 0);
}

static ino_t number_of(int folder, const char *name)
{
	struct stat about;

	assert_int_equal(fstatat(folder, name, &about, AT_EMPTY_PATH), 0);
	return about.st_ino;
}

static bool is_folder(int fd)
{
	struct stat about;

	assert_int_equal(fstat(fd, &about), 0);
	return S_ISDIR(about.st_mode);
}

/* Looking at it opens nothing: a pipe would wait for who writes. */
static void a_part_is_mounted(void **state)
{
	static const struct {
		const char *path, *is;
	} rows[] = {
		{"", "."},       {"a", "a"},           {"a/b", "a/b"},          {"in", "a/b"},
		{"a/up", "."},   {"a/../a/b", "a/b"},  {"in/file", "a/b/file"}, {"./in/.", "a/b"},
		{"a/b/", "a/b"}, {"a/pipe", "a/pipe"},
	};
	struct place *place = *state;

	make_links(place->fd);
	for (size_t i = 0; i < countof(rows); i++) {
		autoclose int mount = -1;
		struct error *e = mount_part_open(place->fd, rows[i].path, "the tree", &mount);

		if (e)
			fail_msg("'%s': %s", rows[i].path, e->message);
		assert_int_equal(number_of(mount, ""), number_of(place->fd, rows[i].is));
		/* A mount of its own: there is nothing above it. */
		if (is_folder(mount))
			assert_int_equal(number_of(mount, ".."), number_of(mount, ""));
	}
}

/* What is mounted below comes along. */
static void what_is_mounted_below_comes_along(void **state)
{
	struct place *place = *state;
	autofree char *below = format("%s/a/b", place->path);
	autoclose int mounted = -1;

	make_links(place->fd);
	assert_int_equal(mount("tmpfs", below, "tmpfs", 0, NULL), 0);
	put_file(place->fd, "a/b/other", "below");
	assert_ok(mount_part_open(place->fd, "a", "the tree", &mounted));
	assert_int_equal(faccessat(mounted, "b/other", F_OK, 0), 0);
}

static void what_leads_out_is_refused(void **state)
{
	static const char *const bad[] = {"out",       "out/passwd",  "up",          "a/../..",
					  "/etc",      "in/../../..", "loop",        "magic",
					  "magic/etc", "a/b/deep",    "in/deep/etc", "../a"};
	struct place *place = *state;
	int mount = -1;

	make_links(place->fd);
	for (size_t i = 0; i < countof(bad); i++) {
		struct error *e = mount_part_open(place->fd, bad[i], "the tree", &mount);

		if (!e)
			fail_msg("'%s' is mounted", bad[i]);
		assert_error(e, ERROR_FORBIDDEN, bad[i]);
	}
}

static void what_is_not_there_is_told(void **state)
{
	struct place *place = *state;
	int mount = -1;

	make_links(place->fd);
	assert_error(mount_part_open(place->fd, "a/none", "the volume 'v'", &mount),
		     ERROR_NOT_FOUND, "cannot access the subpath 'a/none' of the volume 'v'");
	assert_error(mount_part_open(place->fd, "a/b/file/x", "the volume 'v'", &mount),
		     ERROR_SYSTEM, "Not a directory");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		in_place(a_new_volume_begins_with_what_is_there),
		in_place(what_is_in_a_volume_stays),
		in_place(a_place_that_the_image_has_not),
		in_place(links_stay_in_the_image),
		cmocka_unit_test(a_volume_is_held_until_its_containers_go),
		cmocka_unit_test(the_last_that_runs_is_known),
		in_place(a_part_is_mounted),
		in_place(what_is_mounted_below_comes_along),
		in_place(what_leads_out_is_refused),
		in_place(what_is_not_there_is_told),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
