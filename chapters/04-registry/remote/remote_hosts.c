#include "remote_hosts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "text.h"

#define DOCKER_HUB      "docker.io"
#define DOCKER_HUB_HOST "registry-1.docker.io"
#define PEM_LIMIT       (1 << 20)

static void finish_host(struct remote_host *host)
{
	free(host->base);
	free(host->authorities);
	free(host->certificate);
	free(host->key);
}

void remote_hosts_finish(struct remote_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		finish_host(&hosts->items[i]);
	free(hosts->items);
	*hosts = (struct remote_hosts){0};
}

/* -- insecure -- */

/* "host:5000", "[::1]:5000", "host": what stands before the port. The caller frees. */
static char *host_name(const char *domain)
{
	if (*domain == '[')
		return duplicate_range(domain + 1, strcspn(domain + 1, "]"));
	return duplicate_range(domain, strcspn(domain, ":"));
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return !rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

/* range: "10.0.0.0/8", "::1/128". */
static bool in_range(const struct sockaddr *address, const char *range)
{
	const char *slash = strchr(range, '/');
	autofree char *base = duplicate_range(range, slash - range);
	int family = strchr(base, ':') ? AF_INET6 : AF_INET;
	unsigned char net[sizeof(struct in6_addr)];
	int64_t bits = 0;
	autoerror bad =
		integer_parse(slash + 1, "a range", 0, family == AF_INET6 ? 128 : 32, &bits);

	if (bad || address->sa_family != family || inet_pton(family, base, net) != 1)
		return false;
	const void *own = family == AF_INET6
				  ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
				  : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
	return same_bits(own, net, (int)bits);
}

static bool is_in_ranges(const json_t *list, const struct sockaddr *address)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strchr(json_string_value(item), '/') &&
		    in_range(address, json_string_value(item)))
			return true;
	return in_range(address, "127.0.0.0/8") || in_range(address, "::1/128");
}

static bool has_address_in_ranges(const json_t *list, const char *domain)
{
	autofree char *name = host_name(domain);
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses = NULL;
	bool found = false;

	if (getaddrinfo(name, NULL, &hints, &addresses) != 0)
		return false;
	for (struct addrinfo *a = addresses; a && !found; a = a->ai_next)
		found = is_in_ranges(list, a->ai_addr);
	freeaddrinfo(addresses);
	return found;
}

bool remote_hosts_is_insecure(const json_t *settings, const char *domain)
{
	const json_t *list = json_at(settings, "insecure-registries", NULL), *item;
	size_t i;

	if (strcmp(domain, DOCKER_HUB) == 0)
		return false;
	json_array_foreach (list, i, item)
		if (strcmp(json_string_value(item), domain) == 0)
			return true;
	return has_address_in_ranges(list, domain);
}

/* -- certificates -- */

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static fallible check_pair(int folder, const char *path, const char *name, size_t stem,
			   const char *other)
{
	autofree char *wanted = format("%.*s%s", (int)stem, name, other);

	if (faccessat(folder, wanted, R_OK, 0) == 0)
		return NULL;
	return error_new(ERROR_INVALID,
			 "%s/%s has no %s beside it: a client certificate is NAME.cert with "
			 "NAME.key, an authority is NAME.crt",
			 path, name, wanted);
}

static fallible take_file(int folder, const char *path, const char *name, struct remote_host *host)
{
	size_t length = strlen(name);
	autobuffer pem = {0};

	if (text_has_suffix(name, ".crt")) {
		if (host->authorities)
			buffer_append_string(&pem, host->authorities);
		TRY(file_read(folder, name, PEM_LIMIT, &pem));
		free(host->authorities);
		host->authorities = buffer_take(&pem);
	} else if (text_has_suffix(name, ".cert")) {
		TRY(check_pair(folder, path, name, length - strlen(".cert"), ".key"));
		if (host->certificate)
			return NULL; /* the first pair is shown */
		host->certificate = format("%s/%s", path, name);
		host->key = format("%s/%.*s.key", path, (int)(length - strlen(".cert")), name);
	} else if (text_has_suffix(name, ".key")) {
		TRY(check_pair(folder, path, name, length - strlen(".key"), ".cert"));
	}
	return NULL;
}

/* certs.d/HOST:PORT, when it is there. */
static fallible read_certificates(const json_t *settings, const char *domain,
				  struct remote_host *host)
{
	const char *all = json_string_at(settings, "certs.d", NULL);
	autofree char *path = format("%s/%s", *all ? all : REMOTE_CERTS_FOLDER, domain);
	autoclose int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries;
	struct error *e = NULL;

	if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
		return NULL;
	int count = folder < 0 ? -1 : scandirat(folder, ".", &entries, not_hidden, alphasort);
	if (count < 0)
		return error_system("cannot list the certificates in %s", path);
	for (int i = 0; i < count; i++) {
		if (!e)
			e = take_file(folder, path, entries[i]->d_name, host);
		free(entries[i]);
	}
	free(entries);
	return e;
}

/* -- which ones -- */

static fallible add_host(const json_t *settings, const char *scheme, const char *domain,
			 const char *path, const struct remote_host *like,
			 struct remote_hosts *hosts)
{
	hosts->items = reallocate(hosts->items, hosts->count + 1, sizeof(*hosts->items));
	struct remote_host *host = &hosts->items[hosts->count++];
	*host = *like;
	host->base = format("%s://%s%s", scheme, domain, path);
	return strcmp(scheme, "https") == 0 ? read_certificates(settings, domain, host) : NULL;
}

/* "https://mirror.example/", with or without the slash. */
static fallible add_mirror(const json_t *settings, const char *url, struct remote_hosts *hosts)
{
	const char *scheme = text_has_prefix(url, "http://") ? "http" : "https";
	const char *rest = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	size_t length = strcspn(rest, "/");
	autofree char *domain = duplicate_range(rest, length);
	autofree char *path = duplicate(rest + length);
	const struct remote_host like = {
		.mirror = true,
		.insecure = remote_hosts_is_insecure(settings, domain),
	};

	while (text_has_suffix(path, "/"))
		path[strlen(path) - 1] = '\0';
	return add_host(settings, scheme, domain, path, &like, hosts);
}

static fallible add_all(const json_t *settings, const char *domain, bool with_mirrors,
			struct remote_hosts *hosts)
{
	const json_t *mirror;
	size_t i;

	if (strcmp(domain, DOCKER_HUB) != 0) {
		const struct remote_host like = {
			.insecure = remote_hosts_is_insecure(settings, domain)};

		TRY(add_host(settings, "https", domain, "", &like, hosts));
		return like.insecure ? add_host(settings, "http", domain, "", &like, hosts) : NULL;
	}
	if (with_mirrors)
		json_array_foreach (json_at(settings, "registry-mirrors", NULL), i, mirror)
			TRY(add_mirror(settings, json_string_value(mirror), hosts));
	return add_host(settings, "https", DOCKER_HUB_HOST, "", &(struct remote_host){0}, hosts);
}

fallible remote_hosts_of(const json_t *settings, const char *domain, bool with_mirrors,
			 struct remote_hosts *out)
{
	*out = (struct remote_hosts){0};
	struct error *e = add_all(settings, domain, with_mirrors, out);
	if (e)
		remote_hosts_finish(out);
	return e;
}
