/*
 * remote_turn.h - what one does for all is done by one at a time
 *
 * A turn belongs to a digest: who wants to do something with what it names waits until nobody else
 * of this process does. Book: 4.7
 */
#ifndef MINI_REMOTE_TURN_H
#define MINI_REMOTE_TURN_H

#include "digest.h"
#include "error.h"

/* ERROR_UNAVAILABLE when `gone` says that nobody waits any more. */
fallible remote_turn_take(const struct digest *digest, bool (*gone)(void *context), void *context);
void remote_turn_give(const struct digest *digest);

#endif
