/*
 * mirror_room.h - a mirror that is full keeps what is asked for
 *
 * A registry that has reached its quota refuses what is pushed; a mirror that did so would be none
 * any more. It drops what nobody has asked for the longest instead: of the last day, the last hour,
 * the last minutes, until there is room. What was asked for just now is never dropped: it may be
 * what is being pulled. What is larger than all the rest together is refused as anywhere.
 *
 * Book: 4.12
 */
#ifndef MINI_MIRROR_ROOM_H
#define MINI_MIRROR_ROOM_H

#include "registry.h"

/* For so many bytes in a repository. Code DENIED where that cannot be; see registry_check_quota().
 */
fallible mirror_make_room(struct registry *registry, int64_t repository, int64_t bytes);

#endif
