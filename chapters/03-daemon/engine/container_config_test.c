#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "container_config.h"
#include "json.h"
#include "memory.h"

static json_t *parse(const char *text)
{
	json_t *value;

	assert_null(json_parse(text, strlen(text), "test", &value));
	return value;
}

static const char image_text[] =
	"{\"Env\":[\"PATH=/image\",\"A=image\"],\"Cmd\":[\"httpd\",\"-f\"],"
	"\"Entrypoint\":[\"/entry\"],\"WorkingDir\":\"/srv\",\"User\":\"www\","
	"\"ExposedPorts\":{\"80/tcp\":{}},\"Labels\":{\"a\":\"image\",\"b\":\"image\"},"
	"\"StopSignal\":\"SIGQUIT\"}";

static json_t *merged(const char *request_text)
{
	autojson *request = parse(request_text), *image = parse(image_text);
	json_t *config = NULL;

	assert_null(container_config_make(request, image, &config));
	return config;
}

static void assert_command(const char *request, const char *expected)
{
	autojson *config = merged(request);
	autojson *command = container_config_command(config);
	autofree char *text = json_text(command);

	assert_string_equal(text, expected);
}

static void the_image_gives_what_the_request_leaves_out(void **state)
{
	autojson *config = merged("{\"Image\":\"x\"}");

	(void)state;
	assert_string_equal(json_string_at(config, "WorkingDir", NULL), "/srv");
	assert_string_equal(json_string_at(config, "User", NULL), "www");
	assert_string_equal(json_string_at(config, "StopSignal", NULL), "SIGQUIT");
	assert_non_null(json_at(config, "ExposedPorts", "80/tcp", NULL));
}

static void the_request_wins(void **state)
{
	autojson *config = merged("{\"User\":\"root\",\"WorkingDir\":\"/\",\"Env\":[\"A=own\"],"
				  "\"Labels\":{\"a\":\"own\"},\"ExposedPorts\":{\"81/tcp\":{}}}");
	autofree char *env = json_text(json_object_get(config, "Env"));

	(void)state;
	assert_string_equal(json_string_at(config, "User", NULL), "root");
	assert_string_equal(env, "[\"A=own\",\"PATH=/image\"]");
	assert_string_equal(json_string_at(config, "Labels", "a", NULL), "own");
	assert_string_equal(json_string_at(config, "Labels", "b", NULL), "image");
	assert_int_equal(json_object_size(json_object_get(config, "ExposedPorts")), 2);
}

static void command_and_entrypoint_merge_as_in_docker(void **state)
{
	(void)state;
	assert_command("{}", "[\"/entry\",\"httpd\",\"-f\"]");
	assert_command("{\"Cmd\":[\"sh\"]}", "[\"/entry\",\"sh\"]");
	assert_command("{\"Cmd\":\"sh\"}", "[\"/entry\",\"sh\"]");
	/* An entrypoint of one's own does without the image's arguments. */
	assert_command("{\"Entrypoint\":[\"/own\"]}", "[\"/own\"]");
	/* --entrypoint "" */
	assert_command("{\"Entrypoint\":[\"\"],\"Cmd\":[\"ls\"]}", "[\"ls\"]");
	/* An explicit [] is not null: the image's entrypoint stays away. */
	assert_command("{\"Entrypoint\":[],\"Cmd\":[\"ls\"]}", "[\"ls\"]");
}

static void assert_refused(const char *request_text, const char *message)
{
	autojson *request = parse(request_text);
	json_t *config = NULL;
	autoerror e = container_config_make(request, NULL, &config);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_INVALID);
	assert_string_equal(e->message, message);
	assert_null(config);
}

static void what_cannot_be_right_is_refused(void **state)
{
	(void)state;
	assert_refused("{}", "no command specified");
	assert_refused("{\"Cmd\":[\"a\"],\"WorkingDir\":\"srv\"}",
		       "the working directory 'srv' is invalid, it needs to be an absolute path");
	assert_refused("{\"Cmd\":[\"a\"],\"Env\":[\"=x\"]}", "invalid environment variable: =x");
	assert_refused("{\"Cmd\":[\"a\"],\"StopSignal\":\"SIGNOPE\"}", "invalid signal: SIGNOPE");
	assert_refused("{\"Cmd\":[\"a\"],\"Tty\":\"yes\"}",
		       "invalid JSON: Config.Tty must be true or false");
	assert_refused("{\"Cmd\":[1]}", "invalid JSON: Config.Cmd must be an array of strings");
	assert_refused("{\"Cmd\":[\"a\"],\"Hostname\":\"a/b\"}",
		       "invalid Hostname 'a/b': at most 64 characters, no slash and no white "
		       "space");
}

static void unknown_members_are_left_out_and_null_is_nothing(void **state)
{
	autojson *config = merged("{\"Cmd\":[\"a\"],\"Volumes\":null,\"Env\":null,"
				  "\"HostConfig\":{},\"Evil\":1}");

	(void)state;
	assert_null(json_object_get(config, "HostConfig"));
	assert_null(json_object_get(config, "Evil"));
	assert_int_equal(json_array_size(json_object_get(config, "Env")), 2);
}

static void the_environment_has_what_every_container_has(void **state)
{
	autojson *config = parse("{\"Hostname\":\"h\",\"Tty\":true,\"Env\":[\"A=1\",\"TERM=dumb\","
				 "\"A=2\",\"PATH\"]}");
	autojson *more = parse("[\"B=3\",\"A\"]");
	autojson *plain = container_config_environment(config);
	autojson *exec = container_config_environment_with(config, more, false);
	autofree char *plain_text = json_text(plain), *exec_text = json_text(exec);

	(void)state;
	assert_string_equal(plain_text, "[\"HOSTNAME=h\",\"TERM=dumb\",\"A=2\"]");
	assert_string_equal(exec_text, "[\"HOSTNAME=h\",\"TERM=dumb\",\"B=3\"]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_image_gives_what_the_request_leaves_out),
		cmocka_unit_test(the_request_wins),
		cmocka_unit_test(command_and_entrypoint_merge_as_in_docker),
		cmocka_unit_test(what_cannot_be_right_is_refused),
		cmocka_unit_test(unknown_members_are_left_out_and_null_is_nothing),
		cmocka_unit_test(the_environment_has_what_every_container_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
