/* POST /images/create, where it is a pull. */
#include <stdlib.h>
#include <string.h>

#include "distribution_api.h"
#include "image_api.h"
#include "memory.h"
#include "text.h"

/* fromImage and tag, which may be a digest, as one reference. "-a" of old clients ends in a colon.
 */
static fallible read_reference(struct http_exchange *ex, struct reference *ref)
{
	const char *tag = http_exchange_query(ex, "tag", "");
	autofree char *name = duplicate(http_exchange_query(ex, "fromImage", ""));

	if (text_has_suffix(name, ":"))
		name[strlen(name) - 1] = '\0';
	TRY(reference_parse(name, ref));
	if (!*tag)
		return NULL;
	if (strchr(tag, ':')) {
		TRY(digest_parse(tag, &ref->digest));
		return NULL;
	}
	if (!reference_is_tag(tag))
		return error_new(ERROR_INVALID, "invalid reference format");
	free(ref->tag);
	ref->tag = duplicate(tag);
	return NULL;
}

static void tell_event(struct distribution *d, const struct reference *ref)
{
	autofree char *whole = reference_familiar(ref);
	autofree char *name = reference_familiar_repository(ref);
	autoimage *image = NULL;
	autoerror other_machine = image_resolve(d->engine->images, whole, &image);

	image_api_event(d->engine, "pull", whole, name, other_machine ? NULL : image->config);
}

static fallible pull_one(struct distribution *d, const struct reference *ref,
			 const struct platform *platform, bool *changed)
{
	const struct remote_pull_order order = {
		.session = &d->session,
		.store = d->engine->images,
		.ref = ref,
		.platform = platform,
		.tell = distribution_tell,
		.context = d,
	};
	struct digest digest;
	bool this_one;

	TRY(remote_pull(&order, &digest, &this_one));
	distribution_tell_text(d, "Digest: %s", digest.text);
	tell_event(d, ref);
	*changed = *changed || this_one;
	return NULL;
}

static fallible pull_all(struct distribution *d, struct reference *ref,
			 const struct platform *platform, bool *changed)
{
	autojson *tags = NULL;
	json_t *tag;
	size_t i;

	TRY(remote_pull_tags(&d->session, ref, &tags));
	json_array_foreach (tags, i, tag) {
		free(ref->tag);
		ref->tag = duplicate(json_string_value(tag));
		TRY(pull_one(d, ref, platform, changed));
	}
	free(steal(&ref->tag));
	return NULL;
}

static fallible pull(struct distribution *d, struct reference *ref, const struct platform *platform)
{
	bool all = !ref->tag && digest_is_none(&ref->digest), changed = false;

	TRY(all ? pull_all(d, ref, platform, &changed) : pull_one(d, ref, platform, &changed));
	autofree char *name = reference_familiar(ref);
	distribution_tell_text(d,
			       changed ? "Status: Downloaded newer image for %s"
				       : "Status: Image is up to date for %s",
			       name);
	return NULL;
}

static fallible create(void *context, struct http_exchange *ex)
{
	const char *text = http_exchange_query(ex, "platform", "");
	auto_distribution d = {0};
	autoreference ref = {0};
	struct platform platform;

	if (!*http_exchange_query(ex, "fromImage", ""))
		return image_api_create(context, ex);
	TRY(read_reference(ex, &ref));
	if (*text)
		TRY(platform_parse(text, &platform));
	TRY(distribution_begin(context, ex, &d));
	return distribution_end(&d, pull(&d, &ref, *text ? &platform : NULL));
}

const struct route pull_routes[] = {
	{"POST", "/images/create", create, "4.7"},
	{0},
};
