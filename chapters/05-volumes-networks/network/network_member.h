/*
 * network_member.h - a container in its networks: what is done for it, entry by entry
 *
 * An entry is NetworkSettings.Networks.NAME of the container's document (network_settings.h). All
 * calls here expect the container to be locked.
 *
 * Changing one that runs is told to the document before a cable is plugged in, and after one is
 * pulled out: so a daemon that is killed in between finds an entry without a cable, never a cable
 * without an entry, and plugs it in.
 *
 * Book: 5.6
 */
#ifndef MINI_NETWORK_MEMBER_H
#define MINI_NETWORK_MEMBER_H

#include <sys/types.h>

#include "container.h"
#include "network.h"

/* Gives it addresses in the network of that entry. ERROR_NOT_FOUND and what network_enter() has. */
fallible network_member_enter(struct container *container, const char *name);
/* What it has there is free; the entry stays. One that it has not entered is let pass. */
void network_member_leave(struct container *container, const char *name);
/* Its ports, at its address in the network that it goes out by. */
fallible network_member_publish(struct container *container);
/* Whether there will be any device of it in its networks. */
bool network_member_has_cables(const struct container *container);
/* Cables, the way out, the settings of the kernel that its user wishes, and its server of names. */
fallible network_member_plug_all(struct container *container, pid_t pid);
void network_member_tell_all(const struct container *container); /* events: connect */
/* One that runs was found: it keeps what it has. */
fallible network_member_rejoin(struct container *container);
/* Its name is another one, also for who asks for it by name. */
void network_member_rename(struct container *container);

/* One that runs gets into a network: its entry is there. On an error it may be half in: part. */
fallible network_member_join(struct container *container, const char *name);
/* ... and out of one; its entry goes. */
fallible network_member_part(struct container *container, const char *name);

#endif
