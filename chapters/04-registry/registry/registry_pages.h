/*
 * registry_pages.h - what mini-registry says of itself to readers of manuals
 *
 * Standard: man(7). Book: 4.2
 */
#ifndef MINI_REGISTRY_PAGES_H
#define MINI_REGISTRY_PAGES_H

#include <stdio.h>

void registry_pages_man(FILE *to);

#endif
