#include "inode_map.h"

#include "images_test.h"

static struct stat inode(dev_t device, ino_t number, mode_t mode, nlink_t links)
{
	struct stat st = {.st_dev = device, .st_ino = number, .st_mode = mode, .st_nlink = links};

	return st;
}

static void the_first_name_of_an_inode_is_remembered(void **state)
{
	struct inode_map map = {0};
	struct stat one = inode(1, 5, S_IFREG, 2), other_disk = inode(2, 5, S_IFREG, 2),
		    fifo = inode(1, 6, S_IFIFO, 2);

	(void)state;
	assert_null(inode_map_first(&map, &one, "a"));
	assert_string_equal(inode_map_first(&map, &one, "b"), "a");
	assert_string_equal(inode_map_first(&map, &one, "c"), "a");
	assert_null(inode_map_first(&map, &other_disk, "d"));
	assert_null(inode_map_first(&map, &fifo, "e"));
	assert_string_equal(inode_map_first(&map, &fifo, "f"), "e");
	inode_map_finish(&map);
}

static void one_name_and_folders_are_not(void **state)
{
	struct inode_map map = {0};
	struct stat single = inode(1, 5, S_IFREG, 1), folder = inode(1, 6, S_IFDIR, 4);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_null(inode_map_first(&map, &single, "a"));
		assert_null(inode_map_first(&map, &folder, "b"));
	}
	assert_int_equal(map.count, 0);
	inode_map_finish(&map);
}

static void many_are_told_apart(void **state)
{
	struct inode_map map = {0};
	char name[16];

	(void)state;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			struct stat st = inode(1 + i % 3, i / 3, S_IFREG, 2);

			snprintf(name, sizeof(name), "%d", i);
			const char *first = inode_map_first(&map, &st, name);
			if (round)
				assert_string_equal(first, name);
			else
				assert_null(first);
		}
	inode_map_finish(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_name_of_an_inode_is_remembered),
		cmocka_unit_test(one_name_and_folders_are_not),
		cmocka_unit_test(many_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
