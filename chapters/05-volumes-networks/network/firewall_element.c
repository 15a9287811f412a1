#include "firewall_element.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static void finish(struct firewall_element *element)
{
	free(element->key);
	free(element->value);
	free(element->owner);
}

void firewall_elements_finish(struct firewall_elements *elements)
{
	for (size_t i = 0; i < elements->count; i++)
		finish(&elements->items[i]);
	free(elements->items);
	*elements = (struct firewall_elements){0};
}

void firewall_elements_add(struct firewall_elements *elements, const char *set, char *key,
			   char *value, const char *owner)
{
	if (elements->count == elements->capacity) {
		elements->capacity = elements->capacity ? 2 * elements->capacity : 16;
		elements->items =
			reallocate(elements->items, elements->capacity, sizeof(*elements->items));
	}
	elements->items[elements->count++] =
		(struct firewall_element){set, key, value, duplicate(owner)};
}

struct firewall_element *firewall_elements_find(const struct firewall_elements *elements,
						const char *set, const char *key)
{
	for (size_t i = 0; i < elements->count; i++)
		if (strcmp(elements->items[i].set, set) == 0 &&
		    strcmp(elements->items[i].key, key) == 0)
			return &elements->items[i];
	return NULL;
}

void firewall_elements_remove(struct firewall_elements *elements, struct firewall_element *element)
{
	finish(element);
	*element = elements->items[--elements->count];
}

void firewall_element_command(const struct firewall_element *element, const char *verb,
			      struct buffer *text)
{
	buffer_printf(text, "%s element " FIREWALL_TABLE " %s { %s%s%s }\n", verb, element->set,
		      element->key, element->value ? " : " : "",
		      element->value ? element->value : "");
}
