#include "log_orders.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

void log_orders_add(struct buffer *texts, const char *name, const char *value)
{
	buffer_printf(texts, "%s=%s", name, value);
	buffer_append(texts, "", 1);
}

void log_orders_add_number(struct buffer *texts, const char *name, uint64_t value)
{
	buffer_printf(texts, "%s=%llu", name, (unsigned long long)value);
	buffer_append(texts, "", 1);
}

static size_t text_size(const struct log_orders *orders, size_t at)
{
	return strnlen(orders->texts + at, orders->length - at) + 1;
}

struct log_orders log_orders_next(struct log_orders *all)
{
	struct log_orders mine = {.texts = all->texts};

	while (mine.length < all->length &&
	       (!mine.length || !text_has_prefix(mine.texts + mine.length, "driver=")))
		mine.length += text_size(all, mine.length);
	all->texts += mine.length;
	all->length -= mine.length;
	return mine;
}

const char *log_orders_each(const struct log_orders *orders, const char *name, size_t *at)
{
	size_t length = strlen(name);

	while (*at < orders->length) {
		const char *text = orders->texts + *at;

		*at += text_size(orders, *at);
		if (strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
	}
	return NULL;
}

const char *log_orders_text(const struct log_orders *orders, const char *name)
{
	size_t at = 0;
	const char *text = log_orders_each(orders, name, &at);

	return text ? text : "";
}

uint64_t log_orders_number(const struct log_orders *orders, const char *name)
{
	return strtoull(log_orders_text(orders, name), NULL, 10);
}
