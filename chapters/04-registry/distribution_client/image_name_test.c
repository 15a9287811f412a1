#include "image_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"

static void a_name_has_its_registry_repository_and_tag(void **state)
{
	static const struct {
		const char *text, *domain, *repository, *whole;
	} rows[] = {
		{"box", "docker.io", "box", "docker.io/library/box:latest"},
		{"box:1", "docker.io", "box", "docker.io/library/box:1"},
		{"ann/box", "docker.io", "ann/box", "docker.io/ann/box:latest"},
		{"docker.io/box", "docker.io", "docker.io/box", "docker.io/box:latest"},
		{"host:5000/box", "host:5000", "host:5000/box", "host:5000/box:latest"},
		{"host:5000/a/b:2", "host:5000", "host:5000/a/b", "host:5000/a/b:2"},
		{"localhost/box", "localhost", "localhost/box", "localhost/box:latest"},
		{"Host/box", "Host", "Host/box", "Host/box:latest"},
		{"[::1]:5000/box:3", "[::1]:5000", "[::1]:5000/box", "[::1]:5000/box:3"},
		{"h.org/b:1@sha256:0a", "h.org", "h.org/b", "h.org/b@sha256:0a"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		auto_image_name name;

		image_name_split(rows[i].text, &name);
		autofree char *whole = image_name_text(&name);
		assert_string_equal(name.domain, rows[i].domain);
		assert_string_equal(name.repository, rows[i].repository);
		assert_string_equal(whole, rows[i].whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_its_registry_repository_and_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
