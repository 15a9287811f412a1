/*
 * mini-dockerd of chapter 03: containers that live, behind the Engine API. Volumes, networks,
 * registries and builds are not in it; final/mini-dockerd.c has what later chapters add.
 */
#include "api.h"
#include "dockerd.h"

/* The first row that matches is taken. What is not built in yet comes last, so that any table
 * before it can bring it. */
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
	image_list_routes,
	image_transfer_routes,
	image_routes,
	later_routes,
	NULL,
};

/* What the user mounts comes first: it may take the place of a file in /etc that we would make. */
static const struct lifecycle *const lifecycles[] = {
	&storage_lifecycle, &loopback_lifecycle, &bind_lifecycle,   &no_volume_lifecycle,
	&etc_lifecycle,     &init_lifecycle,     &health_lifecycle, NULL,
};

int main(int argc, char **argv)
{
	const struct dockerd_composition composition = {routes, lifecycles, NULL};

	return dockerd_main(argc, argv, &composition);
}
