#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"
#include "mount_sharing.h"

static const char mountinfo[] =
	"36 35 98:0 / / rw,noatime - ext4 /dev/root rw\n"
	"360 36 0:5 /a /mnt/shared:1 rw shared:12 - tmpfs tmpfs rw\n"
	"37 36 0:6 / /mnt/two\\040words rw master:3 propagate_from:2 - tmpfs shared:9 rw\n"
	"38 36 0:7 / /both rw shared:4 master:5 - tmpfs tmpfs rw";

static void a_mount_is_what_its_row_says(void **state)
{
	static const struct {
		uint64_t id;
		const char *place;
		bool shared, slave;
	} cases[] = {{36, "/", false, false},
		     {360, "/mnt/shared:1", true, false},
		     {37, "/mnt/two\\040words", false, true},
		     {38, "/both", true, true}};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct mount_sharing found;

		assert_true(mount_sharing_find(mountinfo, cases[i].id, &found));
		autofree char *place = found.place;
		assert_string_equal(place, cases[i].place);
		assert_int_equal(found.shared, cases[i].shared);
		assert_int_equal(found.slave, cases[i].slave);
	}
}

static void what_is_no_row_is_not_found(void **state)
{
	struct mount_sharing found;

	(void)state;
	assert_false(mount_sharing_find(mountinfo, 3, &found));
	assert_false(mount_sharing_find("", 36, &found));
	assert_false(mount_sharing_find("36\n\n36 35", 36, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_is_what_its_row_says),
		cmocka_unit_test(what_is_no_row_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
