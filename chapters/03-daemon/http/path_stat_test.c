#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base64.h"
#include "memory.h"
#include "path_stat.h"

/* Numbers as Go prints them. */
static void modes_are_those_of_go(void **state)
{
	static const struct {
		mode_t mode;
		uint32_t go;
	} rows[] = {
		{S_IFREG | 0644, 420},         {S_IFDIR | 0755, 2147484141},
		{S_IFLNK | 0777, 134218239},   {S_IFIFO | 0644, 33554852},
		{S_IFCHR | 0666, 69206454},    {S_IFBLK | 0660, 67109296},
		{S_IFSOCK | 0755, 16777709},   {S_IFREG | 04755, 8389101},
		{S_IFDIR | 01777, 2148532735}, {S_IFREG | 02755, 4194797},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		assert_int_equal(path_stat_go_mode(rows[i].mode), rows[i].go);
		assert_int_equal(path_stat_mode(rows[i].go), rows[i].mode);
	}
}

static void what_is_encoded_can_be_read(void **state)
{
	const struct path_stat stat = {.name = (char *)"a \"name\"",
				       .link = (char *)"/else/where",
				       .size = 1ll << 40,
				       .mode = S_IFLNK | 0777,
				       .mtime = {1795467965, 120000000}};
	auto_path_stat back = {0};
	autofree char *text = path_stat_encode(&stat);
	autobuffer json = {0};
	(void)state;

	assert_null(base64_decode(text, &json));
	assert_string_equal(
		json.data, "{\"name\":\"a \\\"name\\\"\",\"size\":1099511627776,\"mode\":134218239,"
			   "\"mtime\":\"2026-11-23T21:06:05.12Z\",\"linkTarget\":\"/else/where\"}");
	assert_null(path_stat_decode(text, &back));
	assert_string_equal(back.name, stat.name);
	assert_string_equal(back.link, stat.link);
	assert_int_equal(back.size, stat.size);
	assert_int_equal(back.mode, stat.mode);
	assert_memory_equal(&back.mtime, &stat.mtime, sizeof(stat.mtime));
}

static void what_is_no_stat_is_refused(void **state)
{
	static const char *const wrong[] = {"", "no base64", "bm8ganNvbg==" /* no json */,
					    "e30=" /* {} */, "W10=" /* [] */};
	(void)state;

	for (size_t i = 0; i < countof(wrong); i++) {
		auto_path_stat stat = {0};
		autoerror e = path_stat_decode(wrong[i], &stat);

		assert_non_null(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_are_those_of_go),
		cmocka_unit_test(what_is_encoded_can_be_read),
		cmocka_unit_test(what_is_no_stat_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
