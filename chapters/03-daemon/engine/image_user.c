#include "image_user.h"

#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "engine.h"
#include "image.h"
#include "json.h"
#include "log.h"
#include "memory.h"

static bool is_user(struct container *container, const struct digest *image_id, bool *running)
{
	container_lock(container);
	*running = json_is_true(json_at(container->document, "State", "Running", NULL));
	bool has = strcmp(json_string_at(container->document, "Image", NULL), image_id->text) == 0;
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

void image_user_is_gone(struct engine *engine)
{
	const struct image_remove_options options = {.user = image_user, .context = engine};

	log_dropped(LOG_LEVEL_WARN, image_drop_kept(engine->images, &options),
		    "a removed image stays that no container needs any more");
}
