/*
 * plugin_spec.h - where a plugin is: what the folders of plugins say of a name
 *
 *	/run/docker/plugins/NAME.sock                 the plugin listens there itself
 *	/etc/docker/plugins/NAME.spec                 one line: unix:///x.sock, tcp://host:port,
 *	/usr/lib/docker/plugins/NAME.spec             http://host:port, https://host:port
 *	/etc/docker/plugins/NAME.json                 {"Addr": "https://...", "TLSConfig": {...}}
 *
 * each of them also as NAME/NAME.sock, so that a folder can be handed to who runs in a container.
 * The first in this order is taken: sockets before files, one folder before the next, .spec before
 * .json. The folders are root's, so what is in them is believed; the name is not: one that could
 * lead out of them is found nowhere.
 *
 * Only https is encrypted. As with Docker, a TLSConfig without CAFile believes any certificate.
 *
 * Standard: Docker Engine Plugin API, "Plugin discovery". Book: 5.11
 */
#ifndef MINI_PLUGIN_SPEC_H
#define MINI_PLUGIN_SPEC_H

#include <jansson.h>
#include <stdbool.h>

#include "error.h"
#include "http_address.h"

struct plugin_spec {
	struct http_address address;
	bool tls, verify;
	char *ca, *certificate, *key; /* PEM files; NULL: none */
};

/* The lists end with NULL. */
struct plugin_folders {
	const char *const *sockets;
	const char *const *files;
};
extern const struct plugin_folders plugin_folders; /* those above */

/* ERROR_NOT_FOUND `plugin "NAME" not found`; ERROR_INVALID for a file that makes no sense. */
fallible plugin_spec_find(const struct plugin_folders *folders, const char *name,
			  struct plugin_spec *spec);
/* From an address alone, as a .spec has it. */
fallible plugin_spec_read(const char *address, struct plugin_spec *spec);
void plugin_spec_finish(struct plugin_spec *spec);
#define auto_plugin_spec __attribute__((cleanup(plugin_spec_finish))) struct plugin_spec

/* All names that have something in the folders: a new array, sorted, without doubles. */
json_t *plugin_spec_names(const struct plugin_folders *folders);

#endif
