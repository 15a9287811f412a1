/*
 * plugin_together.h - many plugins asked at once, since each may take its time
 *
 * One that says nothing costs whoever waits its whole time (plugin.h); asked one after the other,
 * ten of them would cost ten times that. Docker asks for its list of volumes in this way, too.
 *
 * Book: 5.11
 */
#ifndef MINI_PLUGIN_TOGETHER_H
#define MINI_PLUGIN_TOGETHER_H

#include <stddef.h>

/* ask(context, 0) to ask(context, count - 1), in any order, some of them at the same time; returns
 * when all have returned. */
void plugin_together(size_t count, void (*ask)(void *context, size_t index), void *context);

#endif
