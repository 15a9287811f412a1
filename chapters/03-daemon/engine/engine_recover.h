/*
 * engine_recover.h - what a daemon finds when it starts
 *
 * The store says what there was; shims and exit records say what there is now:
 *	its shim answers                     it runs, and the watch is taken up again
 *	no shim, an exit record              it ended meanwhile, with that exit code
 *	no shim, no record, it was running   its shim was killed or the machine restarted: 255
 *	--rm and it does not run             it is removed
 *	it does not run, and is to           its restart policy is carried out
 * A folder without a container is what a killed daemon left of a creation or a removal.
 *
 * Book: 3.10
 */
#ifndef MINI_ENGINE_RECOVER_H
#define MINI_ENGINE_RECOVER_H

#include "engine.h"
#include "error.h"

/* One container that cannot be read is logged and left aside. */
fallible engine_recover(struct engine *engine);

#endif
