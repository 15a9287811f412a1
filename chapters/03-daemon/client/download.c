#include "download.h"

#include "file.h"
#include "http_connection.h"
#include "output_file.h"
#include "remote.h"

#define PIECE (64 * 1024)

static fallible copy(struct http_connection *c, int fd)
{
	char bytes[PIECE];
	size_t length;

	do {
		TRY(http_connection_read_body(c, bytes, sizeof(bytes), &length));
		TRY(file_write_fd(fd, "the output", bytes, length));
	} while (length);
	return NULL;
}

static fallible fetch(struct client *client, const char *path, int fd)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};

	TRY(remote_open(client, "GET", path, NULL, &c));
	TRY(remote_answer(client, c, "GET", &response));
	return copy(c, fd);
}

fallible download(struct client *client, const char *path, const char *verb, const char *output)
{
	auto_output_file file = OUTPUT_FILE_CLOSED;

	TRY(output_file_open(output, verb, &file));
	TRY(fetch(client, path, file.fd));
	return output_file_keep(&file);
}
