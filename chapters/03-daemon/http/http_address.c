#include "http_address.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "text.h"

#define LISTEN_FDS_START 3 /* the first descriptor that systemd hands on (sd_listen_fds(3)) */
#define BACKLOG          128

static fallible parse_unix(const char *rest, bool tls, struct http_address *address)
{
	size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	(void)tls;

	if (!*rest)
		return error_new(ERROR_INVALID, "the address '%s' has no path", address->text);
	if (strlen(rest) > most)
		return error_new(ERROR_TOO_LARGE,
				 "the socket path '%s' is longer than %zu bytes, the most that the "
				 "kernel takes: choose a shorter one",
				 rest, most);
	address->kind = HTTP_ADDRESS_UNIX;
	address->path = duplicate(rest);
	return NULL;
}

static fallible parse_tcp(const char *rest, bool tls, struct http_address *address)
{
	const char *start = rest + (*rest == '[');
	const char *end = *rest == '[' ? strchr(rest, ']') : rest + strcspn(rest, ":/");
	const char *after = end && *rest == '[' ? end + 1 : end;
	int64_t port = tls ? 2376 : 2375;

	if (!end || (*after && *after != ':' && *after != '/'))
		return error_new(ERROR_INVALID, "invalid bind address '%s': use tcp://HOST:PORT",
				 address->text);
	if (*after == ':' && after[1] && after[1] != '/') {
		autofree char *digits = duplicate_range(after + 1, strcspn(after + 1, "/"));

		TRY(integer_parse(digits, "the port", 0, 65535, &port));
	}
	address->kind = HTTP_ADDRESS_TCP;
	address->host = end == start ? duplicate("localhost") : duplicate_range(start, end - start);
	address->port = format("%d", (int)port);
	return NULL;
}

static fallible parse_fd(const char *rest, bool tls, struct http_address *address)
{
	int64_t fd = LISTEN_FDS_START;
	(void)tls;

	if (*rest && strcmp(rest, "*") != 0)
		TRY(integer_parse(rest, "the descriptor of fd://", 0, 1 << 20, &fd));
	address->kind = HTTP_ADDRESS_FD;
	address->fd = (int)fd;
	return NULL;
}

fallible http_address_parse(const char *text, bool tls, struct http_address *address)
{
	static const struct {
		const char *prefix;
		fallible (*parse)(const char *rest, bool tls, struct http_address *address);
	} forms[] = {{"unix://", parse_unix}, {"tcp://", parse_tcp}, {"fd://", parse_fd}};

	*address = (struct http_address){.text = duplicate(text), .fd = -1};
	for (size_t i = 0; i < countof(forms); i++)
		if (text_has_prefix(text, forms[i].prefix))
			return forms[i].parse(text + strlen(forms[i].prefix), tls, address);
	return error_new(ERROR_INVALID,
			 "invalid address '%s': use unix://PATH, tcp://HOST:PORT or fd://", text);
}

void http_address_finish(struct http_address *address)
{
	free(address->text);
	free(address->path);
	free(address->host);
	free(address->port);
	*address = (struct http_address){.fd = -1};
}

static struct sockaddr_un unix_name(const struct http_address *address)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	strncpy(name.sun_path, address->path, sizeof(name.sun_path) - 1);
	return name;
}

/* connect(2) waits as long as send(2) may; 0: as long as it takes. */
static int connect_within(int fd, const struct sockaddr *name, socklen_t size, int seconds)
{
	struct timeval time = {.tv_sec = seconds}, none = {0};

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
	int result = connect(fd, name, size);
	if (result < 0 && (errno == EAGAIN || errno == EINPROGRESS))
		errno = ETIMEDOUT;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
	return result;
}

static fallible unix_connect(const struct http_address *address, int seconds, int *fd)
{
	struct sockaddr_un name = unix_name(address);
	uint64_t began = explain_clock();

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return error_system("cannot create a unix socket");
	if (connect_within(*fd, (struct sockaddr *)&name, sizeof(name), seconds) < 0) {
		close_fd(fd);
		return error_errno(ERROR_UNAVAILABLE, errno, "cannot connect to %s", address->text);
	}
	explain(began, "3.2", "the daemon's socket is a file", "connect(AF_UNIX, \"%s\")",
		address->path);
	return NULL;
}

/* All addresses of a host; the caller frees with freeaddrinfo(). */
static fallible resolve(const struct http_address *address, int flags, struct addrinfo **list)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	int code = getaddrinfo(address->host, address->port, &hints, list);

	if (code)
		return error_new(ERROR_UNAVAILABLE, "cannot look up the host of %s: %s",
				 address->text, gai_strerror(code));
	return NULL;
}

static fallible tcp_connect(const struct http_address *address, int seconds, int *fd)
{
	struct addrinfo *list;
	int why = 0;

	TRY(resolve(address, 0, &list));
	*fd = -1;
	for (struct addrinfo *at = list; at && *fd < 0; at = at->ai_next) {
		*fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (*fd >= 0 && connect_within(*fd, at->ai_addr, at->ai_addrlen, seconds) < 0) {
			why = errno;
			close_fd(fd);
		}
	}
	freeaddrinfo(list);
	if (*fd < 0)
		return error_errno(ERROR_UNAVAILABLE, why, "cannot connect to %s", address->text);
	return NULL;
}

fallible http_address_connect_within(const struct http_address *address, int seconds, int *fd)
{
	*fd = -1;
	if (address->kind == HTTP_ADDRESS_UNIX)
		return unix_connect(address, seconds, fd);
	if (address->kind == HTTP_ADDRESS_TCP)
		return tcp_connect(address, seconds, fd);
	return error_new(ERROR_INVALID, "a client cannot connect to %s", address->text);
}

fallible http_address_connect(const struct http_address *address, int *fd)
{
	return http_address_connect_within(address, 0, fd);
}

/* Decides what to do with a file that is where the socket should be. */
static fallible clear_stale_socket(const struct http_address *address)
{
	struct sockaddr_un name = unix_name(address);
	struct stat st;

	if (lstat(address->path, &st) < 0)
		return NULL;
	if (!S_ISSOCK(st.st_mode))
		return error_new(ERROR_CONFLICT,
				 "cannot listen on %s: there is a file of that name which is no "
				 "socket; remove it or choose another path",
				 address->text);
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* EAGAIN is a full queue: somebody listens. */
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0 || errno == EAGAIN)
		return error_new(ERROR_CONFLICT,
				 "cannot listen on %s: another daemon answers there; stop it or "
				 "choose another path with -H",
				 address->text);
	if (unlink(address->path) < 0 && errno != ENOENT)
		return error_system("cannot remove the stale socket '%s'", address->path);
	return NULL;
}

/* Who may use the daemon is decided by the file's mode: members of the group docker, as with
 * Docker. Where there is no such group, or we are not root, it stays with our own group. */
static void give_to_group(const char *path)
{
	struct group group, *found;
	char bytes[4096];

	if (getgrnam_r("docker", &group, bytes, sizeof(bytes), &found) == 0 && found &&
	    chown(path, -1, found->gr_gid) < 0)
		return;
}

static fallible unix_listen(const struct http_address *address, int *fd)
{
	struct sockaddr_un name = unix_name(address);
	uint64_t began = explain_clock();

	TRY(clear_stale_socket(address));
	autoclose int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (socket_fd < 0)
		return error_system("cannot create a unix socket");
	/* bind(2) makes the file with the mode of the socket's inode, less the umask: set before,
	 * nobody can connect in between. */
	if (fchmod(socket_fd, 0660) < 0 ||
	    bind(socket_fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return error_system("cannot listen on %s", address->text);
	give_to_group(address->path);
	if (chmod(address->path, 0660) < 0 || listen(socket_fd, BACKLOG) < 0)
		return error_system("cannot listen on %s", address->text);
	explain(began, "3.2", "where clients find the daemon; mode 0660 decides who may",
		"bind(\"%s\"), listen()", address->path);
	*fd = steal_fd(&socket_fd);
	return NULL;
}

static int tcp_listen_on(const struct addrinfo *at)
{
	int yes = 1;
	autoclose int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return steal_fd(&fd);
}

static fallible tcp_listen(const struct http_address *address, int *fd)
{
	struct addrinfo *list;

	TRY(resolve(address, AI_PASSIVE, &list));
	*fd = tcp_listen_on(list);
	freeaddrinfo(list);
	if (*fd < 0)
		return error_errno(errno == EADDRINUSE ? ERROR_CONFLICT : ERROR_SYSTEM, errno,
				   "cannot listen on %s", address->text);
	return NULL;
}

/* The descriptor is used under a number of its own, so that it can be closed like the others. */
static fallible fd_listen(const struct http_address *address, int *fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (getsockopt(address->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens)
		return error_new(
			ERROR_INVALID,
			"%s: descriptor %d is no listening socket; it must be handed on by "
			"socket activation",
			address->text, address->fd);
	*fd = fcntl(address->fd, F_DUPFD_CLOEXEC, 0);
	if (*fd < 0 || fcntl(*fd, F_SETFL, O_NONBLOCK) < 0)
		return error_system("cannot use the descriptor of %s", address->text);
	return NULL;
}

fallible http_address_listen(const struct http_address *address, int *fd)
{
	static const struct {
		fallible (*listen_on)(const struct http_address *address, int *fd);
	} kinds[] = {
		[HTTP_ADDRESS_UNIX] = {unix_listen},
		[HTTP_ADDRESS_TCP] = {tcp_listen},
		[HTTP_ADDRESS_FD] = {fd_listen},
	};

	*fd = -1;
	return kinds[address->kind].listen_on(address, fd);
}

static bool is_loopback(const struct sockaddr_storage *name)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)name;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)name;

	if (name->ss_family == AF_INET)
		return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

bool http_address_is_exposed(int fd)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &size) < 0)
		return true;
	return name.ss_family != AF_UNIX && !is_loopback(&name);
}
