/*
 * template_function.h - the functions of templates, and how values print (template.h)
 *
 * Book: 3.11
 */
#ifndef MINI_TEMPLATE_FUNCTION_H
#define MINI_TEMPLATE_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"
#include "json.h"

struct template_function {
	const char *name;
	size_t least, most; /* arguments */
	fallible (*call)(json_t **arguments, size_t count, json_t **out);
};

/* NULL when there is none of that name. */
const struct template_function *template_function_find(const char *name, size_t length);

/* Go's idea of true: not false, 0, "", null or empty. */
bool template_truth(const json_t *value);
/* Appends the value as Go prints it. */
void template_print(struct buffer *out, const json_t *value);

#endif
