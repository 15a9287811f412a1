#include "mirror_upstream.h"

#include "distribution_error.h"
#include "memory.h"

/* Who asks us cannot mend it: what stands behind us has failed. */
static const struct error_code bad_gateway = {"UNKNOWN", ERROR_UNAVAILABLE, 502};

static bool is_stopping(void *context)
{
	struct mirror *mirror = context;

	return atomic_load(&mirror->stopping);
}

fallible mirror_converse(struct mirror *mirror, const char *name,
			 fallible (*speak)(void *context, struct remote_registry *remote),
			 void *context)
{
	const struct remote_session session = {
		.settings = mirror->settings,
		.credentials = &mirror->credentials,
		.gone = is_stopping,
		.context = mirror,
	};
	const struct remote_conversation conversation = {
		.session = &session,
		.domain = mirror->domain,
		.path = name,
		.actions = AUTH_PULL,
		.speak = speak,
		.context = context,
	};

	return remote_registry_each(&conversation);
}

/* A limit that was reached is an answer, too, but what is here may still be given. */
bool mirror_is_away(const struct error *e)
{
	return e->class == ERROR_UNAVAILABLE;
}

static fallible not_let_in(const struct mirror *mirror, const struct error *e)
{
	return error_coded(&distribution_denied,
			   "%s does not show this to its mirror: %s; --mirror-credentials says who "
			   "the mirror is",
			   mirror->domain, e->message);
}

static fallible translate(const struct mirror *mirror, const struct error_code *missing,
			  const struct error *e)
{
	if (e->code == &distribution_too_many_requests)
		return error_coded(e->code, "%s: %s", mirror->domain, e->message);
	if (e->class == ERROR_UNAUTHORIZED || e->class == ERROR_FORBIDDEN)
		return not_let_in(mirror, e);
	if (e->class == ERROR_NOT_FOUND)
		return error_coded(e->code && *e->code->name ? e->code : missing, "%s: %s",
				   mirror->domain, e->message);
	return error_coded(&bad_gateway, "%s cannot be mirrored now: %s", mirror->domain,
			   e->message);
}

fallible mirror_refusal(const struct mirror *mirror, const struct error_code *missing,
			struct error *e)
{
	autoerror taken = e;

	return taken ? translate(mirror, missing, taken) : NULL;
}
