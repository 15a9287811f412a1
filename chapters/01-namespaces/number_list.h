/*
 * number_list.h - "0-3,7": lists of CPUs and of memory nodes, as bits
 *
 * The kernel writes such lists in /sys and takes them as masks in its calls: an array of unsigned
 * long, bit N for number N.
 *
 * Standard: cpuset(7), "List format". Book: 1.11
 */
#ifndef MINI_NUMBER_LIST_H
#define MINI_NUMBER_LIST_H

#include <limits.h>
#include <stddef.h>

#include "error.h"

#define NUMBER_LIST_MAX   1024 /* numbers are below it */
#define NUMBER_LIST_BITS  (sizeof(unsigned long) * CHAR_BIT)
#define NUMBER_LIST_WORDS (NUMBER_LIST_MAX / NUMBER_LIST_BITS)

struct number_list {
	unsigned long mask[NUMBER_LIST_WORDS];
};

/* ERROR_INVALID when it is no such list, or empty. */
fallible number_list_parse(const char *text, struct number_list *list);

/* Such a list as it is in a plan: its bytes. ERROR_CORRUPT when they are none. */
fallible number_list_of(const void *bytes, size_t length, struct number_list *list);

#endif
