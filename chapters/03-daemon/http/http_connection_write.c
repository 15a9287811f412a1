#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "http_connection_parts.h"

#define OUTPUT_SIZE (16 * 1024) /* what is collected before it is sent */

static fallible send_all(struct http_connection *c, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = c->transport->write(c->state, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(ERROR_UNAVAILABLE, errno,
					   "cannot write to the HTTP peer");
		bytes += n;
		length -= n;
	}
	return NULL;
}

void http_connection_begin(struct http_connection *c, const char *first_line,
			   const struct http_fields *headers, enum http_body body, int64_t length)
{
	c->body = body;
	c->body_left = body == HTTP_BODY_LENGTH ? length : 0;
	buffer_printf(&c->output, "%s\r\n", first_line);
	for (size_t i = 0; headers && i < headers->count; i++)
		buffer_printf(&c->output, "%s: %s\r\n", headers->items[i].name,
			      headers->items[i].value);
	if (body == HTTP_BODY_LENGTH)
		buffer_printf(&c->output, "Content-Length: %lld\r\n", (long long)length);
	if (body == HTTP_BODY_CHUNKED)
		buffer_append_string(&c->output, "Transfer-Encoding: chunked\r\n");
	buffer_append_string(&c->output, "\r\n");
}

/* Large parts are not copied; what was collected before goes first. */
static fallible put(struct http_connection *c, const void *bytes, size_t length)
{
	if (c->output.length + length <= OUTPUT_SIZE) {
		buffer_append(&c->output, bytes, length);
		return NULL;
	}
	TRY(http_connection_flush(c));
	return send_all(c, bytes, length);
}

fallible http_connection_write(struct http_connection *c, const void *bytes, size_t length)
{
	if (!length)
		return NULL; /* an empty chunk would end the body */
	switch (c->body) {
	case HTTP_BODY_NONE:
		return NULL; /* the answer to a HEAD: counted, not sent */
	case HTTP_BODY_LENGTH:
		assert((uint64_t)c->body_left >= length);
		c->body_left -= length;
		return put(c, bytes, length);
	case HTTP_BODY_CHUNKED:
		buffer_printf(&c->output, "%zx\r\n", length);
		TRY(put(c, bytes, length));
		return put(c, "\r\n", 2);
	case HTTP_BODY_UNTIL_CLOSE:
		return put(c, bytes, length);
	}
	return NULL;
}

fallible http_connection_end(struct http_connection *c)
{
	if (c->body == HTTP_BODY_CHUNKED)
		TRY(put(c, "0\r\n\r\n", 5));
	c->body = HTTP_BODY_NONE;
	return http_connection_flush(c);
}

fallible http_connection_flush(struct http_connection *c)
{
	TRY(send_all(c, c->output.data, c->output.length));
	c->output.length = 0;
	if (c->output.capacity > 2 * OUTPUT_SIZE)
		buffer_finish(&c->output);
	return NULL;
}

fallible http_connection_flush_with(struct http_connection *c, int descriptor)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {.iov_base = c->output.data, .iov_len = c->output.length};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	assert(c->output.length); /* a descriptor travels with at least one byte */
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
	if (n < 0)
		return error_errno(ERROR_UNAVAILABLE, errno,
				   "cannot pass a descriptor to the HTTP peer");
	buffer_consume(&c->output, n);
	return http_connection_flush(c);
}
