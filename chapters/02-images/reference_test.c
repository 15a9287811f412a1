#include "reference.h"

#include "images_test.h"

#define HEX    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST "sha256:" HEX

static void names_have_two_forms(void **state)
{
	static const struct {
		const char *text, *normalized, *familiar;
	} rows[] = {
		{"busybox", "docker.io/library/busybox:latest", "busybox:latest"},
		{"busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"},
		{"library/busybox", "docker.io/library/busybox:latest", "busybox:latest"},
		{"docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"},
		{"index.docker.io/library/a", "docker.io/library/a:latest", "a:latest"},
		{"user/x:V1", "docker.io/user/x:V1", "user/x:V1"},
		{"a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest"},
		{"localhost/x", "localhost/x:latest", "localhost/x:latest"},
		{"host:5000/a/b:tag@" DIGEST, "host:5000/a/b:tag@" DIGEST,
		 "host:5000/a/b:tag@" DIGEST},
		{"busybox@" DIGEST, "docker.io/library/busybox@" DIGEST, "busybox@" DIGEST},
		{"example.com/x_y/z__w/a-b/c---d", "example.com/x_y/z__w/a-b/c---d:latest",
		 "example.com/x_y/z__w/a-b/c---d:latest"},
		{"Host/x", "Host/x:latest", "Host/x:latest"},
		{"[::1]:5000/x", "[::1]:5000/x:latest", "[::1]:5000/x:latest"},
		{"quay.io/library/x", "quay.io/library/x:latest", "quay.io/library/x:latest"},
		/* Without the host they would name another image, or none. */
		{"index.docker.io/a.io/x", "docker.io/a.io/x:latest", "docker.io/a.io/x:latest"},
		{"docker.io/localhost/x", "docker.io/localhost/x:latest",
		 "docker.io/localhost/x:latest"},
		{"library/" HEX, "docker.io/library/" HEX ":latest",
		 "docker.io/library/" HEX ":latest"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoreference ref = {0};

		assert_ok(reference_parse(rows[i].text, &ref));
		reference_default_tag(&ref);
		autofree char *normalized = reference_normalized(&ref);
		autofree char *familiar = reference_familiar(&ref);
		assert_string_equal(normalized, rows[i].normalized);
		assert_string_equal(familiar, rows[i].familiar);
	}
}

static void what_is_no_name_is_told_as_docker_tells_it(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"", "invalid reference format"},
		{":tag", "invalid reference format"},
		{"a b", "invalid reference format"},
		{"-a", "invalid reference format"},
		{"a//b", "invalid reference format"},
		{"a/", "invalid reference format"},
		{"/a", "invalid reference format"},
		{"a..b", "invalid reference format"},
		{"a___b", "invalid reference format"},
		{"../../etc", "invalid reference format"},
		{"a:", "invalid reference format"},
		{"a:-t", "invalid reference format"},
		{"a:t:t", "invalid reference format"},
		{"a@sha256:123", "invalid reference format"},
		{"host:port/a", "invalid reference format"},
		{"a\nb", "invalid reference format"},
		{"Busybox",
		 "invalid reference format: repository name (library/Busybox) must be lowercase"},
		{"x.y/Foo:A", "invalid reference format: repository name (Foo) must be lowercase"},
		{HEX, "cannot specify 64-byte hexadecimal strings"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct reference ref;

		assert_error(reference_parse(rows[i].text, &ref), ERROR_INVALID, rows[i].message);
		assert_null(ref.path);
	}
}

static void lengths_have_limits(void **state)
{
	char name[300], tag[140];
	autoreference ref = {0};

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_error(reference_parse(name, &ref), ERROR_INVALID, "longer than 255 characters");
	memset(tag, 't', sizeof(tag));
	tag[129] = '\0';
	assert_false(reference_is_tag(tag));
	tag[128] = '\0';
	assert_true(reference_is_tag(tag));
}

static void repositories_have_no_tag(void **state)
{
	autoreference ref = {0};

	(void)state;
	assert_ok(reference_parse("busybox:1", &ref));
	autofree char *whole = reference_repository(&ref);
	autofree char *familiar = reference_familiar_repository(&ref);
	assert_string_equal(whole, "docker.io/library/busybox");
	assert_string_equal(familiar, "busybox");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_two_forms),
		cmocka_unit_test(what_is_no_name_is_told_as_docker_tells_it),
		cmocka_unit_test(lengths_have_limits),
		cmocka_unit_test(repositories_have_no_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
