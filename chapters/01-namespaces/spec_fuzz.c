/*
 * Any JSON at all as config.json: it is refused, or becomes a plan that can be read to its end.
 *
 * Bytes changed at random are hardly ever JSON, so what is changed here are the values of a
 * document: one of them becomes another value, goes, or is put in another place.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

static void read_to_end(const struct plan *plan)
{
	struct step step = {0};
	size_t offset = 0;
	int more;

	while ((more = plan_next(plan->steps.data, plan->steps.length, &offset, &step)) > 0)
		;
	assert(more == 0 && step.kind == STEP_EXEC);
}

static void compile(const json_t *spec)
{
	static const struct spec_options options = {.bundle = "/b", .cgroup_default = "/c"};
	autobuffer warnings = {0};
	autoplan plan = {0}, more = {0};
	autoerror e = spec_compile(spec, &options, &plan, &warnings);

	if (!e)
		read_to_end(&plan);
	autoerror of_exec = spec_compile_exec(spec, json_object_get(spec, "process"), 1, NULL,
					      &more, &warnings);
	if (!of_exec)
		read_to_end(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *spec = NULL;
	autoerror e = json_parse((const char *)data, size, "config.json", &spec);

	if (!e)
		compile(spec);
	json_decref(spec);
	return 0;
}

/* ---- changing a document ---- */

static json_t *odd_value(unsigned int seed)
{
	static const char *const odd[] = {
		"null",
		"true",
		"0",
		"-1",
		"1",
		"9223372036854775807",
		"-9223372036854775808",
		"4294967296",
		"1e308",
		"\"\"",
		"\"/\"",
		"\"..\"",
		"\"/../..\"",
		"\"\\u00ff\"",
		"[]",
		"[null]",
		"[[]]",
		"{}",
		"{\"\":{}}",
		"\"%s%n\"",
		"\"a\\nb\"",
		"\"-1\"",
	};

	return json_loads(odd[seed % countof(odd)], JSON_DECODE_ANY, NULL);
}

/* Some value below this one: `seed` is used up on the way down. */
static json_t *choose(json_t *from, unsigned int *seed)
{
	size_t count = json_is_object(from) ? json_object_size(from) : json_array_size(from);
	void *at;

	if (!count || *seed % 4 == 0)
		return from;
	size_t index = (*seed /= 4) % count;
	*seed = *seed / count + 1;
	if (json_is_array(from))
		return choose(json_array_get(from, index), seed);
	for (at = json_object_iter(from); index; index--)
		at = json_object_iter_next(from, at);
	return choose(json_object_iter_value(at), seed);
}

static void put(json_t *into, unsigned int seed, json_t *value)
{
	size_t count = json_is_object(into) ? json_object_size(into) : json_array_size(into);
	void *at;

	if (json_is_array(into) && (!count || seed % 5 == 0))
		json_array_append_new(into, value);
	else if (json_is_array(into))
		json_array_set_new(into, seed % count, value);
	else if (json_is_object(into) && count) {
		at = json_object_iter(into);
		for (size_t index = seed % count; index; index--)
			at = json_object_iter_next(into, at);
		json_object_iter_set_new(into, at, value);
	} else
		json_decref(value);
}

static void drop(json_t *from, unsigned int seed)
{
	if (json_is_array(from) && json_array_size(from))
		json_array_remove(from, seed % json_array_size(from));
	else if (json_object_size(from)) {
		void *at = json_object_iter(from);

		for (size_t index = seed % json_object_size(from); index; index--)
			at = json_object_iter_next(from, at);
		json_object_del(from, json_object_iter_key(at));
	}
}

static void change(json_t *document, unsigned int seed)
{
	unsigned int way = seed % 4, other = seed * 2654435761u;
	json_t *place = choose(document, &seed);

	if (way == 0)
		drop(place, seed);
	else if (way == 1)
		put(place, seed, json_deep_copy(choose(document, &other)));
	else
		put(place, seed, odd_value(other >> 8));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed)
{
	autojson *document = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);

	if (!document || seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, room);
	change(document, seed / 8);
	size_t length = json_dumpb(document, (char *)data, room, JSON_COMPACT | JSON_ENCODE_ANY);
	return length && length <= room ? length : LLVMFuzzerMutate(data, size, room);
}
