/*
 * spec_test.h - what the tests of spec_compile() share: changes of the default spec, and what the
 * plan has of them
 *
 * JSON is written with apostrophes here: {'process': {'cwd': '/'}}.
 */
#ifndef MINI_SPEC_TEST_H
#define MINI_SPEC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"
#include "error.h"
#include "json.h"
#include "memory.h"
#include "plan.h"
#include "spec.h"

#define shared __attribute__((unused)) static

shared json_t *parse(const char *text)
{
	autofree char *json = duplicate(text);
	json_t *value;

	for (char *at = json; (at = strchr(at, '\'')); at++)
		*at = '"';
	value = json_loads(json, 0, NULL);
	if (!value)
		fail_msg("%s is no JSON", text);
	return value;
}

/* The default spec with the change laid over it. */
shared json_t *with(const char *change)
{
	json_t *spec = spec_default();
	autojson *members = parse(change);

	json_object_set_new(json_object_get(spec, "root"), "path", json_string("/bundle/rootfs"));
	json_object_update_recursive(spec, members);
	return spec;
}

/* Takes the spec. */
shared void compile(json_t *spec, struct plan *plan, struct buffer *warnings)
{
	const struct spec_options options = {
		.bundle = "/bundle", .cgroup_default = "/group", .id = "web"};
	autoerror e = spec_compile(spec, &options, plan, warnings);

	json_decref(spec);
	if (e)
		fail_msg("%s", e->message);
}

/* The first of a kind. */
shared bool find_step(const struct plan *plan, enum step_kind kind, struct step *step)
{
	size_t offset = 0;

	while (plan_next(plan->steps.data, plan->steps.length, &offset, step) == 1)
		if (step->kind == kind)
			return true;
	return false;
}

/* What is refused, and what the message names: the member. */
struct refusal {
	const char *change, *member;
};

shared void assert_refusals(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autojson *spec = with(rows[i].change);
		autoplan plan = {0};
		autoerror e = spec_compile(spec, NULL, &plan, NULL);

		if (!e)
			fail_msg("nothing was wrong with %s", rows[i].change);
		if (!strstr(e->message, rows[i].member))
			fail_msg("'%s' does not name %s", e->message, rows[i].member);
		if (strncmp(e->message, "config.json: ", 13) != 0)
			fail_msg("'%s' does not say where", e->message);
	}
}

#endif
