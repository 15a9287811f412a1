#include "template.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "template_function.h"
#include "template_run.h"

enum stop { STOP_EOF, STOP_END, STOP_ELSE };

static fallible block(struct template_run *run, enum stop *stop);

/* The rest of an if or with, after its condition: both branches are read, one is live. */
static fallible branches(struct template_run *run, bool taken, json_t *dot);

static fallible condition(struct template_run *run, bool with)
{
	char names[2][32];
	size_t count, outer = run->variable_count;
	autojson *value = NULL;

	TRY(template_declaration(run, names, &count));
	TRY(template_pipeline(run, &value));
	TRY(template_expect_end(run));
	if (count)
		TRY(template_set_variable(run, names[0], value));
	TRY(branches(run, run->live && template_truth(value), with ? value : run->dot));
	template_drop_variables(run, outer);
	return NULL;
}

/* After "{{else": another condition, or the end of the action and the other branch. */
static fallible otherwise(struct template_run *run)
{
	enum stop stop;

	if (template_accept(run, "if"))
		return condition(run, false);
	if (template_accept(run, "with"))
		return condition(run, true);
	TRY(template_expect_end(run));
	TRY(block(run, &stop));
	return stop == STOP_END ? NULL
				: template_syntax(run, "unexpected EOF: an {{end}} is missing");
}

static fallible branches(struct template_run *run, bool taken, json_t *dot)
{
	json_t *outer_dot = run->dot;
	bool outer_live = run->live;
	enum stop stop;

	run->dot = dot;
	run->live = taken;
	TRY(block(run, &stop));
	run->dot = outer_dot;
	run->live = outer_live && !taken;
	if (stop == STOP_ELSE)
		TRY(otherwise(run));
	run->live = outer_live;
	return stop == STOP_EOF ? template_syntax(run, "unexpected EOF: an {{end}} is missing")
				: NULL;
}

struct loop {
	char names[2][32];
	size_t name_count;
	const char *body; /* where the body begins */
	enum stop stop;   /* how the last turn ended */
};

static fallible loop_turn(struct template_run *run, struct loop *loop, json_t *key, json_t *value)
{
	size_t outer = run->variable_count;

	run->at = loop->body;
	run->dot = value;
	if (loop->name_count == 2)
		TRY(template_set_variable(run, loop->names[0], key));
	if (loop->name_count)
		TRY(template_set_variable(run, loop->names[loop->name_count - 1], value));
	TRY(block(run, &loop->stop));
	template_drop_variables(run, outer);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Over a map Go goes in the order of the keys. */
static fallible loop_object(struct template_run *run, struct loop *loop, json_t *object)
{
	size_t count = 0;
	autofree const char **keys = allocate(json_object_size(object) * sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value)
		keys[count++] = key;
	qsort(keys, count, sizeof(*keys), by_text);
	for (size_t i = 0; i < count; i++) {
		autojson *name = json_string(keys[i]);

		TRY(loop_turn(run, loop, name, json_object_get(object, keys[i])));
	}
	return NULL;
}

static fallible loop_over(struct template_run *run, struct loop *loop, json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		return loop_object(run, loop, value);
	json_array_foreach (value, i, item) {
		autojson *index = json_integer((json_int_t)i);

		TRY(loop_turn(run, loop, index, item));
	}
	return NULL;
}

static fallible range(struct template_run *run)
{
	struct loop loop = {0};
	json_t *outer_dot = run->dot;
	bool outer_live = run->live;
	autojson *value = NULL;

	TRY(template_declaration(run, loop.names, &loop.name_count));
	TRY(template_pipeline(run, &value));
	TRY(template_expect_end(run));
	loop.body = run->at;
	bool trim = run->trim;
	bool some = run->live && template_truth(value);
	if (some) {
		TRY(loop_over(run, &loop, value));
	} else {
		run->live = false;
		run->trim = trim;
		autojson *nothing = json_null();

		TRY(loop_turn(run, &loop, nothing, run->dot));
	}
	run->dot = outer_dot;
	run->live = outer_live && !some;
	if (loop.stop == STOP_ELSE)
		TRY(otherwise(run));
	run->live = outer_live;
	return loop.stop == STOP_EOF ? template_syntax(run, "unexpected EOF: an {{end}} is missing")
				     : NULL;
}

static fallible print_action(struct template_run *run)
{
	char names[2][32];
	size_t count;
	autojson *value = NULL;

	TRY(template_declaration(run, names, &count));
	TRY(template_pipeline(run, &value));
	TRY(template_expect_end(run));
	if (count)
		return template_set_variable(run, names[0], value);
	if (run->live)
		template_print(run->out, value);
	return NULL;
}

static fallible comment(struct template_run *run)
{
	const char *end = strstr(run->at, "*/");

	if (!end)
		return template_syntax(run, "unclosed comment");
	run->at = end + 2;
	return template_expect_end(run);
}

/* What is between "{{" and "}}"; *stop is set for "end" and "else". */
static fallible action(struct template_run *run, bool *stopped, enum stop *stop)
{
	*stopped = true;
	template_skip_blanks(run);
	if (template_accept(run, "end")) {
		*stop = STOP_END;
		return template_expect_end(run);
	}
	*stop = STOP_ELSE;
	if (template_accept(run, "else"))
		return NULL;
	*stopped = false;
	if (strncmp(run->at, "/*", 2) == 0)
		return comment(run);
	if (template_accept(run, "if"))
		return condition(run, false);
	if (template_accept(run, "with"))
		return condition(run, true);
	if (template_accept(run, "range"))
		return range(run);
	return print_action(run);
}

/* The text up to the next action, or to the end. */
static void plain_text(struct template_run *run)
{
	if (run->trim)
		template_skip_blanks(run);
	run->trim = false;
	const char *end = strstr(run->at, "{{");
	size_t length = end ? (size_t)(end - run->at) : strlen(run->at);
	size_t shown = length;
	/* "{{- " takes the blanks before it away; "{{-3" is a number. */
	if (end && end[2] == '-' && isspace((unsigned char)end[3]))
		while (shown && isspace((unsigned char)run->at[shown - 1]))
			shown--;
	if (run->live)
		buffer_append(run->out, run->at, shown);
	run->at += length;
}

static fallible actions(struct template_run *run, enum stop *stop)
{
	for (bool stopped = false; !stopped;) {
		plain_text(run);
		*stop = STOP_EOF;
		if (!*run->at)
			return NULL;
		run->at += 2;
		if (*run->at == '-' && isspace((unsigned char)run->at[1]))
			run->at++;
		TRY(action(run, &stopped, stop));
	}
	return NULL;
}

static fallible block(struct template_run *run, enum stop *stop)
{
	size_t outer = run->variable_count;

	if (run->depth++ == TEMPLATE_DEPTH_MOST)
		return template_syntax(run, "nested too deep");
	TRY(actions(run, stop));
	run->depth--;
	template_drop_variables(run, outer);
	return NULL;
}

static fallible execute(const char *text, json_t *value, struct buffer *out, bool live, bool header)
{
	struct template_run run = {
		.start = text,
		.at = text,
		.out = out,
		.dot = value,
		.root = value,
		.live = live,
		.header = header,
	};
	enum stop stop;
	struct error *e = block(&run, &stop);

	if (!e && stop != STOP_EOF)
		e = template_syntax(&run, stop == STOP_END ? "unexpected {{end}}"
							   : "unexpected {{else}}");
	template_drop_variables(&run, 0);
	return e;
}

fallible template_execute(const char *text, json_t *value, struct buffer *out)
{
	return execute(text, value, out, true, false);
}

fallible template_execute_header(const char *text, json_t *headers, struct buffer *out)
{
	return execute(text, headers, out, true, true);
}

fallible template_check(const char *text)
{
	autobuffer none = {0};
	autojson *nothing = json_null();

	return execute(text, nothing, &none, false, false);
}
