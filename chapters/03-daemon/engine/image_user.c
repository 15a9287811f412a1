#include "image_user.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "engine.h"
#include "image.h"
#include "json.h"
#include "log.h"
#include "memory.h"

/* As Docker: the image that it was made of, and those that are mounted in it. */
static bool needs(const struct container *container, const char *id)
{
	const json_t *mount;
	size_t i;

	if (strcmp(json_string_at(container->document, "Image", NULL), id) == 0)
		return true;
	json_array_foreach (json_object_get(container->document, "Mounts"), i, mount)
		if (strcmp(json_string_at(mount, "Type", NULL), "image") == 0 &&
		    strcmp(json_string_at(mount, "Source", NULL), id) == 0)
			return true;
	return false;
}

static bool is_user(struct container *container, const struct digest *image_id, bool *running)
{
	container_lock(container);
	*running = json_is_true(json_at(container->document, "State", "Running", NULL));
	bool has = needs(container, image_id->text);
	container_unlock(container);
	return has;
}

char *image_user(void *engine, const struct digest *image_id, bool *running)
{
	size_t count;
	struct container **all = container_list(engine, &count);
	char *user = NULL;
	bool runs;

	*running = false;
	for (size_t i = 0; i < count; i++) {
		if (!*running && is_user(all[i], image_id, &runs) && (!user || runs)) {
			free(user);
			user = duplicate(all[i]->id);
			*running = runs;
		}
		container_release(all[i]);
	}
	free(all);
	return user;
}

fallible image_user_check(struct container *container, unsigned int before)
{
	struct image_store *images = container->engine->images;
	autojson *document = container_inspect(container);
	const json_t *mount;
	size_t i;

	TRY(image_check_still_there(images, json_string_at(document, "Image", NULL), before));
	json_array_foreach (json_object_get(document, "Mounts"), i, mount)
		if (strcmp(json_string_at(mount, "Type", NULL), "image") == 0)
			TRY(image_check_still_there(images, json_string_at(mount, "Source", NULL),
						    before));
	return NULL;
}

void image_user_is_gone(struct engine *engine)
{
	const struct image_remove_options options = {.user = image_user, .context = engine};

	log_dropped(LOG_LEVEL_WARN, image_drop_kept(engine->images, &options),
		    "a removed image stays that no container needs any more");
}
