#include "changes.h"

#include "images_test.h"
#include "json.h"

static void instructions_change_the_config(void **state)
{
	static const struct {
		const char *line, *config;
	} rows[] = {
		{"CMD [\"a\", \"b c\"]", "{\"Cmd\":[\"a\",\"b c\"]}"},
		{"cmd echo hi", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"echo hi\"]}"},
		{"CMD [oops", "{\"Cmd\":[\"/bin/sh\",\"-c\",\"[oops\"]}"},
		{"CMD", "{\"Cmd\":[]}"},
		{"ENTRYPOINT [\"/x\"]", "{\"Entrypoint\":[\"/x\"]}"},
		{"ENV A=b C=\"d e\" F=g\\ h", "{\"Env\":[\"A=b\",\"C=d e\",\"F=g h\"]}"},
		{"ENV A b c", "{\"Env\":[\"A=b c\"]}"},
		{"ENV A= B=''", "{\"Env\":[\"A=\",\"B=\"]}"},
		{"EXPOSE 80 53/UDP", "{\"ExposedPorts\":{\"80/tcp\":{},\"53/udp\":{}}}"},
		{"EXPOSE 1\v\v2\f", "{\"ExposedPorts\":{\"1/tcp\":{},\"2/tcp\":{}}}"},
		{"EXPOSE 1-3", "{\"ExposedPorts\":{\"1/tcp\":{},\"2/tcp\":{},\"3/tcp\":{}}}"},
		{"LABEL a=b \"c d\"='e \"f\"'",
		 "{\"Labels\":{\"a\":\"b\",\"c d\":\"e \\\"f\\\"\"}}"},
		{"USER 1000:100", "{\"User\":\"1000:100\"}"},
		{"WORKDIR /a/", "{\"WorkingDir\":\"/a\"}"},
		{"WORKDIR a", "{\"WorkingDir\":\"/a\"}"},
		{"VOLUME /a /b", "{\"Volumes\":{\"/a\":{},\"/b\":{}}}"},
		{"VOLUME [\"/a b\"]", "{\"Volumes\":{\"/a b\":{}}}"},
		{"STOPSIGNAL SIGQUIT", "{\"StopSignal\":\"SIGQUIT\"}"},
		{"ONBUILD RUN x", "{\"OnBuild\":[\"RUN x\"]}"},
		{"HEALTHCHECK NONE", "{\"Healthcheck\":{\"Test\":[\"NONE\"]}}"},
		{"HEALTHCHECK --interval=1m30s --retries=2 CMD true",
		 "{\"Healthcheck\":{\"Interval\":90000000000,\"Retries\":2,"
		 "\"Test\":[\"CMD-SHELL\",\"true\"]}}"},
		{"HEALTHCHECK CMD [\"/x\",\"y\"]",
		 "{\"Healthcheck\":{\"Test\":[\"CMD\",\"/x\",\"y\"]}}"},
		{"   ", "{}"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *config = json_object();
		const char *const lines[] = {rows[i].line, NULL};

		assert_ok(changes_apply(config, lines));
		autofree char *text = json_text(config);
		assert_string_equal(text, rows[i].config);
	}
}

static void wrong_instructions_are_told(void **state)
{
	static const struct {
		const char *line, *message;
	} rows[] = {
		{"RUN ls", "RUN is not a valid change command"},
		{"FROM x", "FROM is not a valid change command"},
		{"NONSENSE", "NONSENSE is not a valid change command"},
		{"ENV", "ENV requires at least one argument"},
		{"ENV A", "ENV must have two arguments"},
		{"ENV A=b C", "can't find = in \"C\""},
		{"EXPOSE x", "invalid containerPort: x"},
		{"EXPOSE 70000", "invalid containerPort: 70000"},
		{"EXPOSE 5-1", "invalid containerPort: 5-1"},
		{"EXPOSE 80/x", "invalid proto: x"},
		{"STOPSIGNAL ;rm", "invalid signal: ;rm"},
		{"VOLUME [\"\"]", "VOLUME specified can not be an empty string"},
		{"ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"},
		{"HEALTHCHECK RUN x", "Unknown type \"RUN\" in HEALTHCHECK"},
		{"HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"},
		{"HEALTHCHECK --interval=x CMD y", "invalid duration \"x\""},
		{"HEALTHCHECK --what=1 CMD y", "unknown flag"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *config = json_object();
		const char *const lines[] = {rows[i].line, NULL};

		assert_error(changes_apply(config, lines), ERROR_INVALID, rows[i].message);
	}
}

static void later_lines_build_on_earlier_ones(void **state)
{
	autojson *config = json_pack("{s:[s], s:[s]}", "Cmd", "old", "Env", "A=1");
	const char *const lines[] = {"ENV A=2 B=3", "WORKDIR /a", "WORKDIR b",
				     "ENTRYPOINT [\"/e\"]", NULL};

	(void)state;
	assert_ok(changes_apply(config, lines));
	autofree char *text = json_text(config);
	assert_string_equal(text, "{\"Env\":[\"A=2\",\"B=3\"],\"WorkingDir\":\"/a/b\","
				  "\"Entrypoint\":[\"/e\"]}");
}

static void a_command_that_was_given_outlives_the_entrypoint(void **state)
{
	autojson *config = json_object();
	const char *const lines[] = {"CMD [\"c\"]", "ENTRYPOINT [\"/e\"]", NULL};

	(void)state;
	assert_ok(changes_apply(config, lines));
	autofree char *text = json_text(config);
	assert_string_equal(text, "{\"Cmd\":[\"c\"],\"Entrypoint\":[\"/e\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instructions_change_the_config),
		cmocka_unit_test(wrong_instructions_are_told),
		cmocka_unit_test(later_lines_build_on_earlier_ones),
		cmocka_unit_test(a_command_that_was_given_outlives_the_entrypoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
