/*
 * name_functions_test - functions of the lab, called alone: name_functions_test NAME
 *
 * Of names: references, platforms, paths of archives; no disk is touched.
 * What a program of the store does not lead to, or what only a caller sees. Run by the lab's bats
 * tests (alone in labs/lib/lab.bash), as root in a sandbox; each test in a tmpfs of its own.
 */
#include "images_test.h"
#include "platform.h"
#include "reference.h"
#include "unpack_tree.h"

#define ABC    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DIGEST "sha256:" ABC /* of "abc" */
#define ABC512                                                                                     \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"                         \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

/* -- section 2.3: references -- */

struct name {
	const char *text, *normalized, *familiar;
};

static void assert_names(const struct name *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autoreference ref = {0};

		assert_ok(reference_parse(rows[i].text, &ref));
		reference_default_tag(&ref);
		autofree char *normalized = reference_normalized(&ref);
		autofree char *familiar = reference_familiar(&ref);
		assert_text("what is meant", normalized, rows[i].normalized);
		assert_text("what people see", familiar, rows[i].familiar);
	}
}

static void short_names_are_of_the_hub(void **state)
{
	static const struct name rows[] = {
		{"alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"alpine:3.19", "docker.io/library/alpine:3.19", "alpine:3.19"},
		{"library/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"me/tool", "docker.io/me/tool:latest", "me/tool:latest"},
		{"docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
		{"index.docker.io/me/tool", "docker.io/me/tool:latest", "me/tool:latest"},
		{"docker.io/quay.io/tool", "docker.io/quay.io/tool:latest",
		 "docker.io/quay.io/tool:latest"},
		{"docker.io/library/x/y", "docker.io/library/x/y:latest", "library/x/y:latest"},
		{"a/library/b", "docker.io/a/library/b:latest", "a/library/b:latest"},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void hosts_are_told_from_folders(void **state)
{
	static const struct name rows[] = {
		{"example.org/a", "example.org/a:latest", "example.org/a:latest"},
		{"box:5000/a:1", "box:5000/a:1", "box:5000/a:1"},
		{"localhost/a", "localhost/a:latest", "localhost/a:latest"},
		{"Box/a", "Box/a:latest", "Box/a:latest"},
		{"[fe80::1]:80/a/b", "[fe80::1]:80/a/b:latest", "[fe80::1]:80/a/b:latest"},
		{"box/a", "docker.io/box/a:latest", "box/a:latest"},
		{"example.org/library/a", "example.org/library/a:latest",
		 "example.org/library/a:latest"},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void digests_are_kept(void **state)
{
	static const struct name rows[] = {
		{"alpine@" DIGEST, "docker.io/library/alpine@" DIGEST, "alpine@" DIGEST},
		{"h:1/a:t@" DIGEST, "h:1/a:t@" DIGEST, "h:1/a:t@" DIGEST},
		{"me/tool@sha512:" ABC512, "docker.io/me/tool@sha512:" ABC512,
		 "me/tool@sha512:" ABC512},
	};

	(void)state;
	assert_names(rows, countof(rows));
}

static void paths_have_a_grammar(void **state)
{
	static const struct name rows[] = {
		{"a.b/c.d", "a.b/c.d:latest", "a.b/c.d:latest"},
		{"a_b", "docker.io/library/a_b:latest", "a_b:latest"},
		{"a__b-c--d", "docker.io/library/a__b-c--d:latest", "a__b-c--d:latest"},
		{"0/1/2", "docker.io/0/1/2:latest", "0/1/2:latest"},
	};
	static const char *const wrong[] = {"",      "/a",       "a/",  "a//b", "a...b",
					    "a___b", "_a",       "a-",  "-a",   "a b",
					    "a\tb",  "a/../b",   ".",   "a.",   "a/-b",
					    "a/b_",  "\xc3\xa9", "a+b", "a,b",  "a/b.-c"};

	(void)state;
	assert_names(rows, countof(rows));
	for (size_t i = 0; i < countof(wrong); i++) {
		struct reference ref;

		assert_error(reference_parse(wrong[i], &ref), ERROR_INVALID,
			     "invalid reference format");
		assert_null(ref.domain);
		assert_null(ref.path);
	}
}

static void what_is_cut_off_is_checked(void **state)
{
	static const char *const wrong[] = {
		"a:",          "a:.t",           "a:t:u",           "a@",
		"a@sha256:12", "a@" DIGEST ":t", "a:t@" DIGEST "0", "h:port/a",
		"h:/a",        "-h.x/a",         "h..x/a",          "[::1/a",
		"[]:1/a"};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		struct reference ref;

		assert_error(reference_parse(wrong[i], &ref), ERROR_INVALID,
			     "invalid reference format");
		assert_null(ref.domain);
		assert_null(ref.tag);
	}
}

static void names_have_limits(void **state)
{
	char name[300];
	struct reference ref;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[1] = '/'; /* nothing is put before it */
	name[256] = '\0';
	assert_error(reference_parse(name, &ref), ERROR_INVALID, "must not be longer than");
	name[255] = '\0';
	assert_ok(reference_parse(name, &ref));
	reference_finish(&ref);
	assert_error(reference_parse(ABC, &ref), ERROR_INVALID, "");
	assert_error(reference_parse("me/Tool:T", &ref), ERROR_INVALID,
		     "repository name (me/Tool) must be lowercase");
	assert_ok(reference_parse("a" ABC, &ref));
	reference_finish(&ref);
	memset(name, 'g', 64);
	name[64] = '\0';
	assert_ok(reference_parse(name, &ref));
	reference_finish(&ref);
}

/* -- section 2.1: platforms -- */

static unsigned int rank(const char *wanted, const char *offered)
{
	struct platform a, b;

	assert_ok(platform_parse(wanted, &a));
	assert_ok(platform_parse(offered, &b));
	return platform_rank(&a, &b);
}

static void machines_run_what_their_elders_ran(void **state)
{
	static const struct {
		const char *wanted, *better, *worse; /* worse NULL: `better` does not run at all */
	} rows[] = {
		{"linux/amd64", "linux/amd64", "linux/386"},
		{"linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2"},
		{"linux/amd64/v3", "linux/amd64/v2", "linux/amd64"},
		{"linux/amd64/v3", "linux/amd64", "linux/386"},
		{"linux/arm/v7", "linux/arm/v7", "linux/arm/v6"},
		{"linux/arm64", "linux/arm64", "linux/arm/v8"},
		{"linux/arm64", "linux/arm/v8", "linux/arm/v7"},
		{"linux/amd64", "linux/amd64/v2", NULL},
		{"linux/arm/v6", "linux/arm/v7", NULL},
		{"linux/386", "linux/amd64", NULL},
		{"linux/arm/v7", "linux/arm64", NULL},
		{"linux/arm64", "linux/386", NULL},
		{"linux/amd64", "linux/arm/v7", NULL},
		{"linux/amd64", "windows/amd64", NULL},
		{"linux/arm64", "linux/arm/v9", NULL},
		{"windows/amd64", "linux/386", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		unsigned int better = rank(rows[i].wanted, rows[i].better);
		unsigned int worse = rows[i].worse ? rank(rows[i].wanted, rows[i].worse) : 0;

		if (rows[i].worse ? !worse || better <= worse : better != 0)
			fail_msg("%s takes %s with rank %u, and %s with %u", rows[i].wanted,
				 rows[i].better, better, rows[i].worse ? rows[i].worse : "nothing",
				 worse);
	}
}

/* -- section 2.4: paths of archives -- */

static void paths_are_cleaned(void **state)
{
	static const struct {
		const char *path, *clean; /* NULL: it leads out */
	} rows[] = {
		{"a/b", "a/b"},
		{"/a", "a"},
		{"./a/./b/.", "a/b"},
		{"a//b///", "a/b"},
		{"a/../b", "b"},
		{"a/b/../../c", "c"},
		{"a/..", ""},
		{".", ""},
		{"", ""},
		{"/", ""},
		{"..a/b..", "..a/b.."},
		{"a/...", "a/..."},
		{"abc/de/..", "abc"},
		{".a/.b", ".a/.b"},
		{"..", NULL},
		{"/..", NULL},
		{"a/../..", NULL},
		{"a/../../a/b", NULL},
		{"./../x", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *clean = NULL;
		struct error *e = unpack_tree_clean_path(rows[i].path, &clean);

		if (!rows[i].clean) {
			assert_error(e, ERROR_INVALID, rows[i].path);
			continue;
		}
		assert_ok(e);
		assert_text(rows[i].path, clean, rows[i].clean);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_are_of_the_hub),
		cmocka_unit_test(hosts_are_told_from_folders),
		cmocka_unit_test(digests_are_kept),
		cmocka_unit_test(paths_have_a_grammar),
		cmocka_unit_test(what_is_cut_off_is_checked),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(paths_are_cleaned),
		cmocka_unit_test(machines_run_what_their_elders_ran),
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : "");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
