/*
 * remote_test.h - a registry for unit tests: on the loopback, it says what it was told to say
 *
 *	static const struct answer answers[] = {
 *		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "ok"},
 *	};
 *	struct stage stage;
 *
 *	open_stage(&stage, answers, countof(answers));
 *	... requests of stage.base, one for each answer ...
 *	close_stage(&stage);     stage.seen has the heads of the requests that came
 *
 * Each connection gets one answer and is closed; who tries TLS first gets none.
 */
#ifndef MINI_REMOTE_TEST_H
#define MINI_REMOTE_TEST_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "images_test.h"
#include "remote_registry.h"

struct answer {
	const char *head; /* without the empty line at its end */
	const char *body;
	bool silent; /* says no more then, and stays */
};

struct stage {
	int fd;
	pthread_t thread;
	const struct answer *answers;
	size_t count;
	struct remote_host host;
	struct buffer seen;
};

/* Its body, too, where its length is told. */
shared bool is_whole(const char *request)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");

	if (!end)
		return false;
	return !length || strlen(end + 4) >= strtoul(length + 16, NULL, 10);
}

/* A request; false for who speaks TLS, which is not spoken here. */
shared bool hear(struct stage *stage, int fd)
{
	size_t begin = stage->seen.length;
	char block[1000];
	ssize_t n = 1;

	while (n > 0 && !(stage->seen.length > begin && is_whole(stage->seen.data + begin))) {
		n = read(fd, block, sizeof(block));
		if (n > 0 && stage->seen.length == begin && block[0] == 0x16)
			return false;
		buffer_append(&stage->seen, block, n > 0 ? (size_t)n : 0);
	}
	return true;
}

shared void say(int fd, const struct answer *answer)
{
	char byte;

	if (*answer->head)
		dprintf(fd, "%sConnection: close\r\n\r\n%s", answer->head,
			answer->body ? answer->body : "");
	if (answer->silent)
		(void)!read(fd, &byte, 1);
}

shared void *stage_main(void *argument)
{
	struct stage *stage = argument;

	for (size_t i = 0; i < stage->count; i++) {
		int fd = accept4(stage->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		if (hear(stage, fd))
			say(fd, &stage->answers[i]);
		else
			i--;
		shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

shared void open_stage(struct stage *stage, const struct answer *answers, size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	*stage = (struct stage){.answers = answers, .count = count};
	stage->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stage->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(stage->fd, 8), 0);
	assert_int_equal(getsockname(stage->fd, (struct sockaddr *)&address, &size), 0);
	stage->host.base = format("http://127.0.0.1:%d", ntohs(address.sin_port));
	assert_int_equal(pthread_create(&stage->thread, NULL, stage_main, stage), 0);
}

/* All answers were given, or nobody waits for the rest. */
shared void close_stage(struct stage *stage)
{
	shutdown(stage->fd, SHUT_RDWR);
	pthread_join(stage->thread, NULL);
	close(stage->fd);
	free(stage->host.base);
	buffer_finish(&stage->seen);
}

/* "127.0.0.1:PORT": as the name of a registry. */
shared const char *stage_domain(const struct stage *stage)
{
	return strstr(stage->host.base, "://") + 3;
}

#endif
