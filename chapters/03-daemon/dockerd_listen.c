#include "dockerd_listen.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_address.h"
#include "log.h"
#include "memory.h"
#include "text.h"
#include "tls.h"

#define LISTEN_FDS_START 3 /* sd_listen_fds(3) */

/* -- TLS -- */

/* DOCKER_CERT_PATH or ~/.docker, as the client has it. The caller frees. */
static char *default_file(const char *given, const char *name)
{
	const char *folder = getenv("DOCKER_CERT_PATH");
	const char *home = getenv("HOME");

	if (given)
		return duplicate(given);
	if (folder && *folder)
		return format("%s/%s", folder, name);
	return format("%s/.docker/%s", home ? home : "/root", name);
}

static fallible open_tls(const struct dockerd_config *config, struct tls **tls)
{
	autofree char *ca = default_file(config->tls_ca, "ca.pem");
	autofree char *certificate = default_file(config->tls_certificate, "cert.pem");
	autofree char *key = default_file(config->tls_key, "key.pem");
	const struct tls_files files = {ca, certificate, key, config->tls_verify};

	*tls = NULL;
	if (!config->tls && !config->tls_verify)
		return NULL;
	return error_wrap(tls_create_server(&files, tls), "failed to create API server");
}

/* -- sockets of systemd -- */

/* How many there are for this process; they are close-on-exec from now on. */
static int inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t number = 0;

	if (!pid || !count || strtol(pid, NULL, 10) != getpid())
		return 0;
	error_free(integer_parse(count, "LISTEN_FDS", 0, 1024, &number));
	for (int i = 0; i < (int)number; i++)
		fcntl(LISTEN_FDS_START + i, F_SETFD, FD_CLOEXEC);
	return (int)number;
}

static fallible listen_on_inherited(struct http_server *server, const struct http_address *address,
				    struct tls *tls)
{
	bool all = strcmp(address->text, "fd://") == 0 || strcmp(address->text, "fd://*") == 0;
	int last = LISTEN_FDS_START + inherited() - 1;
	int from = all ? LISTEN_FDS_START : address->fd;
	int to = all ? last : address->fd;

	if (last < LISTEN_FDS_START)
		return error_new(ERROR_NOT_FOUND,
				 "no sockets found via socket activation: make sure the service "
				 "was started by systemd");
	if (from < LISTEN_FDS_START || to > last)
		return error_new(ERROR_NOT_FOUND,
				 "%s: too few socket activated files passed in by systemd: they "
				 "are %d to %d",
				 address->text, LISTEN_FDS_START, last);
	for (int fd = from; fd <= to; fd++) {
		autofree char *host = format("fd://%d", fd);

		TRY(http_server_listen(server, host, tls));
	}
	return NULL;
}

/* -- all of them -- */

/* `-G`: the group that may speak to the socket. */
static fallible give_to_group(const char *path, const char *group)
{
	struct group *entry = getgrnam(group);
	char *rest;
	gid_t gid = entry ? entry->gr_gid : strtoul(group, &rest, 10);

	if (!entry && (rest == group || *rest))
		return error_new(ERROR_NOT_FOUND,
				 "could not change group %s to %s: group %s not found", path, group,
				 group);
	if (chown(path, -1, gid) < 0)
		return error_system("could not change group %s to %s", path, group);
	return NULL;
}

static void warn_of_tcp(const char *host, const struct dockerd_config *config)
{
	if (config->tls_verify)
		return;
	if (config->tls)
		log_warn("%s: without --tlsverify whoever reaches it has root access to this "
			 "machine",
			 host);
	else
		log_warn("%s: without --tlsverify every user and every program on this machine, a "
			 "page in a browser too, can become root",
			 host);
}

static fallible listen_on(struct http_server *server, const char *host,
			  const struct dockerd_config *config, struct tls *tls)
{
	auto_http_address address = {0};

	TRY(http_address_parse(host, tls != NULL, &address));
	if (address.kind == HTTP_ADDRESS_FD)
		TRY(listen_on_inherited(server, &address, tls));
	else
		TRY(http_server_listen(server, host, tls));
	if (http_server_is_exposed(server))
		return error_new(ERROR_FORBIDDEN,
				 "%s: refused without TLS, because whoever reaches it would have "
				 "root access to this machine: use --tlsverify with --tlscacert, "
				 "--tlscert and --tlskey, an address of loopback, or ssh:// in "
				 "the client",
				 host);
	if (address.kind == HTTP_ADDRESS_UNIX && config->group)
		TRY(give_to_group(address.path, config->group));
	if (address.kind == HTTP_ADDRESS_TCP)
		warn_of_tcp(host, config);
	return NULL;
}

fallible dockerd_listen(struct http_server *server, const struct dockerd_config *config,
			struct tls **tls)
{
	TRY(open_tls(config, tls));
	for (size_t i = 0; i < config->hosts.count; i++)
		TRY(error_wrap(listen_on(server, config->hosts.items[i], config, *tls),
			       "failed to load listeners"));
	unsetenv("LISTEN_PID"); /* they are for this process, not for those it starts */
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (size_t i = 0; i < config->hosts.count; i++)
		log_info("API listen on %s",
			 config->hosts.items[i] +
				 (text_has_prefix(config->hosts.items[i], "unix://") ? 7 : 0));
	return NULL;
}
