#include "registry_collect.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "explain.h"
#include "log.h"
#include "memory.h"
#include "registry.h"
#include "text.h"

#define TICK_SECONDS 60

struct registry_collector {
	struct registry *registry;
	struct registry_collect_options options;
	pthread_t thread;
	sem_t wake;
	atomic_bool stop;
};

/* Most blobs are used: only for the others the lock is taken. */
static fallible sweep_one(void *context, const struct digest *digest)
{
	struct registry *registry = context;
	bool used;

	TRY(registry_store_is_used(registry->store, digest, &used));
	return used ? NULL : registry_release(registry, digest);
}

fallible registry_collect(struct registry *registry, const struct registry_collect_options *options,
			  struct registry_collected *out)
{
	time_t now = time(NULL);
	int64_t before = atomic_load(&registry->stored);
	uint64_t began = explain_clock();
	int64_t forgotten = 0;

	*out = (struct registry_collected){0};
	out->uploads =
		(int64_t)registry_uploads_expire(registry->uploads, now - options->upload_timeout);
	if (options->keep)
		TRY(registry_store_forget(registry->store, now - options->keep, &forgotten));
	TRY(registry_store_expire(registry->store, now - options->grace, options->untagged,
				  &out->blobs, &out->manifests));
	TRY(content_each(registry->content, sweep_one, registry));
	out->manifests += forgotten;
	out->bytes = before - atomic_load(&registry->stored);
	explain(began, "4.10", "what no repository has any more",
		"unlink(\"blobs/...\"), %lld bytes", (long long)out->bytes);
	return NULL;
}

static void collect_and_tell(struct registry_collector *collector)
{
	struct registry_collected done;
	char bytes[32];
	autoerror e = registry_collect(collector->registry, &collector->options, &done);

	if (e) {
		log_error("garbage could not be collected: %s", e->message);
		return;
	}
	size_text((double)done.bytes, bytes);
	log_info("garbage collected: %lld uploads, %lld manifests, %lld blobs; %s",
		 (long long)done.uploads, (long long)done.manifests, (long long)done.blobs, bytes);
}

/* True when somebody woke it. */
static bool wait_for_tick(struct registry_collector *collector)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += TICK_SECONDS;
	while (sem_timedwait(&collector->wake, &until) < 0)
		if (errno == ETIMEDOUT)
			return false;
	return true;
}

static void *collector_main(void *argument)
{
	struct registry_collector *collector = argument;
	const struct registry_collect_options *options = &collector->options;
	time_t last = time(NULL);

	while (!atomic_load(&collector->stop)) {
		bool woken = wait_for_tick(collector);

		if (atomic_load(&collector->stop))
			break;
		registry_uploads_expire(collector->registry->uploads,
					time(NULL) - options->upload_timeout);
		if (!woken && (!options->interval || time(NULL) < last + options->interval))
			continue;
		collect_and_tell(collector);
		last = time(NULL);
	}
	return NULL;
}

fallible registry_collector_start(struct registry *registry,
				  const struct registry_collect_options *options,
				  struct registry_collector **out)
{
	struct registry_collector *collector = allocate(sizeof(*collector));

	collector->registry = registry;
	collector->options = *options;
	sem_init(&collector->wake, 0, 0);
	int code = pthread_create(&collector->thread, NULL, collector_main, collector);
	if (code) {
		free(collector);
		return error_errno(ERROR_SYSTEM, code, "cannot start the collector of garbage");
	}
	*out = collector;
	return NULL;
}

void registry_collector_wake(struct registry_collector *collector)
{
	sem_post(&collector->wake);
}

void registry_collector_stop(struct registry_collector *collector)
{
	if (!collector)
		return;
	atomic_store(&collector->stop, true);
	registry_collector_wake(collector);
	pthread_join(collector->thread, NULL);
	sem_destroy(&collector->wake);
	free(collector);
}
