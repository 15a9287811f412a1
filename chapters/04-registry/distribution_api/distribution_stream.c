/* What the routes of registries share: the request's credentials, the stream of its progress. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distribution_api.h"
#include "memory.h"
#include "settings.h"

static bool is_gone(void *distribution)
{
	struct distribution *d = distribution;

	return atomic_load(&d->lost) || api_client_gone(d->ex);
}

fallible distribution_begin(const struct api *api, struct http_exchange *ex, struct distribution *d)
{
	*d = (struct distribution){.ex = ex, .engine = api->engine};
	TRY(remote_credentials_decode(http_exchange_header(ex, "X-Registry-Auth"),
				      &d->credentials));
	d->settings = settings_now(api->settings);
	d->session = (struct remote_session){
		.settings = d->settings,
		.credentials = &d->credentials,
		.gone = is_gone,
		.context = d,
	};
	return NULL;
}

void distribution_finish(struct distribution *d)
{
	json_decref(d->settings);
	remote_credentials_finish(&d->credentials);
	error_free(d->unsent);
}

static void write_object(struct distribution *d, json_t *object)
{
	if (!d->unsent && !d->begun)
		d->unsent = http_reply_start(d->ex, 200, "application/json");
	d->begun = true;
	if (d->unsent)
		json_decref(object);
	else
		d->unsent = api_write_progress(d->ex, object);
	atomic_store(&d->lost, d->unsent != NULL);
}

static json_t *detail(const struct remote_progress *progress)
{
	if (!progress->total)
		return json_object();
	return json_pack("{s:I, s:I}", "current", (json_int_t)progress->current, "total",
			 (json_int_t)progress->total);
}

/* Members in Docker's order. */
void distribution_tell(void *distribution, const struct remote_progress *progress)
{
	json_t *object = json_pack("{s:s}", "status", progress->status);

	if (progress->step)
		json_object_set_new(object, "progressDetail", detail(progress));
	if (progress->id)
		json_object_set_new(object, "id", json_string(progress->id));
	write_object(distribution, object);
}

void distribution_tell_text(struct distribution *d, const char *fmt, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, fmt);
	if (vasprintf(&text, fmt, arguments) < 0)
		abort();
	va_end(arguments);
	write_object(d, json_pack("{s:s}", "status", text));
	free(text);
}

void distribution_tell_aux(struct distribution *d, json_t *aux)
{
	write_object(d, json_pack("{s:{}, s:o}", "progressDetail", "aux", aux));
}

fallible distribution_end(struct distribution *d, struct error *e)
{
	autoerror failure = e;

	if (d->unsent)
		return steal(&d->unsent);
	if (!d->begun && failure)
		return steal(&failure);
	if (!d->begun)
		TRY(http_reply_start(d->ex, 200, "application/json"));
	if (failure)
		TRY(api_write_failure(d->ex, failure));
	return http_reply_end(d->ex);
}
