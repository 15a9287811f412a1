/*
 * What the Engine API documents and this mini-docker does not have yet: one row for each path,
 * which says where it will come from. A path that is in no table at all is 404 "page not found".
 *
 * A 501 is the honest answer to a command. It is the wrong one to a look-up: `docker inspect X`
 * asks for a container, an image, a network, a volume, ... of that name one after the other and
 * goes on only at a 404, and `docker node ls` knows what to say at 503. So look-ups are answered
 * as by a Docker that has no such thing.
 */
#include "api.h"

/* `section` of these rows is the chapter that brings it. */
static fallible later(void *context, struct http_exchange *ex)
{
	(void)context;
	return error_new(ERROR_NOT_IMPLEMENTED,
			 "%s %s is not built into this mini-docker yet: it comes with chapter %s",
			 ex->request->method, ex->path, ex->route->section);
}

static fallible no_network(void *context, struct http_exchange *ex)
{
	(void)context;
	return error_new(ERROR_NOT_FOUND, "network %s not found",
			 http_exchange_parameter(ex, "name"));
}

static fallible no_volume(void *context, struct http_exchange *ex)
{
	(void)context;
	return error_new(ERROR_NOT_FOUND, "get %s: no such volume",
			 http_exchange_parameter(ex, "name"));
}

static fallible no_plugin(void *context, struct http_exchange *ex)
{
	(void)context;
	return error_new(ERROR_NOT_FOUND, "plugin \"%s\" not found",
			 http_exchange_parameter(ex, "name"));
}

static fallible no_plugins(void *context, struct http_exchange *ex)
{
	autojson *none = json_array();
	(void)context;

	return http_reply_json(ex, 200, none);
}

/* `docker system prune` asks for each kind in turn. Of these there are none. */
static fallible nothing_pruned(void *context, struct http_exchange *ex)
{
	autojson *body = json_pack("{s:n, s:n, s:n, s:i}", "NetworksDeleted", "VolumesDeleted",
				   "CachesDeleted", "SpaceReclaimed", 0);
	(void)context;

	return http_reply_json(ex, 200, body);
}

static fallible no_swarm(void *context, struct http_exchange *ex)
{
	(void)context;
	(void)ex;
	return error_new(ERROR_UNAVAILABLE,
			 "This node is not a swarm manager. Use \"docker swarm init\" or \"docker "
			 "swarm join\" to connect this node to swarm and try again.");
}

static fallible no_swarm_to_leave(void *context, struct http_exchange *ex)
{
	(void)context;
	(void)ex;
	return error_new(ERROR_UNAVAILABLE, "This node is not part of a swarm");
}

const struct route later_routes[] = {
	/* 03: the rest of the containers */
	{"GET", "/containers/{id}/checkpoints", later, "03"},
	{"POST", "/containers/{id}/checkpoints", later, "03"},
	{"DELETE", "/containers/{id}/checkpoints/{name}", later, "03"},

	/* 04: registries */
	{"POST", "/auth", later, "04"},
	{"POST", "/images/{name...}/push", later, "04"},
	{"GET", "/images/search", later, "04"},
	{"GET", "/distribution/{name...}/json", later, "04"},

	/* 05: volumes, networks, plugins */
	{"GET", "/volumes", later, "05"},
	{"POST", "/volumes/create", later, "05"},
	{"POST", "/volumes/prune", nothing_pruned, "05"},
	{"GET", "/volumes/{name}", no_volume, "05"},
	{"PUT", "/volumes/{name}", no_swarm, "05"},
	{"DELETE", "/volumes/{name}", no_volume, "05"},
	{"GET", "/networks", later, "05"},
	{"POST", "/networks/create", later, "05"},
	{"POST", "/networks/prune", nothing_pruned, "05"},
	{"GET", "/networks/{name}", no_network, "05"},
	{"DELETE", "/networks/{name}", no_network, "05"},
	{"POST", "/networks/{name}/connect", no_network, "05"},
	{"POST", "/networks/{name}/disconnect", no_network, "05"},
	{"GET", "/plugins", no_plugins, "05"},
	{"GET", "/plugins/privileges", later, "05"},
	{"POST", "/plugins/pull", later, "05"},
	{"POST", "/plugins/create", later, "05"},
	{"GET", "/plugins/{name...}/json", no_plugin, "05"},
	{"POST", "/plugins/{name...}/enable", no_plugin, "05"},
	{"POST", "/plugins/{name...}/disable", no_plugin, "05"},
	{"POST", "/plugins/{name...}/upgrade", no_plugin, "05"},
	{"POST", "/plugins/{name...}/push", no_plugin, "05"},
	{"POST", "/plugins/{name...}/set", no_plugin, "05"},
	{"DELETE", "/plugins/{name...}", no_plugin, "05"},

	/* 06: images from Dockerfiles */
	{"POST", "/build", later, "06"},
	{"POST", "/build/prune", nothing_pruned, "06"},
	{"POST", "/build/cancel", later, "06"},
	{"POST", "/session", later, "06"},

	/* 07: services */
	{"POST", "/swarm/init", later, "07"},
	{"POST", "/swarm/join", later, "07"},
	{"GET", "/swarm", no_swarm, "07"},
	{"POST", "/swarm/leave", no_swarm_to_leave, "07"},
	{"POST", "/swarm/update", no_swarm, "07"},
	{"GET", "/swarm/unlockkey", no_swarm, "07"},
	{"POST", "/swarm/unlock", no_swarm, "07"},
	{"GET", "/nodes", no_swarm, "07"},
	{"GET", "/nodes/{id}", no_swarm, "07"},
	{"DELETE", "/nodes/{id}", no_swarm, "07"},
	{"POST", "/nodes/{id}/update", no_swarm, "07"},
	{"GET", "/services", no_swarm, "07"},
	{"POST", "/services/create", no_swarm, "07"},
	{"GET", "/services/{id}", no_swarm, "07"},
	{"DELETE", "/services/{id}", no_swarm, "07"},
	{"POST", "/services/{id}/update", no_swarm, "07"},
	{"GET", "/services/{id}/logs", no_swarm, "07"},
	{"GET", "/tasks", no_swarm, "07"},
	{"GET", "/tasks/{id}", no_swarm, "07"},
	{"GET", "/tasks/{id}/logs", no_swarm, "07"},
	{"GET", "/secrets", no_swarm, "07"},
	{"POST", "/secrets/create", no_swarm, "07"},
	{"GET", "/secrets/{id}", no_swarm, "07"},
	{"DELETE", "/secrets/{id}", no_swarm, "07"},
	{"POST", "/secrets/{id}/update", no_swarm, "07"},
	{"GET", "/configs", no_swarm, "07"},
	{"POST", "/configs/create", no_swarm, "07"},
	{"GET", "/configs/{id}", no_swarm, "07"},
	{"DELETE", "/configs/{id}", no_swarm, "07"},
	{"POST", "/configs/{id}/update", no_swarm, "07"},
	{0},
};
