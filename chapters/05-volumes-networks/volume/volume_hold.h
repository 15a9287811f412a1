/*
 * volume_hold.h - which container has which volume
 *
 * A container holds its volumes from its creation to its removal, whether it runs or not. A volume
 * that is held is not removed. Only in memory: the containers' documents say the same, and the
 * daemon fills this from them when it starts.
 *
 * Thread-safe. Book: 5.2
 */
#ifndef MINI_VOLUME_HOLD_H
#define MINI_VOLUME_HOLD_H

#include <jansson.h>
#include <stdbool.h>

void volume_hold(const char *volume, const char *container);
void volume_hold_end(const char *container); /* all that it holds */
/* Whether the container runs now. The answer: whether any that holds the volume does. */
bool volume_hold_run(const char *volume, const char *container, bool runs);
/* Ids of the containers that hold it: a new array of strings. */
json_t *volume_hold_users(const char *volume);

#endif
