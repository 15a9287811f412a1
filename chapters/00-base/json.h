/*
 * json.h - JSON values over the jansson library
 *
 * jansson is strict and keeps 64-bit integers exact. What is added here: errors as values, limits
 * for input from outside, getters that take null and a missing member alike (Go clients send null
 * for every empty slice, map and pointer), and text that jansson would refuse made valid.
 *
 * Ownership follows jansson: json_t is reference counted, json_get_* borrow from the object,
 * json_object_set_new steals the value. `autojson` drops one reference at the end of the scope.
 */
#ifndef MINI_JSON_H
#define MINI_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define autojson __attribute__((cleanup(json_decref_cleanup), unused)) json_t

/* Numbers, strings and so on at the top level are accepted; duplicate keys are ERROR_INVALID.
 * `what` names the input in the message ("config.json"). */
fallible json_parse(const char *bytes, size_t length, const char *what, json_t **out);
/* The whole file; ERROR_TOO_LARGE over limit bytes. */
fallible json_read(int dirfd, const char *name, size_t limit, json_t **out);

/* Compact, in insertion order; the caller frees. */
char *json_text(const json_t *value);
/* The same text behind what the buffer has, without a copy: for what is long. Nothing, where
 * json_text() is "null". */
void json_append(struct buffer *text, const json_t *value);
/* For people: each member on its own line behind `indent` for each level, as Go writes it. */
void json_append_indented(struct buffer *text, const json_t *value, const char *indent);

/* Members: a missing one and null give the default. A member of another type is ERROR_INVALID and
 * names the member, so that bad input is told, not guessed at. *out is borrowed. */
fallible json_get_string(const json_t *object, const char *key, const char *fallback,
			 const char **out);
fallible json_get_integer(const json_t *object, const char *key, int64_t fallback, int64_t *out);
fallible json_get_boolean(const json_t *object, const char *key, bool fallback, bool *out);
/* NULL when missing or null. */
fallible json_get_object(const json_t *object, const char *key, json_t **out);
fallible json_get_array(const json_t *object, const char *key, json_t **out);

/* For documents that we wrote ourselves: the string at a path of keys, "" when it is not there.
 * json_at(container, "Config", "Image", NULL) is the value itself, NULL when not there. */
const char *json_string_at(const json_t *object, ...) __attribute__((sentinel));
json_t *json_at(const json_t *object, ...) __attribute__((sentinel));

/* The keys of an object: a new array of strings, sorted by their bytes. */
json_t *json_sorted_keys(const json_t *object);

/* A JSON string of any bytes: what is not UTF-8 becomes U+FFFD, as Go does. */
json_t *json_text_value(const char *bytes, size_t length);
/* NULL gives JSON null. */
json_t *json_string_or_null(const char *text);
/* argv-like: a NULL-terminated array of strings; the caller frees the array only (borrowed). */
fallible json_string_array(const json_t *array, const char *what, const char ***out);

void json_decref_cleanup(json_t **value);

#endif
