#include "network_words.h"

#include <string.h>

#include "memory.h"

json_t *network_words_array(const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		for (const char *at = words->items[i]; at; at = strchr(at, ',')) {
			at += *at == ',';
			json_array_append_new(array, json_text_value(at, strcspn(at, ",")));
		}
	return array;
}

json_t *network_words_list(const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(array, json_string_or_null(words->items[i]));
	return array;
}

static void put(json_t *object, const char *word)
{
	size_t length = strcspn(word, "=");
	autofree char *key = duplicate_range(word, length);

	json_object_set_new(object, key,
			    json_string_or_null(word[length] ? word + length + 1 : ""));
}

json_t *network_words_map(const struct words *words)
{
	json_t *object = json_object();

	for (size_t i = 0; i < words->count; i++)
		put(object, words->items[i]);
	return object;
}

fallible network_words_driver_options(const struct words *words, json_t *options)
{
	autojson *list = network_words_array(words);
	const json_t *word;
	size_t i;

	json_array_foreach (list, i, word) {
		if (!strchr(json_string_value(word), '='))
			return error_new(ERROR_INVALID,
					 "invalid key/value pair format in driver options");
		put(options, json_string_value(word));
	}
	return NULL;
}
