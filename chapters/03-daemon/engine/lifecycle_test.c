#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "container.h"
#include "engine.h"
#include "lifecycle.h"

/* What was called, in order: "+a" furnish of row a, "-a" its detach, "*a" adopt, "/a" forget. */
static char calls[64];
static const char *refuses; /* the call that fails: "+b" */

static fallible called(const char *call)
{
	strncat(calls, call, sizeof(calls) - strlen(calls) - 1);
	return refuses && strcmp(refuses, call) == 0 ? error_new(ERROR_INVALID, "refused %s", call)
						     : NULL;
}

#define ROW(row)                                                                                   \
	static fallible row##_adopt(struct engine *e, struct container *c)                         \
	{                                                                                          \
		(void)e, (void)c;                                                                  \
		return called("*" #row);                                                           \
	}                                                                                          \
	static fallible row##_furnish(struct engine *e, struct container *c, struct furnishing *f) \
	{                                                                                          \
		(void)e, (void)c, (void)f;                                                         \
		return called("+" #row);                                                           \
	}                                                                                          \
	static fallible row##_attach(struct engine *e, struct container *c, pid_t pid)             \
	{                                                                                          \
		(void)e, (void)c, (void)pid;                                                       \
		return called("!" #row);                                                           \
	}                                                                                          \
	static void row##_detach(struct engine *e, struct container *c)                            \
	{                                                                                          \
		(void)e, (void)c;                                                                  \
		error_free(called("-" #row));                                                      \
	}                                                                                          \
	static void row##_forget(struct engine *e, struct container *c)                            \
	{                                                                                          \
		(void)e, (void)c;                                                                  \
		error_free(called("/" #row));                                                      \
	}                                                                                          \
	static const struct lifecycle row = {                                                      \
		.name = #row,                                                                      \
		.adopt = row##_adopt,                                                              \
		.furnish = row##_furnish,                                                          \
		.attach = row##_attach,                                                            \
		.detach = row##_detach,                                                            \
		.forget = row##_forget,                                                            \
	};
ROW(a)
ROW(b)
ROW(c)

static const struct lifecycle nothing = {.name = "nothing"};
static const struct lifecycle *const rows[] = {&a, &nothing, &b, &c, NULL};
static struct engine engine = {.lifecycles = rows};
static struct container container = {.engine = &engine};

static int begin(void **state)
{
	(void)state;
	*calls = '\0';
	refuses = NULL;
	return 0;
}

static void hooks_run_in_table_order_and_are_undone_backward(void **state)
{
	struct furnishing furnishing = {0};

	(void)state;
	assert_null(lifecycle_adopt(&container));
	assert_null(lifecycle_furnish(&container, &furnishing));
	assert_null(lifecycle_attach(&container, 1));
	lifecycle_detach(&container);
	lifecycle_forget(&container);
	assert_string_equal(calls, "*a*b*c+a+b+c!a!b!c-c-b-a/c/b/a");
}

static void assert_refused(struct error *e, const char *expected)
{
	autoerror owned = e;

	assert_non_null(owned);
	assert_string_equal(calls, expected);
}

static void what_a_refusal_leaves_is_undone(void **state)
{
	struct furnishing furnishing = {0};

	(void)state;
	refuses = "*c";
	assert_refused(lifecycle_adopt(&container), "*a*b*c/b/a");
	*calls = '\0';
	refuses = "+b";
	assert_refused(lifecycle_furnish(&container, &furnishing), "+a+b-a");
	*calls = '\0';
	refuses = "+a";
	assert_refused(lifecycle_furnish(&container, &furnishing), "+a");
}

/* All rows are furnished when one refuses to attach, so all are detached. */
static void a_refused_attach_detaches_all(void **state)
{
	(void)state;
	refuses = "!a";
	assert_refused(lifecycle_attach(&container, 1), "!a-c-b-a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hooks_run_in_table_order_and_are_undone_backward, begin),
		cmocka_unit_test_setup(what_a_refusal_leaves_is_undone, begin),
		cmocka_unit_test_setup(a_refused_attach_detaches_all, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
