#include "mirror_room.h"

#include "log.h"
#include "memory.h"
#include "registry_collect.h"

/* Seconds. The record of when something was asked for is up to a minute old. */
static const int64_t ages[] = {24 * 3600, 3600, 600, 120};

/* Blobs are fetched behind the manifest that needs them, so one without has nobody. */
static fallible drop_older(struct registry *registry, int64_t age)
{
	const struct registry_collect_options options = {
		.grace = age, .keep = age, .upload_timeout = age};
	struct registry_collected dropped;

	TRY(registry_collect(registry, &options, &dropped));
	if (dropped.bytes)
		log_info("the mirror is full: %lld bytes that nobody asked for in %lld seconds are "
			 "dropped",
			 (long long)dropped.bytes, (long long)age);
	return NULL;
}

fallible mirror_make_room(struct registry *registry, int64_t repository, int64_t bytes)
{
	autoerror e = registry_check_quota(registry, repository, bytes);

	for (size_t i = 0; e && i < countof(ages); i++) {
		TRY(drop_older(registry, ages[i]));
		error_free(e);
		e = registry_check_quota(registry, repository, bytes);
	}
	return steal(&e);
}
