#include "lifecycle.h"

#include <stddef.h>
#include <stdlib.h>

#include "container.h"
#include "engine.h"
#include "memory.h"
#include "mount_source.h"
#include "oci_spec.h"

void furnishing_add_mount(struct furnishing *furnishing, int mount, const char *target,
			  json_t *options)
{
	autofree char *source = format("/proc/self/fd/%d", mount);

	furnishing->mounts = reallocate(furnishing->mounts, furnishing->mount_count + 1,
					sizeof(*furnishing->mounts));
	furnishing->mounts[furnishing->mount_count++] = mount;
	oci_spec_add_mount(furnishing->spec, "bind", source, target, options);
}

int furnishing_find_mount(const struct furnishing *furnishing, const char *source)
{
	int descriptor = mount_source_descriptor(source);

	for (size_t i = 0; descriptor >= 0 && i < furnishing->mount_count; i++)
		if (furnishing->mounts[i] == descriptor)
			return (int)i;
	return -1;
}

void furnishing_close_mounts(struct furnishing *furnishing)
{
	for (size_t i = 0; i < furnishing->mount_count; i++)
		close_fd(&furnishing->mounts[i]);
	free(furnishing->mounts);
	furnishing->mounts = NULL;
	furnishing->mount_count = 0;
}

static size_t count_rows(const struct engine *engine)
{
	size_t count = 0;

	while (engine->lifecycles[count])
		count++;
	return count;
}

fallible lifecycle_open(struct engine *engine)
{
	for (size_t i = 0; engine->lifecycles[i]; i++)
		if (engine->lifecycles[i]->open)
			TRY(error_wrap(engine->lifecycles[i]->open(engine), "%s",
				       engine->lifecycles[i]->name));
	return NULL;
}

fallible lifecycle_ready(struct engine *engine)
{
	for (size_t i = 0; engine->lifecycles[i]; i++)
		if (engine->lifecycles[i]->ready)
			TRY(error_wrap(engine->lifecycles[i]->ready(engine), "%s",
				       engine->lifecycles[i]->name));
	return NULL;
}

void lifecycle_renamed(struct container *container)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++)
		if (rows[i]->renamed)
			rows[i]->renamed(container->engine, container);
}

fallible lifecycle_usage(struct engine *engine, json_t *answer)
{
	for (size_t i = 0; engine->lifecycles[i]; i++)
		if (engine->lifecycles[i]->usage)
			TRY(engine->lifecycles[i]->usage(engine, answer));
	return NULL;
}

void lifecycle_info(struct engine *engine, json_t *info)
{
	for (size_t i = 0; engine->lifecycles[i]; i++)
		if (engine->lifecycles[i]->info)
			engine->lifecycles[i]->info(info);
}

void lifecycle_close(struct engine *engine)
{
	for (size_t i = count_rows(engine); i-- > 0;)
		if (engine->lifecycles[i]->close)
			engine->lifecycles[i]->close(engine);
}

void lifecycle_unpause(struct container *container)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++)
		if (rows[i]->unpause)
			rows[i]->unpause(container->engine, container);
}

void lifecycle_pause(struct container *container)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = count_rows(container->engine); i-- > 0;)
		if (rows[i]->pause)
			rows[i]->pause(container->engine, container);
}

static void detach_before(struct container *container, size_t end)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	while (end-- > 0)
		if (rows[end]->detach)
			rows[end]->detach(container->engine, container);
}

static void forget_before(struct container *container, size_t end)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	while (end-- > 0)
		if (rows[end]->forget)
			rows[end]->forget(container->engine, container);
}

fallible lifecycle_adopt(struct container *container)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++) {
		struct error *e =
			rows[i]->adopt ? rows[i]->adopt(container->engine, container) : NULL;

		if (!e)
			continue;
		forget_before(container, i);
		return e;
	}
	return NULL;
}

fallible lifecycle_furnish(struct container *container, struct furnishing *furnishing)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++) {
		struct error *e = rows[i]->furnish ? rows[i]->furnish(container->engine, container,
								      furnishing)
						   : NULL;

		if (!e)
			continue;
		detach_before(container, i);
		return e;
	}
	return NULL;
}

/* All were furnished, so all are detached. */
fallible lifecycle_attach(struct container *container, pid_t pid)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++) {
		struct error *e =
			rows[i]->attach ? rows[i]->attach(container->engine, container, pid) : NULL;

		if (!e)
			continue;
		lifecycle_detach(container);
		return e;
	}
	return NULL;
}

fallible lifecycle_rejoin(struct container *container)
{
	const struct lifecycle *const *rows = container->engine->lifecycles;

	for (size_t i = 0; rows[i]; i++)
		if (rows[i]->rejoin)
			TRY(rows[i]->rejoin(container->engine, container));
	return NULL;
}

void lifecycle_detach(struct container *container)
{
	detach_before(container, count_rows(container->engine));
}

void lifecycle_forget(struct container *container)
{
	forget_before(container, count_rows(container->engine));
}
