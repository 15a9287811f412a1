#include "template_run.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "template_function.h"

#define ARGUMENTS_MOST 16

fallible template_syntax(const struct template_run *run, const char *what)
{
	int line = 1;

	for (const char *at = run->start; at < run->at; at++)
		line += *at == '\n';
	return error_new(ERROR_INVALID, "template: :%d: %s", line, what);
}

/* -- variables -- */

fallible template_set_variable(struct template_run *run, const char *name, json_t *value)
{
	if (run->variable_count == VARIABLES_MOST)
		return template_syntax(run, "too many variables");
	struct template_variable *variable = &run->variables[run->variable_count++];
	snprintf(variable->name, sizeof(variable->name), "%s", name);
	variable->value = json_incref(value);
	return NULL;
}

void template_drop_variables(struct template_run *run, size_t count)
{
	while (run->variable_count > count)
		json_decref(run->variables[--run->variable_count].value);
}

static json_t *get_variable(const struct template_run *run, const char *name)
{
	if (!*name)
		return run->root;
	for (size_t i = run->variable_count; i > 0; i--)
		if (strcmp(run->variables[i - 1].name, name) == 0)
			return run->variables[i - 1].value;
	return NULL;
}

/* -- words -- */

void template_skip_blanks(struct template_run *run)
{
	run->at += strspn(run->at, " \t\r\n");
}

static bool at_end(struct template_run *run)
{
	template_skip_blanks(run);
	return strncmp(run->at, "}}", 2) == 0 || strncmp(run->at, "-}}", 3) == 0;
}

static size_t name_length(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_')
		n++;
	return n;
}

/* Takes the word if it is next. */
bool template_accept(struct template_run *run, const char *word)
{
	size_t length = strlen(word);

	template_skip_blanks(run);
	if (strncmp(run->at, word, length) != 0 || name_length(run->at) != length)
		return false;
	run->at += length;
	return true;
}

fallible template_expect_end(struct template_run *run)
{
	if (!at_end(run))
		return template_syntax(run, *run->at ? "unexpected text in an action"
						     : "unclosed action");
	run->trim = *run->at == '-';
	run->at += run->trim ? 3 : 2;
	return NULL;
}

/* -- operands -- */

/* Follows ".A.B" from a value, which it consumes. */
static fallible fields(struct template_run *run, json_t *value, json_t **out)
{
	autojson *here = value;

	while (*run->at == '.' && name_length(run->at + 1)) {
		size_t length = name_length(run->at + 1);
		autofree char *name = duplicate_range(run->at + 1, length);
		json_t *member = json_object_get(here, name);
		long column = run->at - run->start;

		run->at += 1 + length;
		if (!member && run->live && !run->header)
			return error_new(ERROR_INVALID,
					 "template: :1:%ld: executing \"\" at <.%s>: map has no "
					 "entry for key \"%s\"",
					 column, name, name);
		json_t *next = member ? json_incref(member) : json_string_or_null(name);
		json_decref(here);
		here = next;
	}
	*out = steal(&here);
	return NULL;
}

static fallible quoted(struct template_run *run, json_t **out)
{
	char quote = *run->at++;
	autobuffer text = {0};

	buffer_append_string(&text, "");
	for (; *run->at && *run->at != quote; run->at++) {
		static const char from[] = "ntr\"\\'", to[] = "\n\t\r\"\\'";
		const char *escape = quote == '"' && *run->at == '\\' && run->at[1]
					     ? strchr(from, run->at[1])
					     : NULL;

		buffer_append(&text, escape ? &to[escape - from] : run->at, 1);
		run->at += escape ? 1 : 0;
	}
	if (!*run->at)
		return template_syntax(run, "unterminated quoted string");
	run->at++;
	*out = json_text_value(text.data, text.length);
	return NULL;
}

static fallible number(struct template_run *run, json_t **out)
{
	char *rest;
	long long integer = strtoll(run->at, &rest, 0);

	if (*rest == '.') {
		*out = json_real(strtod(run->at, &rest));
		run->at = rest;
		return NULL;
	}
	run->at = rest;
	*out = json_integer(integer);
	return NULL;
}

static fallible variable(struct template_run *run, json_t **out)
{
	size_t length = name_length(run->at + 1);
	autofree char *name = duplicate_range(run->at + 1, length);
	json_t *value = get_variable(run, name);

	if (!value && run->live)
		return template_syntax(run, "undefined variable");
	run->at += 1 + length;
	return fields(run, value ? json_incref(value) : json_null(), out);
}

static fallible parenthesized(struct template_run *run, json_t **out)
{
	json_t *value = NULL;

	run->at++;
	TRY(template_pipeline(run, &value));
	template_skip_blanks(run);
	if (*run->at != ')') {
		json_decref(value);
		return template_syntax(run, "unclosed left paren");
	}
	run->at++;
	return fields(run, value, out);
}

static fallible constant(struct template_run *run, json_t **out)
{
	if (template_accept(run, "true"))
		*out = json_true();
	else if (template_accept(run, "false"))
		*out = json_false();
	else if (template_accept(run, "nil"))
		*out = json_null();
	else
		return template_syntax(run, *run->at ? "unexpected text in an operand"
						     : "unclosed action");
	return NULL;
}

static fallible operand(struct template_run *run, json_t **out)
{
	template_skip_blanks(run);
	if (*run->at == '.' && !name_length(run->at + 1)) {
		run->at++;
		*out = json_incref(run->dot);
		return NULL;
	}
	if (*run->at == '.')
		return fields(run, json_incref(run->dot), out);
	if (*run->at == '$')
		return variable(run, out);
	if (*run->at == '(')
		return parenthesized(run, out);
	if (*run->at == '"' || *run->at == '`')
		return quoted(run, out);
	if (isdigit((unsigned char)*run->at) ||
	    (*run->at == '-' && isdigit((unsigned char)run->at[1])))
		return number(run, out);
	return constant(run, out);
}

/* -- commands and pipelines -- */

struct arguments {
	json_t *items[ARGUMENTS_MOST]; /* owned */
	size_t count;
};

static void arguments_finish(struct arguments *arguments)
{
	for (size_t i = 0; i < arguments->count; i++)
		json_decref(arguments->items[i]);
}

static fallible call(struct template_run *run, const struct template_function *function,
		     struct arguments *arguments, json_t **out)
{
	if (arguments->count < function->least || arguments->count > function->most) {
		autofree char *what = format("wrong number of args for %s: want %zu got %zu",
					     function->name, function->least, arguments->count);
		return template_syntax(run, what);
	}
	if (!run->live) {
		*out = json_null();
		return NULL;
	}
	return function->call(arguments->items, arguments->count, out);
}

/* A function with its arguments, or one operand. `piped` is the last argument, consumed. */
static fallible command(struct template_run *run, json_t *piped, json_t **out)
{
	__attribute__((cleanup(arguments_finish))) struct arguments arguments = {0};
	autojson *last = piped;
	template_skip_blanks(run);
	size_t length = name_length(run->at);
	const struct template_function *function = template_function_find(run->at, length);

	if (!function && length && isalpha((unsigned char)*run->at) && length != 3 &&
	    strncmp(run->at, "true", 4) != 0 && strncmp(run->at, "false", 5) != 0) {
		autofree char *what = format("function \"%.*s\" not defined", (int)length, run->at);
		return template_syntax(run, what);
	}
	if (!function)
		return last ? template_syntax(run, "a value cannot be piped into a value")
			    : operand(run, out);
	run->at += length;
	while (!at_end(run) && *run->at != '|' && *run->at != ')') {
		if (arguments.count == ARGUMENTS_MOST - 1)
			return template_syntax(run, "too many arguments");
		TRY(operand(run, &arguments.items[arguments.count]));
		arguments.count++;
	}
	if (last)
		arguments.items[arguments.count++] = steal(&last);
	return call(run, function, &arguments, out);
}

static fallible commands(struct template_run *run, json_t **out)
{
	autojson *value = NULL;

	for (;;) {
		json_t *next = NULL;

		TRY(command(run, steal(&value), &next));
		value = next;
		template_skip_blanks(run);
		if (*run->at != '|')
			break;
		run->at++;
	}
	*out = steal(&value);
	return NULL;
}

fallible template_pipeline(struct template_run *run, json_t **out)
{
	if (run->depth++ == TEMPLATE_DEPTH_MOST)
		return template_syntax(run, "nested too deep");
	struct error *e = commands(run, out);
	run->depth--;
	return e;
}

/* "$a" or "$a, $b" before ":="; none if there is no ":=" in this action. */
fallible template_declaration(struct template_run *run, char names[2][32], size_t *count)
{
	const char *before = run->at;

	*count = 0;
	template_skip_blanks(run);
	while (*run->at == '$' && *count < 2) {
		size_t length = name_length(run->at + 1);

		snprintf(names[(*count)++], 32, "%.*s", (int)length, run->at + 1);
		run->at += 1 + length;
		template_skip_blanks(run);
		if (*run->at == ',')
			run->at++;
		template_skip_blanks(run);
	}
	size_t length = strncmp(run->at, ":=", 2) == 0 ? 2 : *run->at == '=' ? 1 : 0;
	if (!length || !*count) {
		*count = 0;
		run->at = before;
		return NULL;
	}
	run->at += length;
	return NULL;
}
