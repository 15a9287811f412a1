/*
 * container_field.h - options that go to one field of the request body, by table
 *
 * Book: 3.11
 */
#ifndef MINI_CONTAINER_FIELD_H
#define MINI_CONTAINER_FIELD_H

#include "container_options.h"
#include "error.h"
#include "json.h"

/* Where an option goes. */
struct field {
	size_t offset;       /* of its value in struct container_options */
	const char *section; /* "HostConfig"; NULL for Config, which is the body itself */
	const char *key;
	fallible (*put)(json_t *section, const struct field *field, const void *value);
	fallible (*add)(const char *text, json_t *array); /* for lists: one word */
	const char *flag; /* the option's name where docker tells a bad value as such */
};

/* Every option of the table. ERROR_INVALID. */
fallible container_field_put_all(const struct container_options *options, json_t *body);

/* The kinds that are of use elsewhere too; only the field's key counts. */
fallible container_field_put_text(json_t *section, const struct field *field, const void *value);
fallible container_field_put_list(json_t *section, const struct field *field, const void *value);
fallible container_field_put_map(json_t *section, const struct field *field, const void *value);

/* The member; an empty one of json_array() or json_object() in the place of null. Borrowed. */
json_t *container_field_member(json_t *object, const char *key, json_t *(*make)(void));

/* NetworkingConfig and NetworkMode (container_network.c). ERROR_INVALID. */
fallible container_networks(const struct container_options *options, json_t *body, json_t *host);

#endif
