#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "managed_plugin_config.h"
#include "managed_plugin_spec.h"
#include "memory.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct made {
	struct furnishing furnishing;
	json_t *config, *settings;
};

static void made_finish(struct made *made)
{
	furnishing_close_mounts(&made->furnishing);
	json_decref(made->furnishing.spec);
	json_decref(made->config);
	json_decref(made->settings);
}
#define automade __attribute__((cleanup(made_finish))) struct made

static struct error *make(const char *text, int propagated, struct made *made)
{
	autojson *document = json_loads(text, 0, NULL);

	assert_non_null(document);
	assert_null(managed_plugin_config_read(document, &made->config));
	made->settings = managed_plugin_config_settings(made->config);
	const struct managed_plugin_frame frame = {
		.id = ID,
		.config = made->config,
		.settings = made->settings,
		.root_path = "/root-place",
		.cgroup_path = "/group/" ID,
		.sockets = "/run/sockets",
		.propagated = propagated,
	};
	return managed_plugin_spec_make(&frame, &made->furnishing);
}

static const json_t *mount_at(const struct made *made, const char *target)
{
	const json_t *mount;
	size_t i;

	json_array_foreach (json_object_get(made->furnishing.spec, "mounts"), i, mount)
		if (strcmp(json_string_at(mount, "destination", NULL), target) == 0)
			return mount;
	return NULL;
}

static bool has_namespace(const struct made *made, const char *type)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_at(made->furnishing.spec, "linux", "namespaces", NULL), i, one)
		if (strcmp(json_string_at(one, "type", NULL), type) == 0)
			return true;
	return false;
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

static void it_is_alone_unless_it_says_so(void **state)
{
	automade made = {0};
	(void)state;

	assert_null(make("{\"entrypoint\":[\"/p\",\"x\"],\"args\":{\"value\":[\"y\"]},"
			 "\"env\":[{\"name\":\"A\",\"value\":\"1\"}],\"workdir\":\"/w\","
			 "\"user\":{\"uid\":7,\"gid\":8}}",
			 -1, &made));
	const json_t *process = json_object_get(made.furnishing.spec, "process");
	autofree char *args = json_text(json_object_get(process, "args"));
	assert_string_equal(args, "[\"/p\",\"x\",\"y\"]");
	assert_true(holds(json_object_get(process, "env"), "A=1"));
	assert_string_equal(json_string_at(process, "cwd", NULL), "/w");
	assert_string_equal(json_string_at(made.furnishing.spec, "annotations", "mini-docker.user",
					   NULL),
			    "7:8");
	assert_true(has_namespace(&made, "network"));
	assert_true(has_namespace(&made, "pid"));
	assert_true(has_namespace(&made, "ipc"));
	assert_null(mount_at(&made, "/etc/hosts"));
	assert_string_equal(json_string_at(mount_at(&made, "/run/docker/plugins"), "source", NULL),
			    "/run/sockets");
	assert_int_equal(made.furnishing.mount_count, 0);
}

static void what_it_wants_of_the_machine_it_gets(void **state)
{
	automade made = {0};
	(void)state;

	assert_null(
		make("{\"entrypoint\":[\"/p\"],\"network\":{\"type\":\"host\"},"
		     "\"pidhost\":true,\"ipchost\":true,\"propagatedMount\":\"/data\","
		     "\"mounts\":[{\"source\":\"/dev\",\"destination\":\"/dev\",\"type\":\"bind\","
		     "\"options\":[\"rbind\"]}],"
		     "\"linux\":{\"capabilities\":[\"CAP_SYS_ADMIN\"],\"allowAllDevices\":true,"
		     "\"devices\":[{\"path\":\"/dev/null\"},{\"name\":\"unset\"}]}}",
		     dup(STDIN_FILENO), &made));
	assert_false(has_namespace(&made, "network"));
	assert_false(has_namespace(&made, "pid"));
	assert_false(has_namespace(&made, "ipc"));
	assert_int_equal(made.furnishing.mount_count, 1);
	assert_true(holds(json_object_get(mount_at(&made, "/data"), "options"), "rshared"));
	assert_non_null(mount_at(&made, "/etc/hosts"));
	assert_string_equal(json_string_at(mount_at(&made, "/dev"), "source", NULL), "/dev");
	assert_null(mount_at(&made, "/dev/pts")); /* the machine's own is below its /dev */
	assert_int_equal(json_array_size(json_at(made.furnishing.spec, "linux", "devices", NULL)),
			 1);
	assert_null(json_at(made.furnishing.spec, "linux", "seccomp", NULL));
}

static void a_mount_needs_a_source(void **state)
{
	automade made = {0};
	(void)state;

	autoerror e = make("{\"entrypoint\":[\"/p\"],\"mounts\":[{\"name\":\"m\",\"destination\":"
			   "\"/d\",\"type\":\"bind\"}]}",
			   dup(STDIN_FILENO), &made);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "mount source is not specified"));
	assert_non_null(strstr(e->message, "m.source=PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_alone_unless_it_says_so),
		cmocka_unit_test(what_it_wants_of_the_machine_it_gets),
		cmocka_unit_test(a_mount_needs_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
