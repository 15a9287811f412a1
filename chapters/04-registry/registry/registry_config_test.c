#include "registry_config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "images_test.h"

/* "--a b": words between spaces. */
static struct error *read_line(struct registry_config *config, const char *text)
{
	autofree char *line = duplicate(text);
	char *argv[12] = {(char *)"mini-registry"};
	int argc = 1;

	for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return registry_config_read(config, argc, argv);
}

static void what_is_not_said_has_a_default(void **state)
{
	auto_registry_config config = {0};
	(void)state;

	assert_ok(read_line(&config, ""));
	assert_string_equal(config.root, REGISTRY_DEFAULT_ROOT);
	assert_int_equal(config.listen.count, 1);
	assert_string_equal(config.listen.items[0], REGISTRY_DEFAULT_LISTEN);
	assert_int_equal(config.collect.grace, 3600);
	assert_int_equal(config.collect.keep, 0);
	assert_int_equal(config.patience, 60);
	assert_false(config.limits.read_only);
}

static void a_mirror_is_read_only_and_forgets(void **state)
{
	auto_registry_config config = {0};
	(void)state;

	assert_ok(read_line(&config, "--mirror-of docker.io --gc-grace 5m"));
	assert_true(config.limits.read_only);
	assert_int_equal(config.collect.keep, 7 * 24 * 3600);
	assert_int_equal(config.collect.grace, 300);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *line, *told;
	} rows[] = {
		{"word", "takes no arguments: 'word'"},
		{"--mirror-keep 1h", "give --mirror-of"},
		{"--mirror-credentials x", "give --mirror-of"},
		{"--tls-certificate x", "--tls-certificate and --tls-key together"},
		{"--tls-ca x", "--tls-certificate and --tls-key together"},
		{"--gc-grace -1s", "--gc-grace"},
		{"--gc-grace soon", "--gc-grace"},
		{"--log-level loud", "loud"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		auto_registry_config config = {0};

		assert_error(read_line(&config, rows[i].line), ERROR_INVALID, rows[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(a_mirror_is_read_only_and_forgets),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
