#include "api_socket.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "archive_text.h"
#include "container_field.h"
#include "memory.h"
#include "remote.h"
#include "text.h"

#define SOCKET  "/var/run/docker.sock"
#define FOLDER  "/run/secrets/docker"
#define ARCHIVE 2048 /* bytes, besides the file's own: a head, padding and the end */

static bool has_variable(const json_t *env, const char *prefix)
{
	json_t *item;
	size_t i;

	json_array_foreach (env, i, item)
		if (text_has_prefix(json_string_value(item), prefix))
			return true;
	return false;
}

fallible api_socket_add(struct client *client, json_t *body, struct buffer *config)
{
	json_t *host = json_object_get(body, "HostConfig");

	TRY(client_find_daemon(client));
	if (!text_has_prefix(client->endpoint.host, "unix://"))
		return error_new(ERROR_INVALID,
				 "flag --use-api-socket can only be used with unix sockets: docker "
				 "endpoint %s incompatible",
				 client->endpoint.host);
	json_array_append_new(container_field_member(host, "Mounts", json_array),
			      json_pack("{s:s, s:s, s:s, s:{}}", "Type", "bind", "Source",
					client->endpoint.host + strlen("unix://"), "Target", SOCKET,
					"BindOptions"));
	if (client_credentials && !has_variable(json_object_get(body, "Env"), "DOCKER_CONFIG="))
		TRY(client_credentials(client, config));
	if (config->length)
		json_array_append_new(container_field_member(body, "Env", json_array),
				      json_string("DOCKER_CONFIG=" FOLDER));
	return NULL;
}

/* One file, which only its owner may read; the daemon makes the folders. */
static fallible pack(const struct buffer *config, struct buffer *tar)
{
	autoarchive struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t room = config->length + ARCHIVE, used = 0;

	archive_write_set_format_ustar(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open_memory(archive, buffer_reserve(tar, room), room, &used);
	archive_entry_set_pathname(entry, FOLDER "/config.json");
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (int64_t)config->length);
	archive_entry_set_mtime(entry, 0, 0);
	bool good = archive_write_header(archive, entry) == ARCHIVE_OK &&
		    archive_write_data(archive, config->data, config->length) ==
			    (la_ssize_t)config->length &&
		    archive_write_close(archive) == ARCHIVE_OK;
	archive_entry_free(entry);
	tar->length = used;
	return good ? NULL
		    : error_new(ERROR_SYSTEM, "cannot pack config.json: %s",
				archive_error_string(archive));
}

static fallible upload(struct client *client, const char *id, const struct buffer *tar)
{
	autofree char *path = format("/containers/%s/archive?path=%%2F", id);
	auto_http_connection c = NULL;
	auto_http_response response = {0};
	bool answered = false;

	TRY(remote_upload_begin(client, "PUT", path, "application/x-tar", &c));
	TRY(remote_upload_write(c, tar->data, tar->length, &answered));
	if (!answered)
		TRY(http_connection_end(c));
	return remote_answer(client, c, "PUT", &response);
}

fallible api_socket_copy(struct client *client, const char *id, const struct buffer *config)
{
	autobuffer tar = {0};

	if (!config->length)
		return NULL;
	TRY(pack(config, &tar));
	return error_wrap(upload(client, id, &tar),
			  "injecting docker config.json into container failed: copying config.json "
			  "into container failed");
}
