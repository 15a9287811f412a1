#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "runc_container.h"

static char root[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(root, "/tmp/runc-container.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	return tree_remove(AT_FDCWD, root) ? -1 : 0;
}

static void an_id_is_a_name_of_a_folder(void **state)
{
	static const char *const wrong[] = {"", ".", "..", "a/b", "a b", "~filters", "\n"};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		autoerror e = runc_container_check_id(wrong[i]);

		assert_int_equal(e->class, ERROR_INVALID);
	}
	assert_null(runc_container_check_id("A-z_0+.9"));
}

/* config.json as a container's, in the state that `create` leaves. */
static struct error *make(const char *id, json_t *config, struct runc_container *container)
{
	autojson *spec = config;

	TRY(runc_container_reserve(root, id, container));
	TRY(runc_container_describe(container, "/bundle", spec, "/group"));
	TRY(runc_container_store(container));
	return runc_container_commit(container);
}

static json_t *config(void)
{
	return json_pack("{s:s, s:{s:s}}", "ociVersion", "1.0.0", "root", "path", "rootfs");
}

static void a_state_is_read_as_it_was_written(void **state)
{
	autorunc made = {0}, again = {0}, opened = {0};

	(void)state;
	assert_null(make("one", config(), &made));
	autoerror taken = runc_container_reserve(root, "one", &again);
	assert_int_equal(taken->class, ERROR_CONFLICT);
	assert_null(runc_container_open(root, "one", &opened));
	assert_string_equal(json_string_at(opened.state, "rootfs", NULL), "/bundle/rootfs");
	assert_string_equal(opened.cgroup, "/group");
	assert_string_equal(runc_container_status(&opened), "stopped"); /* it has no process */
	assert_null(runc_container_forget(&opened));
	autorunc gone = {0};
	autoerror e = runc_container_open(root, "one", &gone);
	assert_int_equal(e->class, ERROR_NOT_FOUND);
}

static void a_state_is_read_again_when_another_has_changed_it(void **state)
{
	autorunc made = {0}, other = {0};

	(void)state;
	assert_null(make("one", config(), &made));
	const json_t *ours = made.state;
	assert_null(runc_container_lock(&made));
	assert_ptr_equal(made.state, ours);
	runc_container_unlock(&made);
	assert_null(runc_container_open(root, "one", &other));
	json_object_set_new(other.state, "bundle", json_string("/another"));
	assert_null(runc_container_store(&other));
	assert_null(runc_container_lock(&made));
	assert_string_equal(json_string_at(made.state, "bundle", NULL), "/another");
}

static void write_process_file(const struct runc_container *container, const char *text)
{
	int fd = openat(container->folderfd, "process.json", O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void a_process_is_found_where_all_of_it_was_written(void **state)
{
	autorunc made = {0}, opened = {0}, half = {0};
	autojson *spec = config();

	(void)state;
	assert_null(runc_container_reserve(root, "one", &made));
	assert_null(runc_container_describe(&made, "/bundle", spec, "/planned"));
	assert_null(runc_container_store(&made));
	assert_null(runc_container_set_process(&made, getpid(), "/group"));
	assert_null(runc_container_open(root, "one", &opened));
	assert_int_equal(opened.pid, getpid());
	assert_string_equal(opened.cgroup, "/group");
	assert_string_equal(runc_container_status(&opened), "creating");
	/* `create` was killed while it wrote: there is no process. */
	write_process_file(&made, "{\"pid\": 1");
	runc_container_finish(&opened);
	assert_null(runc_container_open(root, "one", &opened));
	assert_int_equal(opened.pid, 0);
	assert_string_equal(opened.cgroup, "/planned");
	/* Of one that is complete somebody has taken it. */
	assert_null(runc_container_commit(&made));
	autoerror e = runc_container_open(root, "one", &half);
	assert_non_null(strstr(e->message, "the process of the container 'one'"));
}

static void what_others_may_write_is_not_believed(void **state)
{
	autorunc made = {0}, opened = {0}, second = {0};

	(void)state;
	assert_null(make("one", config(), &made));
	assert_int_equal(chmod(made.folder, 0777), 0);
	autoerror e = runc_container_open(root, "one", &opened);
	assert_int_equal(e->class, ERROR_FORBIDDEN);
	assert_int_equal(chmod(root, 01777), 0);
	autoerror sticky = runc_container_reserve(root, "two", &second);
	assert_int_equal(sticky->class, ERROR_FORBIDDEN);
}

static void what_could_not_be_read_is_not_written(void **state)
{
	autorunc made = {0};
	json_t *large = json_array(), *spec = config();

	(void)state;
	for (int i = 0; i < 700000; i++)
		json_array_append_new(large, json_real(1e9));
	json_object_set_new(spec, "large", large);
	autoerror e = make("one", spec, &made);
	assert_int_equal(e->class, ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_a_name_of_a_folder),
		cmocka_unit_test_setup_teardown(a_state_is_read_as_it_was_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_process_is_found_where_all_of_it_was_written,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_state_is_read_again_when_another_has_changed_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_others_may_write_is_not_believed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_could_not_be_read_is_not_written, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
