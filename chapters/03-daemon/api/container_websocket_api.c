/*
 * attach over a WebSocket: for browsers, which cannot have the raw stream.
 *
 * The shim knows no WebSocket. It gets one end of a pair of sockets, and here two threads stand
 * between the other end and the client, one for each direction: with one for both, a container that
 * does not read before somebody reads from it would stop everything. Unlike a plain attach this one
 * ends with the daemon.
 *
 * stdout and stderr come as they are, in binary frames (text up to API 1.27), without the frames of
 * Docker's own.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api.h"
#include "container_stream.h"
#include "file.h"
#include "memory.h"
#include "thread.h"
#include "websocket.h"

#define PIECE (32 * 1024)

struct bridge {
	int client, container;
	enum websocket_opcode opcode; /* of what we send */
	pthread_mutex_t writing;      /* to the client: a frame is whole */
	struct websocket_reader reader;
};

static bool send_frame(struct bridge *bridge, enum websocket_opcode opcode, const void *bytes,
		       size_t length)
{
	uint8_t header[WEBSOCKET_HEADER_MOST];
	size_t size = websocket_header(opcode, length, header);

	pthread_mutex_lock(&bridge->writing);
	autoerror e = file_write_fd(bridge->client, "the WebSocket", header, size);
	if (!e)
		e = file_write_fd(bridge->client, "the WebSocket", bytes, length);
	pthread_mutex_unlock(&bridge->writing);
	return !e;
}

/* -- from the client -- */

/* False: that was the end. */
static bool take_piece(struct bridge *bridge, const struct websocket_piece *piece)
{
	switch (piece->opcode) {
	case WEBSOCKET_CLOSE:
		return false;
	case WEBSOCKET_PING:
		return send_frame(bridge, WEBSOCKET_PONG, piece->bytes, piece->length);
	case WEBSOCKET_PONG:
		return true;
	default: {
		autoerror e = file_write_fd(bridge->container, "the container's input",
					    piece->bytes, piece->length);
		/* One that does not read any more may still write. */
		return !e || e->errnum == EPIPE;
	}
	}
}

static bool take_bytes(struct bridge *bridge, uint8_t *bytes, size_t length)
{
	while (length) {
		struct websocket_piece piece;
		bool complete;
		size_t used;
		autoerror e =
			websocket_read(&bridge->reader, bytes, length, &used, &piece, &complete);

		if (e || (complete && !take_piece(bridge, &piece)))
			return false;
		bytes += used;
		length -= used;
	}
	return true;
}

static void from_client(struct bridge *bridge)
{
	autofree uint8_t *bytes = allocate(PIECE);
	ssize_t n;

	do
		n = read(bridge->client, bytes, PIECE);
	while ((n < 0 && errno == EINTR) || (n > 0 && take_bytes(bridge, bytes, n)));
}

/* -- from the container -- */

static void *from_container(void *context)
{
	struct bridge *bridge = context;
	static const uint8_t normal[] = {1000 >> 8, 1000 & 0xff};
	autofree uint8_t *bytes = allocate(PIECE);
	ssize_t n;

	do
		n = read(bridge->container, bytes, PIECE);
	while ((n < 0 && errno == EINTR) ||
	       (n > 0 && send_frame(bridge, bridge->opcode, bytes, n)));
	send_frame(bridge, WEBSOCKET_CLOSE, normal, sizeof(normal));
	shutdown(bridge->client, SHUT_RDWR);
	return NULL;
}

/* -- the request -- */

static fallible check_request(struct http_exchange *ex, const char **key)
{
	const char *upgrade = http_exchange_header(ex, "Upgrade");
	const char *version = http_exchange_header(ex, "Sec-WebSocket-Version");

	*key = http_exchange_header(ex, "Sec-WebSocket-Key");
	if (!upgrade || strcasecmp(upgrade, "websocket") != 0 || !*key)
		return error_new(ERROR_INVALID,
				 "not websocket protocol: the request needs the headers Upgrade: "
				 "websocket and Sec-WebSocket-Key");
	if (!version || strcmp(version, "13") != 0)
		return error_new(ERROR_INVALID, "missing or bad WebSocket Version: 13 is spoken");
	return NULL;
}

/* Up to API 1.41 all three were attached whatever the query said. */
static bool wants(const struct http_exchange *ex, const char *name)
{
	return ex->version < 42 || http_exchange_query_flag(ex, name, false);
}

static fallible attach(struct http_exchange *ex, struct container *container, int stream)
{
	const struct attach_options options = {
		.stdin = wants(ex, "stdin"),
		.stdout = wants(ex, "stdout"),
		.stderr = wants(ex, "stderr"),
		.unframed = true,
		.detach_keys = http_exchange_query(ex, "detachKeys", NULL),
	};

	return container_stream_attach(ex, container, &options, stream, true);
}

/* The other end is the container's, and closed here as soon as it has it. What came with the head
 * is the first of the client's frames. */
static void run_bridge(struct http_exchange *ex, struct container *container, struct bridge *bridge,
		       int other, struct buffer *early)
{
	autoerror e = attach(ex, container, other);

	close(other);
	if (e)
		send_frame(bridge, bridge->opcode, e->message, strlen(e->message));
	if (!e && take_bytes(bridge, (uint8_t *)early->data, early->length))
		from_client(bridge);
	shutdown(bridge->container, SHUT_RDWR);
}

static fallible open_bridge(struct http_exchange *ex, struct container *container,
			    struct bridge *bridge, struct buffer *early)
{
	pthread_t thread;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_system("cannot make a pair of sockets");
	bridge->container = pair[0];
	struct error *e = thread_start(&thread, from_container, bridge, "writes to a WebSocket");
	if (e) {
		close(pair[1]);
		return e;
	}
	run_bridge(ex, container, bridge, pair[1], early);
	pthread_join(thread, NULL);
	return NULL;
}

static fallible websocket(void *context, struct http_exchange *ex)
{
	struct bridge bridge = {
		.client = -1,
		.container = -1,
		.opcode = ex->version < 28 ? WEBSOCKET_TEXT : WEBSOCKET_BINARY,
		.writing = PTHREAD_MUTEX_INITIALIZER,
	};
	autocontainer *container = NULL;
	autobuffer early = {0};
	const char *key;

	TRY(check_request(ex, &key));
	TRY(api_container(context, ex, &container));
	TRY(container_stream_check(container, http_exchange_query(ex, "detachKeys", NULL)));
	autofree char *accept = websocket_accept(key);
	http_exchange_add_header(ex, "Sec-WebSocket-Accept", accept);
	TRY(http_reply_upgrade(ex, "websocket", &bridge.client, &early));
	struct error *e = open_bridge(ex, container, &bridge, &early);
	websocket_reader_finish(&bridge.reader);
	close_fd(&bridge.container);
	close_fd(&bridge.client);
	return e;
}

const struct route container_websocket_routes[] = {
	{"GET", "/containers/{id}/attach/ws", websocket, "3.6"},
	{0},
};
