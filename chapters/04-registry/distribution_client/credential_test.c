#include "credential.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base64.h"
#include "images_test.h"
#include "json.h"

static const char *folder_of(void **state)
{
	return ((struct place *)*state)->path;
}

static void write_file(void **state, const char *text)
{
	assert_ok(file_write_atomic(((struct place *)*state)->fd, "config.json", text, strlen(text),
				    0644, NOT_DURABLE));
}

static void what_is_kept_comes_back_and_goes(void **state)
{
	const struct credential ann = {(char *)"ann", (char *)"pass:word", NULL};
	auto_credential found = {0};
	autofree char *helper = NULL;
	struct stat st;
	bool was;

	write_file(state, "{\"detachKeys\": \"ctrl-a\", \"auths\": {\"other\": {}}}");
	assert_ok(credential_store(folder_of(state), "host:5000", &ann, &helper));
	assert_null(helper);
	assert_int_equal(fstatat(((struct place *)*state)->fd, "config.json", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(credential_load(folder_of(state), "host:5000", &found));
	assert_string_equal(found.username, "ann");
	assert_string_equal(found.password, "pass:word");
	assert_ok(credential_erase(folder_of(state), "host:5000", &was));
	assert_true(was);
	assert_ok(credential_erase(folder_of(state), "host:5000", &was));
	assert_false(was);
	/* What others have in the file stays. */
	autojson *config = NULL;
	assert_ok(json_read(((struct place *)*state)->fd, "config.json", 1000, &config));
	assert_string_equal(json_string_at(config, "detachKeys", NULL), "ctrl-a");
	assert_non_null(json_at(config, "auths", "other", NULL));
}

static void an_identity_token_takes_the_place_of_the_password(void **state)
{
	const struct credential ann = {(char *)"ann", NULL, (char *)"token"};
	auto_credential found = {0};
	autofree char *helper = NULL;
	autobuffer text = {0};

	assert_ok(credential_store(folder_of(state), "host", &ann, &helper));
	assert_ok(credential_load(folder_of(state), "host", &found));
	assert_string_equal(found.identity_token, "token");
	autofree char *header = credential_header(&found, "host");
	assert_ok(base64_decode(header, &text));
	buffer_append(&text, "", 1);
	assert_non_null(strstr(text.data, "\"identitytoken\":\"token\""));
	assert_null(strstr(text.data, "password"));
}

static void other_forms_of_a_name_are_the_same_registry(void **state)
{
	auto_credential found = {0}, nobody = {0};
	autofree char *hub = credential_server("docker.io");

	assert_string_equal(hub, "https://index.docker.io/v1/");
	write_file(state, "{\"auths\": {\"https://host:5000/v2/\": {\"auth\": \"YTpi\"}}}");
	assert_ok(credential_load(folder_of(state), "host:5000", &found));
	assert_string_equal(found.username, "a");
	assert_string_equal(found.password, "b");
	assert_ok(credential_load(folder_of(state), "host", &nobody));
	assert_null(nobody.username);
}

static void a_file_that_makes_no_sense_is_told(void **state)
{
	static const struct {
		const char *text, *told;
	} rows[] = {
		{"[]", "is not an object"},
		{"{", "the client's configuration"},
		{"{\"auths\": {\"host\": {\"auth\": \"YWI=\"}}}", "no base64 of USER:PASSWORD"},
		{"{\"auths\": {\"host\": {\"auth\": \"!\"}}}", "the credentials of host"},
		{"{\"credsStore\": \"../../bin/sh\"}", "is no name of a credential helper"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		auto_credential found = {0};

		write_file(state, rows[i].text);
		assert_error(credential_load(folder_of(state), "host", &found), ERROR_INVALID,
			     rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(what_is_kept_comes_back_and_goes),
		in_place(an_identity_token_takes_the_place_of_the_password),
		in_place(other_forms_of_a_name_are_the_same_registry),
		in_place(a_file_that_makes_no_sense_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
