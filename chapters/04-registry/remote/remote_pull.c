#include "remote_pull.h"

#include <stdlib.h>
#include <string.h>

#include "distribution_error.h"
#include "log.h"
#include "memory.h"
#include "remote_layers.h"
#include "remote_manifest.h"
#include "remote_tags.h"
#include "remote_turn.h"

struct pull {
	const struct remote_pull_order *order;
	struct remote_layers *layers;
	const char *wanted; /* tag or digest */
	struct descriptor top, chosen;
	bool told;                     /* that it begins */
	struct remote_session session; /* the order's, which also ends when we are stopped */
	atomic_bool stopped;
};

static void tell(const struct pull *p, const char *id, const char *status)
{
	const struct remote_progress progress = {.id = id, .status = status};

	p->order->tell(p->order->context, &progress);
}

static bool is_over(void *context)
{
	struct pull *p = context;
	const struct remote_session *session = p->order->session;

	return atomic_load(&p->stopped) || (session->gone && session->gone(session->context));
}

/* -- errors -- */

static fallible translate(const struct reference *ref, struct error *e)
{
	autofree char *name = reference_familiar_repository(ref);
	autofree char *whole = reference_familiar(ref);

	if (!e || !e->code)
		return e;
	if (e->code == &distribution_denied || e->code == &distribution_unauthorized) {
		/* As in Docker: who may not see it is told that it is not there. */
		e->class = ERROR_NOT_FOUND;
		e->code = NULL;
		return error_wrap(e,
				  "pull access denied for %s, repository does not exist or may "
				  "require 'docker login'",
				  name);
	}
	if (e->code == &distribution_manifest_unknown)
		return error_wrap(e, "manifest for %s not found", whole);
	if (e->code == &distribution_name_unknown)
		return error_wrap(e, "repository %s not found", name);
	return e;
}

/* -- documents -- */

static fallible fetch_small(struct pull *p, struct remote_registry *registry,
			    const struct descriptor *blob)
{
	struct content *content = image_store_content(p->order->store);

	if (blob->size > CONTENT_DOCUMENT_LIMIT)
		return error_new(ERROR_TOO_LARGE,
				 "the image's config %s has %lld bytes, at most "
				 "%d are taken",
				 blob->digest.text, (long long)blob->size, CONTENT_DOCUMENT_LIMIT);
	struct remote_download *d = remote_download_join(content, blob);
	struct error *e = remote_download_run(d, registry, NULL, NULL);
	remote_download_leave(d);
	return e;
}

static fallible fetch_config(struct pull *p, struct remote_registry *registry)
{
	struct content *content = image_store_content(p->order->store);
	autobuffer bytes = {0};
	autojson *manifest = NULL;
	struct descriptor config;

	TRY(content_read_verified(content, &p->chosen.digest, p->chosen.size, &bytes));
	TRY(json_parse(bytes.data, bytes.length, "the manifest", &manifest));
	TRY(descriptor_parse(json_at(manifest, "config", NULL), "the manifest's config", &config));
	TRY(image_check_kind(p->order->store, &config));
	return fetch_small(p, registry, &config);
}

static fallible choose(struct pull *p, struct remote_registry *registry)
{
	struct content *content = image_store_content(p->order->store);

	TRY(image_choose_manifest(p->order->store, &p->top, p->order->platform, &p->chosen));
	if (!digest_equal(&p->top.digest, &p->chosen.digest))
		TRY(remote_manifest_fetch_named(registry, content, &p->chosen));
	return fetch_config(p, registry);
}

/* -- names -- */

/* An index stays what the name leads to. Of an image for another machine only its manifest does:
 * through the index this machine would look for its own. */
static json_t *target_of(const struct pull *p)
{
	struct descriptor own;
	autoerror none = image_choose_manifest(p->order->store, &p->top, NULL, &own);
	bool same = !none && digest_equal(&own.digest, &p->chosen.digest);

	return descriptor_json(same ? &p->top : &p->chosen);
}

static char *digest_name(const struct pull *p)
{
	autofree char *repository = reference_repository(p->order->ref);

	return format("%s@%s", repository, p->top.digest.text);
}

static fallible adopt(struct pull *p)
{
	autofree char *with_digest = digest_name(p);
	autofree char *name = reference_normalized(p->order->ref);
	autojson *target = target_of(p);
	struct image_feed feed = remote_layers_feed(p->layers);
	struct image_adoption adoption = {
		.target = target,
		.names = {with_digest},
		.platform = p->order->platform,
		.feed = &feed,
	};

	if (digest_is_none(&p->order->ref->digest)) {
		adoption.names[0] = name;
		adoption.names[1] = with_digest;
	}
	return image_adopt_with(p->order->store, &adoption, NULL);
}

/* Two pulls of one image: the second one watches its layers come, and unpacks none. */
static fallible adopt_in_turn(struct pull *p)
{
	TRY(remote_turn_take(&p->chosen.digest, is_over, p));
	struct error *e = adopt(p);
	remote_turn_give(&p->chosen.digest);
	return e;
}

/* -- one pull -- */

static void tell_begin(struct pull *p)
{
	const struct reference *ref = p->order->ref;
	autofree char *status = format("Pulling from %s", ref->path);
	autofree char *whole = reference_familiar(ref);

	if (!p->told)
		tell(p, digest_is_none(&ref->digest) ? p->wanted : whole, status);
	p->told = true;
}

static fallible pull_from(struct pull *p, struct remote_registry *registry)
{
	struct content *content = image_store_content(p->order->store);
	autoimage *image = NULL;

	TRY(translate(p->order->ref, remote_manifest_fetch(registry, content, p->wanted, &p->top)));
	tell_begin(p);
	TRY(choose(p, registry));
	TRY(image_read(p->order->store, &p->chosen, &image));
	atomic_store(&p->stopped, false);
	TRY(remote_layers_begin(p->order, registry, image, &p->stopped, &p->layers));
	return remote_layers_end(steal(&p->layers), adopt_in_turn(p));
}

static fallible speak(void *context, struct remote_registry *registry)
{
	return pull_from(context, registry);
}

static fallible pull_leased(struct pull *p)
{
	const struct remote_conversation conversation = {
		.session = &p->session,
		.domain = p->order->ref->domain,
		.path = p->order->ref->path,
		.actions = AUTH_PULL,
		.speak = speak,
		.context = p,
	};
	autoclose int lease = -1;

	TRY(image_lease(p->order->store, &lease));
	return remote_registry_each(&conversation);
}

static bool resolve_id(const struct pull *p, struct digest *id)
{
	autofree char *name = reference_normalized(p->order->ref);
	autoimage *image = NULL;
	autoerror missing = image_resolve_for(p->order->store, name, p->order->platform, &image);

	if (!missing)
		*id = image->id;
	return !missing;
}

fallible remote_pull(const struct remote_pull_order *order, struct digest *digest, bool *changed)
{
	struct pull p = {.order = order, .session = *order->session};
	struct digest before = {0}, after = {0};

	p.session.gone = is_over;
	p.session.context = &p;
	p.wanted = digest_is_none(&order->ref->digest) ? order->ref->tag : order->ref->digest.text;
	bool had = resolve_id(&p, &before);
	struct error *e = pull_leased(&p);
	/* What came whole stays for the next try; what was not right does not. */
	if (e && e->class != ERROR_UNAVAILABLE)
		log_dropped(LOG_LEVEL_WARN, image_sweep(order->store),
			    "image store: cannot remove unused blobs");
	TRY(e);
	*digest = p.top.digest;
	*changed = !had || !resolve_id(&p, &after) || !digest_equal(&before, &after);
	return NULL;
}

/* -- all tags -- */

static fallible list_tags(void *context, struct remote_registry *registry)
{
	return remote_tags(registry, context);
}

fallible remote_pull_tags(const struct remote_session *session, const struct reference *ref,
			  json_t **tags)
{
	const struct remote_conversation conversation = {
		.session = session,
		.domain = ref->domain,
		.path = ref->path,
		.actions = AUTH_PULL,
		.speak = list_tags,
		.context = tags,
	};

	return translate(ref, remote_registry_each(&conversation));
}
