#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "seccomp_cache.h"
#include "seccomp_profile.h"

static char folder[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/seccomp-cache.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(AT_FDCWD, folder) ? -1 : 0;
}

static json_t *profile(const char *call, const char *flag)
{
	return json_pack("{s:s, s:[s], s:[{s:[s], s:s}]}", "defaultAction", "SCMP_ACT_ALLOW",
			 "flags", flag, "syscalls", "names", call, "action", "SCMP_ACT_ERRNO");
}

/* The filter of a profile by way of the cache, and whether it is the one that it should be. */
static bool is_right(const char *call, const char *flag)
{
	autojson *wanted = profile(call, flag);
	autobuffer cached = {0}, fresh = {0};
	uint32_t cached_flags = 0, fresh_flags = 1;

	assert_null(seccomp_profile_compile(wanted, &fresh, &fresh_flags));
	assert_null(seccomp_cache_compile(folder, wanted, &cached, &cached_flags));
	return cached_flags == fresh_flags && cached.length == fresh.length &&
	       memcmp(cached.data, fresh.data, fresh.length) == 0;
}

/* The only file in the folder. */
static char *slot(void)
{
	for (int i = 0; i < 64; i++) {
		autofree char *path = format("%s/%d", folder, i);

		if (access(path, F_OK) == 0)
			return steal(&path);
	}
	return NULL;
}

static void change(size_t offset, const char *bytes, size_t length)
{
	autofree char *path = slot();
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, bytes, length, (off_t)offset), length);
}

static void the_second_time_it_is_read(void **state)
{
	autojson *wanted = profile("mkdir", "SECCOMP_FILTER_FLAG_LOG");
	autobuffer filter = {0};
	uint32_t flags;

	(void)state;
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
	/* The last bytes of the file are the filter's: what is there is what comes. */
	autofree char *path = slot();
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	change(st.st_size - 4, "abcd", 4);
	assert_null(seccomp_cache_compile(folder, wanted, &filter, &flags));
	assert_memory_equal(filter.data + filter.length - 4, "abcd", 4);
}

static void another_profile_in_the_slot_is_no_hit(void **state)
{
	(void)state;
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
	/* As if the text had been another one of the same length and hash; then also its length. */
	change(30, "X", 1);
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
	change(0, "\377\377\377\177", 4);
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
	autofree char *path = slot();
	assert_int_equal(truncate(path, 5), 0);
	assert_true(is_right("mkdir", "SECCOMP_FILTER_FLAG_LOG"));
}

static void many_profiles_take_few_files(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		autofree char *name = format("mkdir%d", i); /* unknown calls are left out */

		assert_true(is_right(i % 2 ? "mkdir" : "rmdir", "SECCOMP_FILTER_FLAG_LOG"));
		assert_true(is_right(name, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"));
	}
	uint64_t bytes;
	assert_null(tree_usage(AT_FDCWD, folder, &bytes));
	assert_in_range(bytes, 1, 64 * 1024);
}

static void without_a_folder_it_works_too(void **state)
{
	autojson *wanted = profile("mkdir", "SECCOMP_FILTER_FLAG_LOG");
	autobuffer filter = {0};
	uint32_t flags;

	(void)state;
	assert_null(seccomp_cache_compile(NULL, wanted, &filter, &flags));
	assert_null(seccomp_cache_compile("/proc/nowhere", wanted, &filter, &flags));
	assert_true(filter.length > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_second_time_it_is_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_profile_in_the_slot_is_no_hit, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(many_profiles_take_few_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_folder_it_works_too, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
