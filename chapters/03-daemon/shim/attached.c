#include "attached.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory.h"

static void take_input(struct attached *client, const char *bytes, size_t length,
		       struct buffer *input)
{
	if (!client->terminal || !client->keys.count)
		buffer_append(input, bytes, length);
	else if (!detach_keys_filter(&client->keys, bytes, length, input))
		close_fd(&client->fd);
}

struct attached *attached_create(const struct shim_request *request, int fd, bool terminal,
				 struct buffer *input)
{
	struct attached *client = allocate(sizeof(*client));
	size_t keys = request->detach_keys_length;

	*client = (struct attached){
		.fd = fd,
		.flags = request->flags,
		.terminal = terminal,
		.input_open = request->flags & SHIM_ATTACH_STDIN,
		.keys.count = keys <= DETACH_KEYS_MOST ? keys : 0,
	};
	memcpy(client->keys.bytes, request->detach_keys, sizeof(client->keys.bytes));
	if (client->input_open)
		take_input(client, request->input, request->input_length, input);
	return client;
}

void attached_destroy(struct attached *client)
{
	close_fd(&client->fd);
	buffer_finish(&client->queue);
	free(client);
}

static void send_queue(struct attached *client)
{
	while (client->queue.length && client->fd >= 0) {
		ssize_t n = send(client->fd, client->queue.data, client->queue.length,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			close_fd(&client->fd);
		if (n < 0)
			return;
		buffer_consume(&client->queue, n);
	}
}

void attached_output(struct attached *client, int stream, const char *bytes, size_t length)
{
	uint32_t header[2] = {htonl((uint32_t)(stream + 1) << 24), htonl(length)};
	bool wanted = client->flags & (stream ? SHIM_ATTACH_STDERR : SHIM_ATTACH_STDOUT);
	struct iovec parts[] = {{header, sizeof(header)}, {(void *)bytes, length}};
	size_t first = client->flags & SHIM_ATTACH_FRAMED ? 0 : 1;
	struct msghdr message = {.msg_iov = parts + first, .msg_iovlen = countof(parts) - first};
	ssize_t sent = 0;

	if (client->fd < 0 || !wanted)
		return;
	if (!client->queue.length) { /* mostly the socket takes it at once, without a copy */
		sent = sendmsg(client->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			close_fd(&client->fd);
			return;
		}
		sent = sent < 0 ? 0 : sent;
	}
	for (size_t i = first; i < countof(parts); i++) {
		size_t done = (size_t)sent < parts[i].iov_len ? (size_t)sent : parts[i].iov_len;

		buffer_append(&client->queue, (char *)parts[i].iov_base + done,
			      parts[i].iov_len - done);
		sent -= done;
	}
}

bool attached_is_full(const struct attached *client)
{
	return client->fd >= 0 && client->queue.length > ATTACHED_HIGH_WATER;
}

short attached_events(const struct attached *client, bool accept_input)
{
	/* A half-close of a client without stdin is not asked for: it says nothing. */
	return (client->input_open && accept_input ? POLLIN : 0) |
	       (client->queue.length ? POLLOUT : 0);
}

static bool read_input(struct attached *client, struct buffer *input)
{
	char bytes[16384];
	ssize_t n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n > 0)
		take_input(client, bytes, n, input);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	client->input_open = false;
	if (n < 0)
		close_fd(&client->fd);
	return true;
}

bool attached_serve(struct attached *client, short events, struct buffer *input)
{
	bool ended = false;

	if (events & POLLOUT)
		send_queue(client);
	if (client->fd >= 0 && client->input_open && events & (POLLIN | POLLHUP))
		ended = read_input(client, input);
	else if (events & (POLLHUP | POLLERR | POLLNVAL))
		close_fd(&client->fd);
	return ended;
}

void attached_finish(struct attached *client)
{
	if (client->fd < 0 || client->queue.length)
		return;
	/* Both ways: nobody reads its input any more either. */
	shutdown(client->fd, SHUT_RDWR);
	close_fd(&client->fd);
}
