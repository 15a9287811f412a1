#include "settings.h"

#include <pthread.h>
#include <stdlib.h>

#include "memory.h"

struct settings {
	pthread_mutex_t lock;
	json_t *value, *learned;
};

struct settings *settings_create(void)
{
	struct settings *settings = allocate(sizeof(*settings));

	pthread_mutex_init(&settings->lock, NULL);
	settings->value = json_object();
	settings->learned = json_object();
	return settings;
}

void settings_destroy(struct settings *settings)
{
	if (!settings)
		return;
	json_decref(settings->value);
	json_decref(settings->learned);
	pthread_mutex_destroy(&settings->lock);
	free(settings);
}

void settings_replace(struct settings *settings, json_t *value)
{
	pthread_mutex_lock(&settings->lock);
	json_t *old = settings->value;
	json_object_update_missing(value, settings->learned);
	settings->value = value;
	pthread_mutex_unlock(&settings->lock);
	json_decref(old);
}

void settings_learn(struct settings *settings, const char *name, json_t *value)
{
	if (!settings) {
		json_decref(value);
		return;
	}
	pthread_mutex_lock(&settings->lock);
	json_t *old = settings->value;
	json_object_set_new(settings->learned, name, value);
	settings->value = json_copy(old); /* who has the old one keeps it */
	json_object_update_missing(settings->value, settings->learned);
	pthread_mutex_unlock(&settings->lock);
	json_decref(old);
}

json_t *settings_now(struct settings *settings)
{
	if (!settings)
		return json_object();
	pthread_mutex_lock(&settings->lock);
	json_t *value = json_incref(settings->value);
	pthread_mutex_unlock(&settings->lock);
	return value;
}
