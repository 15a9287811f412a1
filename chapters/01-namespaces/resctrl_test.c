#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "resctrl.h"
#include "resctrl_stats.h"
#include "runc_stats.h"

/* A folder that looks like the file system: what the kernel does by itself, put() does. */
static char root[] = "/tmp/resctrl-test-XXXXXX";

static void put(const char *name, const char *text)
{
	autofree char *path = format("%s/%s", root, name);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void assert_has(const char *name, const char *text)
{
	autofree char *path = format("%s/%s", root, name);
	autobuffer b = {0};

	assert_null(file_read(AT_FDCWD, path, 4096, &b));
	assert_string_equal(b.data ? b.data : "", text);
}

static bool is_there(const char *name)
{
	autofree char *path = format("%s/%s", root, name);

	return access(path, F_OK) == 0;
}

static void make(const char *name)
{
	autofree char *path = format("%s/%s", root, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

static void clear(const char *name)
{
	autofree char *path = format("%s/%s", root, name);

	assert_int_equal(unlink(path), 0);
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	error_free(tree_remove(AT_FDCWD, root));
	return 0;
}

static void where_it_is_mounted(void **state)
{
	char *at = NULL;

	(void)state;
	assert_null(resctrl_root_in(
		"22 1 0:21 / /proc rw - proc proc rw\n"
		"36 35 0:32 / /sys/fs/resctrl rw,relatime shared:12 - resctrl resctrl rw\n",
		&at));
	assert_string_equal(at, "/sys/fs/resctrl");
	free(at);
	/* The word alone, as a source or a folder, is none. */
	autoerror e = resctrl_root_in("22 1 0:21 / /resctrl rw - tmpfs resctrl rw\n", &at);
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAVAILABLE);
	autoerror empty = resctrl_root_in("", &at);
	assert_non_null(empty);
}

static void a_group_of_its_own_goes_with_the_container(void **state)
{
	const struct resctrl_request request = {
		.class = "", .id = "web", .schemata = "L3:0=ff\nMB:0=50\n"};

	(void)state;
	assert_null(resctrl_create(root, &request));
	assert_true(is_there("web"));
	put("web/schemata", "");
	put("web/tasks", "");
	assert_null(resctrl_assign(root, &request, 4711));
	assert_has("web/tasks", "4711\n");
	assert_has("web/schemata", "MB:0=50\n"); /* the last: each line is a write */
	autoerror twice = resctrl_create(root, &request);
	assert_non_null(twice);
	assert_int_equal(twice->class, ERROR_CONFLICT);
	clear("web/schemata");
	clear("web/tasks");
	assert_null(resctrl_remove(root, &request));
	assert_false(is_there("web"));
	assert_null(resctrl_remove(root, &request));
}

static void a_class_is_shared_and_stays(void **state)
{
	struct resctrl_request request = {.class = "gold", .id = "web", .schemata = ""};

	(void)state;
	autoerror missing = resctrl_create(root, &request);
	assert_non_null(missing);
	assert_int_equal(missing->class, ERROR_NOT_FOUND);
	make("gold");
	put("gold/tasks", "");
	put("gold/schemata", "    L3:0=00ff;1=000f\n    MB:0= 50\n");
	assert_null(resctrl_create(root, &request));
	assert_null(resctrl_assign(root, &request, 1));
	assert_has("gold/tasks", "1\n");
	assert_has("gold/schemata", "    L3:0=00ff;1=000f\n    MB:0= 50\n");
	request.schemata = "L3:1=f;0=ff\n";
	assert_null(resctrl_create(root, &request));
	request.schemata = "L3:0=fe\n";
	autoerror other = resctrl_create(root, &request);
	assert_non_null(other);
	assert_int_equal(other->class, ERROR_CONFLICT);
	request.schemata = "L2:0=ff\n";
	autoerror unknown = resctrl_create(root, &request);
	assert_non_null(unknown);
	assert_null(resctrl_remove(root, &request));
	assert_true(is_there("gold"));
}

static void a_monitoring_group_is_the_containers(void **state)
{
	const struct resctrl_request request = {
		.class = "/", .id = "web", .schemata = "", .monitored = true};

	(void)state;
	autoerror missing = resctrl_create(root, &request);
	assert_non_null(missing); /* no mon_groups: the processor has no monitoring */
	make("mon_groups");
	put("tasks", "");
	assert_null(resctrl_create(root, &request));
	put("mon_groups/web/tasks", "");
	assert_null(resctrl_assign(root, &request, 42));
	assert_has("tasks", "42\n");
	assert_has("mon_groups/web/tasks", "42\n");
	clear("mon_groups/web/tasks");
	assert_null(resctrl_remove(root, &request));
	assert_false(is_there("mon_groups/web"));
	assert_true(is_there("tasks"));
}

static void nothing_stays_of_a_group_without_its_monitoring_group(void **state)
{
	const struct resctrl_request request = {
		.class = "", .id = "half", .schemata = "", .monitored = true};

	(void)state;
	autoerror e = resctrl_create(root, &request); /* no half/mon_groups */
	assert_non_null(e);
	assert_false(is_there("half"));
}

/* What `events --stats` prints of a tree. */
static void assert_printed(const struct resctrl_request *request, const char *text)
{
	const struct cgroup_stats nothing = {0};
	autoresctrl stats;
	autobuffer out = {0};

	assert_null(resctrl_stats_read(root, request, &stats));
	runc_stats_print(&out, &nothing, &stats);
	const char *at = strstr(out.data, "\"intel_rdt\":");
	const char *end = strstr(out.data, ",\"network_interfaces\"");
	assert_non_null(at);
	assert_non_null(end);
	autofree char *printed = duplicate_range(at + 12, end - at - 12);
	assert_string_equal(printed, text);
}

static void what_it_has_and_has_used_is_told_as_runc_does(void **state)
{
	struct resctrl_request request = {.class = "part", .id = "web", .schemata = ""};

	(void)state;
	make("part");
	assert_printed(&request, "{}");
	make("info");
	make("info/L3");
	make("info/MB");
	put("info/L3/cbm_mask", "fffff\n");
	put("info/L3/min_cbm_bits", "1\n");
	put("info/L3/num_closids", "16\n");
	put("info/MB/bandwidth_gran", "10\n");
	put("info/MB/delay_linear", "1\n");
	put("info/MB/min_bandwidth", "20\n");
	put("info/MB/num_closids", "8\n");
	put("schemata", "    MB:0=100\n    L3:0=fffff\n");
	put("part/schemata", "    MB:0= 50\n    L3:0=0000f\n");
	assert_printed(&request,
		       "{\"l3_cache_info\":{\"cbm_mask\":\"fffff\",\"min_cbm_bits\":1,"
		       "\"num_closids\":16},\"l3_cache_schema_root\":\"L3:0=fffff\","
		       "\"l3_cache_schema\":\"L3:0=0000f\",\"mem_bw_info\":{\"bandwidth_gran\":10,"
		       "\"delay_linear\":1,\"min_bandwidth\":20,\"num_closids\":8},"
		       "\"mem_bw_schema_root\":\"MB:0=100\",\"mem_bw_schema\":\"MB:0= 50\"}");
}

static void what_a_monitoring_group_counts_is_told(void **state)
{
	struct resctrl_request request = {.class = "seen", .id = "web", .schemata = ""};

	(void)state;
	make("seen");
	make("seen/mon_data");
	make("seen/mon_data/mon_L3_01");
	put("seen/mon_data/mon_L3_01/llc_occupancy", "7\n");
	make("seen/mon_groups");
	make("seen/mon_groups/web");
	make("seen/mon_groups/web/mon_data");
	make("seen/mon_groups/web/mon_data/mon_L3_01");
	make("seen/mon_groups/web/mon_data/mon_L3_00");
	put("seen/mon_groups/web/mon_data/mon_L3_00/mbm_total_bytes", "18446744073709551615\n");
	put("seen/mon_groups/web/mon_data/mon_L3_00/mbm_local_bytes", "Unavailable\n");
	put("seen/mon_groups/web/mon_data/mon_L3_00/llc_occupancy", "5\n");
	put("seen/mon_groups/web/mon_data/mon_L3_01/mbm_total_bytes", "3\n");
	put("seen/mon_groups/web/mon_data/mon_L3_01/mbm_local_bytes", "2\n");
	put("seen/mon_groups/web/mon_data/mon_L3_01/llc_occupancy", "0\n");
	assert_printed(&request, "{\"cmt_stats\":[{\"llc_occupancy\":7}]}");
	request.monitored = true;
	assert_printed(&request, "{\"mbm_stats\":[{\"mbm_total_bytes\":18446744073709551615,"
				 "\"mbm_local_bytes\":0},{\"mbm_total_bytes\":3,"
				 "\"mbm_local_bytes\":2}],\"cmt_stats\":[{\"llc_occupancy\":5},"
				 "{\"llc_occupancy\":0}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_it_is_mounted),
		cmocka_unit_test(a_group_of_its_own_goes_with_the_container),
		cmocka_unit_test(a_class_is_shared_and_stays),
		cmocka_unit_test(a_monitoring_group_is_the_containers),
		cmocka_unit_test(nothing_stays_of_a_group_without_its_monitoring_group),
		cmocka_unit_test(what_a_monitoring_group_counts_is_told),
		cmocka_unit_test(what_it_has_and_has_used_is_told_as_runc_does),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
