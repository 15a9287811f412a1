#include "credential.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "credential_helper.h"
#include "file.h"
#include "json.h"
#include "memory.h"

#define CONFIG_FILE  "config.json"
#define CONFIG_LIMIT (4 << 20)
#define HUB_SERVER   "https://index.docker.io/v1/"

void credential_finish(struct credential *credential)
{
	free(credential->username);
	free(credential->password);
	free(credential->identity_token);
	*credential = (struct credential){0};
}

char *credential_server(const char *domain)
{
	bool hub = strcmp(domain, "docker.io") == 0 || strcmp(domain, "index.docker.io") == 0;

	return duplicate(hub ? HUB_SERVER : domain);
}

/* -- the file -- */

static fallible read_config(const char *folder, json_t **config)
{
	autofree char *path = format("%s/" CONFIG_FILE, folder);
	struct error *e = json_read(AT_FDCWD, path, CONFIG_LIMIT, config);

	if (e && e->class == ERROR_NOT_FOUND) {
		error_free(e);
		*config = json_object();
		return NULL;
	}
	if (!e && !json_is_object(*config))
		return error_new(ERROR_INVALID, "%s is not an object", path);
	return error_wrap(e, "the client's configuration");
}

/* Whoever could read it before could copy it: new ones are ours alone. */
static fallible write_config(const char *folder, const json_t *config)
{
	autofree char *text = json_dumps(config, JSON_INDENT(8));
	autoclose int fd = -1;

	TRY(directory_create(AT_FDCWD, folder, 0700, &fd));
	return file_write_atomic(fd, CONFIG_FILE, text, strlen(text), 0600, NOT_DURABLE);
}

static json_t *auths_of(json_t *config)
{
	json_t *auths = json_object_get(config, "auths");

	if (!json_is_object(auths)) {
		auths = json_object();
		json_object_set_new(config, "auths", auths);
	}
	return auths;
}

/* The helper for a server; "" for none. */
static const char *helper_of(const json_t *config, const char *server)
{
	const char *own = json_string_at(config, "credHelpers", server, NULL);

	return *own ? own : json_string_at(config, "credsStore", NULL);
}

/* Old clients wrote "https://host:5000/v2/" where newer ones write the host. */
static bool same_server(const char *key, const char *server)
{
	const char *host = strstr(key, "://");

	if (strcmp(key, server) == 0)
		return true;
	host = host ? host + 3 : key;
	size_t length = strcspn(host, "/");
	return strlen(server) == length && strncmp(host, server, length) == 0;
}

static json_t *find_entry(const json_t *config, const char *server)
{
	json_t *auths = json_object_get(config, "auths"), *entry;
	const char *key;

	if (json_object_get(auths, server))
		return json_object_get(auths, server);
	json_object_foreach (auths, key, entry)
		if (same_server(key, server))
			return entry;
	return NULL;
}

static fallible read_entry(const json_t *entry, const char *server, struct credential *out)
{
	const char *auth = json_string_at(entry, "auth", NULL);
	const char *token = json_string_at(entry, "identitytoken", NULL);
	autobuffer pair = {0};

	if (!*auth)
		return NULL;
	TRY(error_wrap(base64_decode(auth, &pair), "the credentials of %s", server));
	const char *colon = pair.data ? strchr(pair.data, ':') : NULL;
	if (!colon)
		return error_new(ERROR_INVALID,
				 "the credentials of %s are no base64 of "
				 "USER:PASSWORD: log in again",
				 server);
	out->username = duplicate_range(pair.data, colon - pair.data);
	out->password = duplicate(colon + 1);
	out->password[strcspn(out->password, "\n")] = '\0';
	out->identity_token = *token ? duplicate(token) : NULL;
	return NULL;
}

fallible credential_load(const char *folder, const char *server, struct credential *out)
{
	autojson *config = NULL;

	*out = (struct credential){0};
	TRY(read_config(folder, &config));
	const char *helper = helper_of(config, server);
	return *helper ? credential_helper_get(helper, server, out)
		       : read_entry(find_entry(config, server), server, out);
}

static json_t *entry_of(const struct credential *credential)
{
	autofree char *pair = format("%s:%s", credential->username,
				     credential->identity_token ? "" : credential->password);
	autofree char *auth = base64_encode(pair, strlen(pair));
	json_t *entry = json_pack("{s:s}", "auth", auth);

	if (credential->identity_token)
		json_object_set_new(entry, "identitytoken",
				    json_string(credential->identity_token));
	return entry;
}

/* -- all of them -- */

static fallible add_from_helper(const char *helper, const char *server, json_t *auths)
{
	auto_credential credential = {0};

	TRY(credential_helper_get(helper, server, &credential));
	if (credential.username)
		json_object_set_new(auths, server, entry_of(&credential));
	return NULL;
}

static fallible add_listed(const char *helper, json_t *auths)
{
	autojson *servers = NULL;
	const char *server;
	json_t *user;

	TRY(credential_helper_list(helper, &servers));
	json_object_foreach (servers, server, user)
		TRY(add_from_helper(helper, server, auths));
	return NULL;
}

/* Entries of old clients may have more; only what proves who we are is for others. */
static void add_from_file(const json_t *config, json_t *auths)
{
	static const char *const keys[] = {"auth", "identitytoken", "registrytoken"};
	const char *server;
	json_t *entry;

	json_object_foreach (json_object_get(config, "auths"), server, entry) {
		json_t *copy = json_object();

		for (size_t i = 0; i < countof(keys); i++)
			if (*json_string_at(entry, keys[i], NULL))
				json_object_set(copy, keys[i], json_object_get(entry, keys[i]));
		json_object_set_new(auths, server, copy);
	}
}

static json_t *sorted(const json_t *object)
{
	autojson *keys = json_sorted_keys(object);
	json_t *result = json_object(), *key;
	size_t i;

	json_array_foreach (keys, i, key)
		json_object_set(result, json_string_value(key),
				json_object_get(object, json_string_value(key)));
	return result;
}

fallible credential_load_all(const char *folder, json_t **auths)
{
	autojson *config = NULL, *all = json_object();
	const char *server;
	json_t *helper;

	TRY(read_config(folder, &config));
	const char *store = json_string_at(config, "credsStore", NULL);
	if (*store)
		TRY(add_listed(store, all));
	else
		add_from_file(config, all);
	json_object_foreach (json_object_get(config, "credHelpers"), server, helper)
		if (json_is_string(helper))
			TRY(add_from_helper(json_string_value(helper), server, all));
	*auths = sorted(all);
	return NULL;
}

/* -- changing them -- */

fallible credential_store(const char *folder, const char *server,
			  const struct credential *credential, char **helper)
{
	autojson *config = NULL;

	*helper = NULL;
	TRY(read_config(folder, &config));
	const char *name = helper_of(config, server);
	if (*name) {
		TRY(credential_helper_store(name, server, credential));
		*helper = duplicate(name);
	}
	json_object_set_new(auths_of(config), server, *name ? json_object() : entry_of(credential));
	return write_config(folder, config);
}

fallible credential_erase(const char *folder, const char *server, bool *was)
{
	autojson *config = NULL;

	TRY(read_config(folder, &config));
	const char *helper = helper_of(config, server);
	if (*helper)
		TRY(credential_helper_erase(helper, server));
	*was = json_object_del(auths_of(config), server) == 0;
	return *was ? write_config(folder, config) : NULL;
}

/* -- the header -- */

char *credential_header(const struct credential *credential, const char *server)
{
	autojson *config = json_object();

	if (credential->username) {
		json_object_set_new(config, "username", json_string(credential->username));
		json_object_set_new(config, "serveraddress", json_string(server));
		if (credential->identity_token)
			json_object_set_new(config, "identitytoken",
					    json_string(credential->identity_token));
		else
			json_object_set_new(config, "password", json_string(credential->password));
	}
	autofree char *text = json_text(config);
	char *header = base64_encode(text, strlen(text));
	/* RFC 4648, 5: it is called "base64url", and Docker wants that one. */
	for (char *at = header; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	return header;
}
