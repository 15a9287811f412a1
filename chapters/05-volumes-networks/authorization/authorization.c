#include "authorization.h"

#include <stdlib.h>

#include "api.h"
#include "authorization_question.h"
#include "engine.h"
#include "explain.h"
#include "memory.h"
#include "plugin.h"
#include "settings.h"

#define INTERFACE "authz"

/* One request: who is asked about it, and what was told of it. */
struct hearing {
	json_t *plugins;  /* names */
	json_t *question; /* of the request; the answer's members come on top */
};

static void end(void *opaque)
{
	struct hearing *hearing = opaque;

	json_decref(hearing->plugins);
	json_decref(hearing->question);
	free(hearing);
}

static json_t *plugins_now(struct settings *settings)
{
	autojson *now = settings_now(settings);

	return json_incref(json_object_get(now, "authorization-plugins"));
}

/* -- one plugin -- */

static fallible call(const char *name, const char *method, const json_t *question, json_t **answer)
{
	autoplugin *plugin = NULL;

	TRY(plugin_get(name, INTERFACE, &plugin));
	return plugin_call(plugin, method, question, answer);
}

/* Whatever goes wrong with a plugin is the daemon's trouble, and not the client's. */
static fallible failed(struct error *e, const char *name)
{
	e->class = ERROR_SYSTEM;
	return error_wrap(e, "plugin %s failed with error", name);
}

static fallible ask(const char *name, const char *method, const json_t *question)
{
	uint64_t began = explain_clock();
	autojson *answer = NULL;
	struct error *e = call(name, method, question, &answer);

	if (e)
		return failed(e, name);
	bool allowed = json_is_true(json_object_get(answer, "Allow"));
	explain(began, "5.14", "somebody else's program decides", "%s(\"%s %s\") = %s", method,
		json_string_at(question, "RequestMethod", NULL),
		json_string_at(question, "RequestUri", NULL), allowed ? "yes" : "no");
	if (allowed)
		return NULL;
	return error_new(ERROR_FORBIDDEN, "authorization denied by plugin %s: %s", name,
			 json_string_at(answer, "Msg", NULL));
}

/* -- all of them -- */

static fallible ask_all(const struct hearing *hearing, const char *method)
{
	json_t *name;
	size_t i;

	json_array_foreach (hearing->plugins, i, name)
		TRY(ask(json_string_value(name), method, hearing->question));
	return NULL;
}

static fallible request(void *context, struct http_exchange *ex, void **out)
{
	const struct api *api = context;
	autojson *plugins = plugins_now(api->settings);
	autojson *question = NULL;

	if (!json_array_size(plugins))
		return NULL;
	TRY(authorization_question_make(ex, AUTHORIZATION_BODY_LIMIT, &question));
	struct hearing *hearing = allocate(sizeof(*hearing));
	*hearing = (struct hearing){steal(&plugins), steal(&question)};
	*out = hearing;
	return ask_all(hearing, "AuthZPlugin.AuthZReq");
}

static fallible answer(void *context, void *opaque, const struct http_answer *answer)
{
	struct hearing *hearing = opaque;

	(void)context;
	authorization_question_add_answer(hearing->question, answer);
	return ask_all(hearing, "AuthZPlugin.AuthZRes");
}

const struct http_guard authorization_guard = {request, answer, end};

/* -- the daemon's life -- */

static fallible open_plugins(struct engine *engine)
{
	autojson *plugins = plugins_now(engine->settings);
	json_t *name;
	size_t i;

	json_array_foreach (plugins, i, name) {
		autoplugin *plugin = NULL;

		TRY(error_wrap(plugin_await(json_string_value(name), INTERFACE, &plugin),
			       "failed to validate authorization plugin"));
	}
	return NULL;
}

const struct lifecycle authorization_lifecycle = {.name = "authorization", .open = open_plugins};
