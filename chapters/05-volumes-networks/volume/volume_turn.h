/*
 * volume_turn.h - one after the other, for each name of a volume
 *
 * Making and removing a volume may take a plugin minutes, and until it is done nobody else may do
 * anything of the kind with that name. With all other names they may.
 *
 * Thread-safe. Book: 5.1
 */
#ifndef MINI_VOLUME_TURN_H
#define MINI_VOLUME_TURN_H

/* Waits until nobody has the turn of this name. The name is borrowed until the turn is given on. */
void volume_turn_take(const char *name);
void volume_turn_give(const char *name);

#endif
