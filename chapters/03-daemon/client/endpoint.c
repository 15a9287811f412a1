#include "endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "context_store.h"
#include "memory.h"
#include "text.h"

void endpoint_finish(struct endpoint *endpoint)
{
	free(endpoint->context);
	free(endpoint->host);
	free(endpoint->ca);
	free(endpoint->certificate);
	free(endpoint->key);
	*endpoint = (struct endpoint){0};
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

fallible endpoint_context(const char *config_folder, const struct endpoint_flags *flags,
			  char **name)
{
	if (flags->host && flags->context)
		return error_new(ERROR_INVALID, "conflicting options: cannot specify both --host "
						"and --context");
	if (flags->context)
		*name = duplicate(flags->context);
	else if (flags->host || variable("DOCKER_HOST"))
		*name = duplicate(CONTEXT_DEFAULT);
	else if (variable("DOCKER_CONTEXT"))
		*name = duplicate(variable("DOCKER_CONTEXT"));
	else
		TRY(context_store_current(config_folder, name));
	if (!*name)
		*name = duplicate(CONTEXT_DEFAULT);
	return NULL;
}

/* -- the default one: flags and variables -- */

/* A name that was given, or the usual one in the folder. */
static char *file_of(const char *given, const char *config_folder, const char *name)
{
	const char *folder = variable("DOCKER_CERT_PATH");

	return given ? duplicate(given) : format("%s/%s", folder ? folder : config_folder, name);
}

/* The usual one need not be there, one that was given must. */
static void drop_missing(const char *given, char **path)
{
	if (given || access(*path, F_OK) == 0)
		return;
	free(*path);
	*path = NULL;
}

static fallible must_be_there(const char *path)
{
	if (path && access(path, R_OK) < 0)
		return error_errno(ERROR_NOT_FOUND, errno,
				   "unable to resolve docker endpoint: open %s", path);
	return NULL;
}

static fallible choose_default(const char *config_folder, const struct endpoint_flags *flags,
			       struct endpoint *endpoint)
{
	const char *host = flags->host ? flags->host : variable("DOCKER_HOST");

	endpoint->host = duplicate(host && *host ? host : CLIENT_DEFAULT_HOST);
	endpoint->verify = flags->verify || variable("DOCKER_TLS_VERIFY");
	endpoint->tls = flags->tls || endpoint->verify || variable("DOCKER_TLS");
	if (!endpoint->tls)
		return NULL;
	endpoint->ca = file_of(flags->ca, config_folder, "ca.pem");
	endpoint->certificate = file_of(flags->certificate, config_folder, "cert.pem");
	endpoint->key = file_of(flags->key, config_folder, "key.pem");
	drop_missing(flags->certificate, &endpoint->certificate);
	drop_missing(flags->key, &endpoint->key);
	TRY(endpoint->verify ? must_be_there(endpoint->ca) : NULL);
	TRY(must_be_there(endpoint->certificate));
	return must_be_there(endpoint->key);
}

/* -- a context of the store -- */

static fallible choose_context(const char *config_folder, struct endpoint *endpoint)
{
	const char *name = endpoint->context;
	autojson *meta = NULL;

	TRY(error_wrap(context_store_read(config_folder, name, &meta),
		       "unable to resolve docker endpoint"));
	const json_t *docker = json_at(meta, "Endpoints", "docker", NULL);
	bool trusting = json_is_true(json_object_get(docker, "SkipTLSVerify"));
	endpoint->host = duplicate(json_string_at(docker, "Host", NULL));
	if (!*endpoint->host)
		return error_new(ERROR_INVALID, "context \"%s\" has no docker endpoint", name);
	endpoint->ca = context_store_tls_file(config_folder, name, "ca.pem");
	endpoint->certificate = context_store_tls_file(config_folder, name, "cert.pem");
	endpoint->key = context_store_tls_file(config_folder, name, "key.pem");
	endpoint->tls = endpoint->ca || endpoint->certificate || trusting;
	endpoint->verify = endpoint->tls && !trusting;
	return NULL;
}

fallible endpoint_choose(const char *config_folder, const struct endpoint_flags *flags,
			 struct endpoint *endpoint)
{
	*endpoint = (struct endpoint){0};
	TRY(endpoint_context(config_folder, flags, &endpoint->context));
	if (strcmp(endpoint->context, CONTEXT_DEFAULT) == 0)
		return choose_default(config_folder, flags, endpoint);
	return choose_context(config_folder, endpoint);
}
