#include "changes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define SPACES " \t\n\v\f\r" /* those of isspace(3) */

struct change {
	json_t *config;
	const char *name; /* of the instruction, in capitals */
	const char *rest; /* its arguments, without spaces around */
	bool *command_set;
};

/* The object at a key, made when it is not there. Borrowed. */
static json_t *member(json_t *config, const char *key, json_t *(*make)(void))
{
	json_t *value = json_object_get(config, key);

	if (!value || json_is_null(value)) {
		value = make();
		json_object_set_new(config, key, value);
	}
	return value;
}

static fallible needs_arguments(const struct change *c)
{
	return error_new(ERROR_INVALID, "%s requires at least one argument", c->name);
}

/* -- words -- */

/* One word with its quotes and backslashes taken off; *text goes behind it. false at the end. */
static bool next_word(const char **text, struct buffer *word)
{
	const char *at = *text + strspn(*text, SPACES);
	char quote = 0;

	if (!*at)
		return false;
	buffer_append(word, "", 0);
	for (; *at && (quote || !isspace((unsigned char)*at)); at++) {
		if (*at == '\\' && quote != '\'' && at[1])
			buffer_append(word, ++at, 1);
		else if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? 0 : *at;
		else
			buffer_append(word, at, 1);
	}
	*text = at;
	return true;
}

/* Calls `use` for each "key=value", or once for the old form "key the value". */
static fallible each_pair(const struct change *c,
			  fallible (*use)(const struct change *, const char *key,
					  const char *value))
{
	const char *rest = c->rest;
	size_t first = strcspn(rest, SPACES);

	if (!memchr(rest, '=', first)) {
		autofree char *key = duplicate_range(rest, first);
		const char *value = rest + first + strspn(rest + first, SPACES);

		if (!*value)
			return error_new(ERROR_INVALID, "%s must have two arguments", c->name);
		return use(c, key, value);
	}
	for (;;) {
		autobuffer word = {0};

		if (!next_word(&rest, &word))
			return NULL;
		char *equals = word.data ? strchr(word.data, '=') : NULL;
		if (!equals || equals == word.data)
			return error_new(ERROR_INVALID,
					 "Syntax error - can't find = in \"%s\". Must be of the "
					 "form: name=value",
					 word.data ? word.data : "");
		*equals = '\0';
		TRY(use(c, word.data, equals + 1));
	}
}

static json_t *json_array_of_rest(const char *rest)
{
	autojson *value = NULL;
	autoerror other = *rest == '[' ? json_parse(rest, strlen(rest), "", &value) : NULL;
	json_t *item;
	size_t i;

	if (other || !json_is_array(value))
		return NULL;
	json_array_foreach (value, i, item)
		if (!json_is_string(item))
			return NULL;
	return steal(&value);
}

/* ["a", "b"] as it is, or the words of the line. A new array. */
static json_t *words_or_array(const char *rest)
{
	json_t *words = json_array_of_rest(rest);

	if (words)
		return words;
	words = json_array();
	for (;;) {
		autobuffer word = {0};

		if (!next_word(&rest, &word))
			return words;
		json_array_append_new(words,
				      json_text_value(word.data ? word.data : "", word.length));
	}
}

/* ["a", "b"] as it is, or the line as a command of the shell. A new array. */
static json_t *command_of(const struct change *c)
{
	json_t *words = *c->rest ? json_array_of_rest(c->rest) : json_array();

	if (words)
		return words;
	json_t *shell = json_at(c->config, "Shell", NULL);
	words = json_is_array(shell) ? json_copy(shell) : json_pack("[s, s]", "/bin/sh", "-c");
	json_array_append_new(words, json_text_value(c->rest, strlen(c->rest)));
	return words;
}

/* -- the instructions -- */

static fallible apply_cmd(const struct change *c)
{
	json_object_set_new(c->config, "Cmd", command_of(c));
	*c->command_set = true;
	return NULL;
}

static fallible apply_entrypoint(const struct change *c)
{
	json_object_set_new(c->config, "Entrypoint", command_of(c));
	if (!*c->command_set)
		json_object_del(c->config, "Cmd");
	return NULL;
}

static fallible set_env(const struct change *c, const char *key, const char *value)
{
	json_t *env = member(c->config, "Env", json_array), *old;
	autofree char *text = format("%s=%s", key, value);
	size_t i;

	json_array_foreach (env, i, old) {
		const char *known = json_string_value(old);

		if (known && strncmp(known, text, strlen(key) + 1) == 0) {
			json_array_set_new(env, i, json_text_value(text, strlen(text)));
			return NULL;
		}
	}
	json_array_append_new(env, json_text_value(text, strlen(text)));
	return NULL;
}

static fallible apply_env(const struct change *c)
{
	return each_pair(c, set_env);
}

static fallible set_label(const struct change *c, const char *key, const char *value)
{
	json_t *labels = member(c->config, "Labels", json_object);

	if (json_object_set_new(labels, key, json_text_value(value, strlen(value))) < 0)
		return error_new(ERROR_INVALID, "the label '%s' is not valid UTF-8", key);
	return NULL;
}

static fallible apply_label(const struct change *c)
{
	return each_pair(c, set_label);
}

static fallible expose(const struct change *c, const char *text)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	const char *slash = strchr(text, '/'), *protocol = slash ? slash + 1 : "tcp";
	autofree char *ports = duplicate_range(text, slash ? (size_t)(slash - text) : strlen(text));
	char *dash = strchr(ports, '-');
	int64_t first, last;
	bool known = false;

	for (size_t i = 0; i < countof(protocols); i++)
		known = known || strcasecmp(protocols[i], protocol) == 0;
	if (!known)
		return error_new(ERROR_INVALID, "invalid containerPort: %s: invalid proto: %s",
				 text, protocol);
	if (dash)
		*dash = '\0';
	TRY(error_wrap(integer_parse(ports, "a port", 0, 65535, &first),
		       "invalid containerPort: %s", text));
	last = first;
	if (dash)
		TRY(error_wrap(integer_parse(dash + 1, "a port", first, 65535, &last),
			       "invalid containerPort: %s", text));
	for (int64_t port = first; port <= last; port++) {
		autofree char *key = format("%lld/%s", (long long)port, protocol);

		for (char *at = key; *at; at++)
			*at = tolower((unsigned char)*at);
		json_object_set_new(member(c->config, "ExposedPorts", json_object), key,
				    json_object());
	}
	return NULL;
}

static fallible apply_expose(const struct change *c)
{
	autojson *ports = words_or_array(c->rest);
	json_t *port;
	size_t i;

	json_array_foreach (ports, i, port)
		TRY(expose(c, json_string_value(port)));
	return NULL;
}

static fallible apply_volume(const struct change *c)
{
	autojson *paths = words_or_array(c->rest);
	json_t *path;
	size_t i;

	json_array_foreach (paths, i, path) {
		if (!*json_string_value(path))
			return error_new(ERROR_INVALID,
					 "VOLUME specified can not be an empty string");
		json_object_set_new(member(c->config, "Volumes", json_object),
				    json_string_value(path), json_object());
	}
	return NULL;
}

static fallible apply_user(const struct change *c)
{
	json_object_set_new(c->config, "User", json_text_value(c->rest, strlen(c->rest)));
	return NULL;
}

/* A relative folder counts from the one before. */
static fallible apply_workdir(const struct change *c)
{
	const char *before = json_string_at(c->config, "WorkingDir", NULL);
	autofree char *path =
		*c->rest == '/' ? duplicate(c->rest)
				: format("%s/%s", strcmp(before, "/") == 0 ? "" : before, c->rest);

	for (size_t end = strlen(path); end > 1 && path[end - 1] == '/'; end--)
		path[end - 1] = '\0';
	json_object_set_new(c->config, "WorkingDir", json_text_value(path, strlen(path)));
	return NULL;
}

static fallible apply_stopsignal(const struct change *c)
{
	const char *name = text_has_prefix(c->rest, "SIG") ? c->rest + strlen("SIG") : c->rest;
	size_t length = strlen(name);

	if (!length || length > 10 ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") != length)
		return error_new(ERROR_INVALID, "invalid signal: %s", c->rest);
	json_object_set_new(c->config, "StopSignal", json_string(c->rest));
	return NULL;
}

static fallible apply_onbuild(const struct change *c)
{
	static const char *const refused[] = {"ONBUILD", "FROM", "MAINTAINER"};
	size_t length = strcspn(c->rest, SPACES);

	for (size_t i = 0; i < countof(refused); i++)
		if (strlen(refused[i]) == length && strncasecmp(refused[i], c->rest, length) == 0)
			return error_new(ERROR_INVALID, "%s isn't allowed as an ONBUILD trigger",
					 refused[i]);
	json_array_append_new(member(c->config, "OnBuild", json_array),
			      json_text_value(c->rest, strlen(c->rest)));
	return NULL;
}

/* -- HEALTHCHECK [--interval=30s ...] CMD command, or NONE -- */

static const struct health_option {
	const char *flag, *key;
	bool duration;
} health_options[] = {
	{"--interval=", "Interval", true},        {"--timeout=", "Timeout", true},
	{"--start-period=", "StartPeriod", true}, {"--start-interval=", "StartInterval", true},
	{"--retries=", "Retries", false},
};

/* Go's form: "1m30s", "500ms". */
static fallible duration_parse(const char *text, int64_t *nanoseconds)
{
	static const struct {
		const char *unit;
		double nanoseconds;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
	double total = 0;
	const char *at = text;

	while (isdigit((unsigned char)*at)) {
		char *end;
		double number = strtod(at, &end);
		size_t length = strspn(end, "nsumh"), i;

		for (i = 0; i < countof(units); i++)
			if (strlen(units[i].unit) == length &&
			    strncmp(units[i].unit, end, length) == 0)
				break;
		if (i == countof(units))
			break;
		total += number * units[i].nanoseconds;
		at = end + length;
	}
	if (at == text || *at || total > 9e18)
		return error_new(ERROR_INVALID, "time: invalid duration \"%s\"", text);
	*nanoseconds = total;
	return NULL;
}

static fallible set_health_option(json_t *health, const char *word)
{
	for (size_t i = 0; i < countof(health_options); i++) {
		const struct health_option *option = &health_options[i];
		int64_t value;

		if (!text_has_prefix(word, option->flag))
			continue;
		word += strlen(option->flag);
		if (option->duration)
			TRY(duration_parse(word, &value));
		else
			TRY(integer_parse(word, "--retries", 0, INT32_MAX, &value));
		json_object_set_new(health, option->key, json_integer(value));
		return NULL;
	}
	return error_new(ERROR_INVALID, "unknown flag: %s", word);
}

static fallible health_command(const struct change *c, const char *rest, json_t *health)
{
	size_t length = strcspn(rest, SPACES);
	struct change command = *c;
	bool none = length == 4 && strncasecmp(rest, "NONE", 4) == 0;

	command.rest = rest + length + strspn(rest + length, SPACES);
	if (none && !*command.rest) {
		json_object_set_new(health, "Test", json_pack("[s]", "NONE"));
		return NULL;
	}
	if (length != 3 || strncasecmp(rest, "CMD", 3) != 0)
		return error_new(ERROR_INVALID, "Unknown type \"%.*s\" in HEALTHCHECK (try CMD)",
				 (int)length, rest);
	if (!*command.rest)
		return error_new(ERROR_INVALID, "Missing command after HEALTHCHECK CMD");
	json_t *test = json_array_of_rest(command.rest);
	if (test)
		json_array_insert_new(test, 0, json_string("CMD"));
	else
		test = json_pack("[s, o]", "CMD-SHELL",
				 json_text_value(command.rest, strlen(command.rest)));
	json_object_set_new(health, "Test", test);
	return NULL;
}

static fallible apply_healthcheck(const struct change *c)
{
	autojson *health = json_object();
	const char *rest = c->rest;

	while (text_has_prefix(rest, "--")) {
		autobuffer word = {0};

		next_word(&rest, &word);
		TRY(set_health_option(health, word.data));
		rest += strspn(rest, SPACES);
	}
	TRY(health_command(c, rest, health));
	json_object_set(c->config, "Healthcheck", health);
	return NULL;
}

/* -- the table -- */

static const struct instruction {
	const char *name;
	fallible (*apply)(const struct change *);
	bool may_be_empty;
} instructions[] = {
	{"CMD", apply_cmd, true},
	{"ENTRYPOINT", apply_entrypoint, true},
	{"ENV", apply_env},
	{"EXPOSE", apply_expose},
	{"HEALTHCHECK", apply_healthcheck},
	{"LABEL", apply_label},
	{"ONBUILD", apply_onbuild},
	{"STOPSIGNAL", apply_stopsignal},
	{"USER", apply_user},
	{"VOLUME", apply_volume},
	{"WORKDIR", apply_workdir},
};

static const struct instruction *find_instruction(const char *line, size_t length)
{
	for (size_t i = 0; i < countof(instructions); i++)
		if (strlen(instructions[i].name) == length &&
		    strncasecmp(instructions[i].name, line, length) == 0)
			return &instructions[i];
	return NULL;
}

static fallible apply_line(json_t *config, const char *line, bool *command_set)
{
	line += strspn(line, SPACES);
	size_t length = strcspn(line, SPACES);
	const char *rest = line + length + strspn(line + length, SPACES);
	size_t end = strlen(rest);
	const struct instruction *instruction = find_instruction(line, length);

	if (!length)
		return NULL;
	if (!instruction)
		return error_new(ERROR_INVALID, "%.*s is not a valid change command", (int)length,
				 line);
	while (end && isspace((unsigned char)rest[end - 1]))
		end--;
	autofree char *arguments = duplicate_range(rest, end);
	struct change change = {config, instruction->name, arguments, command_set};
	if (!*arguments && !instruction->may_be_empty)
		return needs_arguments(&change);
	return instruction->apply(&change);
}

fallible changes_apply(json_t *config, const char *const *lines)
{
	bool command_set = false;

	for (; *lines; lines++)
		TRY(apply_line(config, *lines, &command_set));
	return NULL;
}
