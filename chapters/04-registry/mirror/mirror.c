#include "mirror.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "memory.h"
#include "mirror_upstream.h"
#include "text.h"

#define HUB              "docker.io"
#define HUB_KEY          "https://index.docker.io/v1/" /* its name in Docker's configuration file */
#define CREDENTIALS_SIZE (1 << 20)

/* -- which registry -- */

/* Docker Hub has several names. */
static char *domain_of(const char *of)
{
	static const char *const hub[] = {HUB, "index.docker.io", "registry-1.docker.io"};
	const char *host = strstr(of, "://") ? strstr(of, "://") + 3 : of;
	char *domain = duplicate_range(host, strcspn(host, "/"));

	for (size_t i = 0; i < countof(hub); i++)
		if (strcmp(domain, hub[i]) == 0) {
			free(domain);
			return duplicate(HUB);
		}
	return domain;
}

static fallible check_name(const char *of, const char *domain)
{
	const char *scheme = strstr(of, "://");
	const char *host = scheme ? scheme + 3 : of;
	const char *rest = host + strcspn(host, "/");
	bool known = !scheme || text_has_prefix(of, "http://") || text_has_prefix(of, "https://");

	if (known && *domain && strcspn(domain, "?#@ ") == strlen(domain) &&
	    (!*rest || strcmp(rest, "/") == 0))
		return NULL;
	return error_new(ERROR_INVALID,
			 "--mirror-of: '%s' names no registry: it is a name as in images, "
			 "\"docker.io\" or \"host:port\", or an URL without a path",
			 of);
}

/* Settings as remote_hosts.h has them: who says http:// wants no certificate. */
static json_t *settings_of(const struct mirror_options *options, const char *domain)
{
	json_t *settings = json_object(), *insecure = json_array();

	if (text_has_prefix(options->of, "http://"))
		json_array_append_new(insecure, json_string(domain));
	json_object_set_new(settings, "insecure-registries", insecure);
	if (options->certs)
		json_object_set_new(settings, "certs.d", json_string(options->certs));
	return settings;
}

/* -- who we are there -- */

static fallible read_credentials(const char *path, const char *domain,
				 struct remote_credentials *out)
{
	const char *key = strcmp(domain, HUB) == 0 ? HUB_KEY : domain;
	autojson *config = NULL;

	TRY(json_read(AT_FDCWD, path, CREDENTIALS_SIZE, &config));
	const json_t *entry = json_at(config, "auths", key, NULL);
	TRY(error_wrap(remote_credentials_read(entry, out), "%s", path));
	if (out->username || out->identity_token || out->registry_token)
		return NULL;
	return error_new(ERROR_INVALID,
			 "%s has no credentials for %s: \"docker login %s\" writes them, without a "
			 "credential helper",
			 path, domain, domain);
}

/* -- opening -- */

static fallible prepare(struct mirror *mirror, const struct mirror_options *options)
{
	mirror->domain = domain_of(options->of);
	mirror->settings = settings_of(options, mirror->domain);
	TRY(check_name(options->of, mirror->domain));
	return options->credentials ? read_credentials(options->credentials, mirror->domain,
						       &mirror->credentials)
				    : NULL;
}

fallible mirror_open(const struct mirror_options *options, struct registry *registry,
		     struct mirror **out)
{
	struct mirror *mirror = allocate(sizeof(*mirror));

	mirror->registry = registry;
	pthread_mutex_init(&mirror->lock, NULL);
	pthread_cond_init(&mirror->ended, NULL);
	struct error *e = prepare(mirror, options);
	if (e)
		mirror_close(mirror);
	else
		*out = mirror;
	return e;
}

void mirror_stop(struct mirror *mirror)
{
	if (mirror)
		atomic_store(&mirror->stopping, true);
}

void mirror_close(struct mirror *mirror)
{
	if (!mirror)
		return;
	pthread_mutex_lock(&mirror->lock);
	while (mirror->fetch_count)
		pthread_cond_wait(&mirror->ended, &mirror->lock);
	pthread_mutex_unlock(&mirror->lock);
	free(mirror->domain);
	json_decref(mirror->settings);
	remote_credentials_finish(&mirror->credentials);
	pthread_cond_destroy(&mirror->ended);
	pthread_mutex_destroy(&mirror->lock);
	free(mirror);
}
