/*
 * remote_layers.h - the layers of an image, fetched side by side while they are unpacked
 *
 * Some threads take the layers, lowest first, and run their downloads; the image store's own
 * threads read behind them and unpack. The first failure, on either side, ends both.
 *
 * Book: 4.7
 */
#ifndef MINI_REMOTE_LAYERS_H
#define MINI_REMOTE_LAYERS_H

#include "remote_download.h"
#include "remote_pull.h"

struct remote_layers; /* opaque */

/* Begins to fetch what is not here; the arguments are borrowed until the end. *stopped becomes true
 * when something failed, which ends what still waits. */
fallible remote_layers_begin(const struct remote_pull_order *order,
			     struct remote_registry *registry, const struct image *image,
			     atomic_bool *stopped, struct remote_layers **out);
/* For image_adopt_with(). */
struct image_feed remote_layers_feed(struct remote_layers *layers);
/* Ends it, in any case. e: how the unpacking went; the error that came first is returned. */
fallible remote_layers_end(struct remote_layers *layers, struct error *e);

#endif
