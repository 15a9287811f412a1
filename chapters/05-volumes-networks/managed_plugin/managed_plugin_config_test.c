#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"
#include "managed_plugin_config.h"
#include "memory.h"

/* As people write it, as the specification does. */
static const char written[] =
	"{\"description\":\"d\",\"entrypoint\":[\"/p\"],\"WORKDIR\":\"/w\",\"unknown\":1,"
	"\"interface\":{\"types\":[\"docker.volumedriver/1.0\"],\"socket\":\"p.sock\"},"
	"\"args\":{\"name\":\"args\",\"settable\":[\"value\"],\"value\":[\"a\"]},"
	"\"env\":[{\"name\":\"A\",\"settable\":[\"value\"],\"value\":\"1\"},"
	"{\"name\":\"B\",\"value\":\"2\"},{\"name\":\"C\"}],"
	"\"mounts\":[{\"name\":\"m\",\"settable\":[\"source\"],\"source\":\"/s\","
	"\"destination\":\"/d\",\"type\":\"bind\",\"options\":[\"rbind\"]},"
	"{\"name\":\"two\",\"settable\":[\"source\",\"options\"],\"destination\":\"/e\"}],"
	"\"linux\":{\"capabilities\":[\"CAP_SYS_ADMIN\"],"
	"\"devices\":[{\"name\":\"dev\",\"settable\":[\"path\"],\"path\":\"/dev/fuse\"}]},"
	"\"network\":{\"type\":\"host\"},\"pidhost\":true}";

static json_t *read_text(const char *text)
{
	autojson *document = json_loads(text, 0, NULL);
	json_t *config = NULL;

	assert_non_null(document);
	assert_null(managed_plugin_config_read(document, &config));
	return config;
}

static void assert_json(const json_t *value, const char *expected)
{
	autofree char *text = json_text(value);

	assert_string_equal(text, expected);
}

static void names_are_spelt_in_one_way(void **state)
{
	autojson *config = read_text(written), *again = NULL;
	(void)state;

	assert_string_equal(json_string_at(config, "WorkDir", NULL), "/w");
	assert_null(json_object_get(config, "unknown"));
	assert_json(json_object_get(config, "Interface"),
		    "{\"Socket\":\"p.sock\",\"Types\":[\"docker.volumedriver/1.0\"]}");
	assert_json(json_array_get(json_object_get(config, "Env"), 1),
		    "{\"Description\":\"\",\"Name\":\"B\",\"Settable\":null,\"Value\":\"2\"}");
	assert_json(json_at(config, "Linux", "Devices", NULL),
		    "[{\"Description\":\"\",\"Name\":\"dev\",\"Path\":\"/dev/fuse\","
		    "\"Settable\":[\"path\"]}]");
	assert_null(managed_plugin_config_read(config, &again));
	assert_true(json_equal(config, again));
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"[]", "not an object"},
		{"{\"entrypoint\": 1}", "Entrypoint"},
		{"{\"env\": [1]}", "Env is not an object"},
		{"{\"linux\": {\"devices\": [{\"path\": 7}]}}", "Path"},
		{"{\"interface\": {\"socket\": \"../../docker.sock\"}}", "Socket"},
		{"{\"interface\": {\"socket\": \"..\"}}", "Socket"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *document = json_loads(rows[i].text, 0, NULL), *config = NULL;
		autoerror e = managed_plugin_config_read(document, &config);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_non_null(strstr(e->message, rows[i].says));
	}
}

static struct error *set(json_t *config, json_t *settings, const char *change)
{
	autojson *changes = json_pack("[s, s]", "A=5", change);

	return managed_plugin_config_set(config, settings, changes);
}

static void settings_begin_as_the_config_says(void **state)
{
	autojson *config = read_text(written), *empty = read_text("{}");
	autojson *settings = managed_plugin_config_settings(config);
	autojson *none = managed_plugin_config_settings(empty);
	(void)state;

	assert_json(json_object_get(settings, "Env"), "[\"A=1\",\"B=2\"]");
	assert_json(json_object_get(settings, "Args"), "[\"a\"]");
	assert_json(none, "{\"Args\":[],\"Devices\":[],\"Env\":[],\"Mounts\":[]}");
}

static void what_is_settable_is_set(void **state)
{
	autojson *config = read_text(written);
	autojson *settings = managed_plugin_config_settings(config);
	(void)state;

	assert_null(set(config, settings, "args=x  y"));
	assert_null(set(config, settings, "m.source=/other=1"));
	assert_null(set(config, settings, "dev=/dev/null"));
	assert_json(json_object_get(settings, "Env"), "[\"A=5\",\"B=2\"]");
	assert_json(json_object_get(settings, "Args"), "[\"x\",\"\",\"y\"]");
	assert_string_equal(json_string_at(json_array_get(json_object_get(settings, "Mounts"), 0),
					   "Source", NULL),
			    "/other=1");
	assert_string_equal(
		json_string_at(json_array_get(json_at(config, "Linux", "Devices", NULL), 0), "Path",
			       NULL),
		"/dev/null");
}

static void all_changes_are_made_or_none(void **state)
{
	static const struct {
		const char *change, *says;
	} rows[] = {
		{"B=3", "\"B\" is not settable"},
		{"A.other=3", "\"A.other\" is not settable"},
		{"m.options=ro", "\"m.options\" is not settable"},
		{"two=/x", "several fields"},
		{"nothing=1", "setting \"nothing\" not found in the plugin configuration"},
		{"=1", "invalid settable format"},
	};
	autojson *config = read_text(written);
	autojson *settings = managed_plugin_config_settings(config);
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autoerror e = set(config, settings, rows[i].change);

		assert_non_null(e);
		assert_non_null(strstr(e->message, rows[i].says));
		assert_json(json_object_get(settings, "Env"), "[\"A=1\",\"B=2\"]");
	}
}

static void privileges_are_granted_as_they_are_wanted(void **state)
{
	autojson *config = read_text(written), *empty = read_text("{}");
	autojson *wanted = managed_plugin_config_privileges(config), *none = json_array();
	autojson *turned = json_array();
	(void)state;

	assert_int_equal(json_array_size(wanted), 5);
	assert_json(json_array_get(wanted, 2), "{\"Name\":\"mount\",\"Description\":\"host path to "
					       "mount\",\"Value\":[\"/s\"]}");
	for (size_t i = json_array_size(wanted); i-- > 0;)
		json_array_append(turned, json_array_get(wanted, i));
	assert_null(managed_plugin_config_grant(config, turned));
	assert_null(managed_plugin_config_grant(empty, none));
	json_array_remove(turned, 0);
	autoerror less = managed_plugin_config_grant(config, turned);
	autoerror more = managed_plugin_config_grant(empty, turned);
	assert_string_equal(less->message, "incorrect privileges");
	assert_int_equal(less->class, ERROR_FORBIDDEN);
	assert_non_null(more);
	json_array_append_new(none, json_integer(1)); /* a client may send anything */
	autoerror strange = managed_plugin_config_grant(empty, none);
	assert_non_null(strange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_spelt_in_one_way),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(settings_begin_as_the_config_says),
		cmocka_unit_test(what_is_settable_is_set),
		cmocka_unit_test(all_changes_are_made_or_none),
		cmocka_unit_test(privileges_are_granted_as_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
