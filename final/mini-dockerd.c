/*
 * mini-dockerd - the daemon, composed of all chapters
 *
 * Nothing happens here but composition. A chapter takes part in the daemon by a row in each of
 * these tables, and an earlier chapter never names a later one. Order is behaviour.
 */
#include "api.h"
#include "authorization.h"
#include "distribution_api.h"
#include "dockerd.h"
#include "image_mount_lifecycle.h"
#include "managed_plugin.h"
#include "managed_plugin_api.h"
#include "network_api.h"
#include "network_lifecycle.h"
#include "volume_api.h"
#include "volume_lifecycle.h"

/*
 * Which function answers which request. The tables are asked from the first to the last and the
 * first row that matches is taken, so:
 * - a later chapter's table stands before later_routes, where its paths are "not built in yet";
 * - one that widens an earlier chapter's path (POST /images/create, which can also pull) stands
 *   before that chapter's table and hands on what it does not do itself;
 * - image_routes stands behind the tables of images with fixed paths: its names may have slashes
 *   and would take them.
 */
static const struct route *const routes[] = {
	system_routes,
	event_routes,
	container_list_routes,
	container_routes,
	container_stream_routes,
	container_websocket_routes,
	container_top_routes,
	container_files_routes,
	container_archive_routes,
	container_stats_routes,
	exec_routes,
	disk_usage_routes,
	pull_routes,
	push_routes,
	registry_routes,
	network_routes,
	volume_routes,
	managed_plugin_routes,
	image_list_routes,
	image_transfer_routes,
	image_routes,
	later_routes,
	NULL,
};

/*
 * What takes part in a container's life. Hooks run in this order when it is made and started, and
 * backward when it ends; when one refuses, those before it are undone.
 */
static const struct lifecycle *const lifecycles[] = {
	&managed_plugin_lifecycle, /* the drivers that others may ask for when they open */
	&authorization_lifecycle,  /* which may be managed ones */
	&storage_lifecycle,        /* what cannot be limited is not begun */
	&network_lifecycle,        /* its addresses are written into files by etc_lifecycle */
	&bind_lifecycle,           /* what the user mounts comes before ... */
	&volume_lifecycle,
	&image_mount_lifecycle,
	&etc_lifecycle,    /* ... because it may take the place of a file that we would make */
	&init_lifecycle,   /* puts an init before the command */
	&health_lifecycle, /* asks the container that all others have furnished */
	NULL,
};

int main(int argc, char **argv)
{
	const struct dockerd_composition composition = {routes, lifecycles, &authorization_guard};

	return dockerd_main(argc, argv, &composition);
}
