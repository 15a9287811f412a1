#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "http_peer.h"

/* ends[0] has connected to ends[1], by TCP over loopback. */
static void connect_loopback(int ends[2])
{
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr = {htonl(INADDR_LOOPBACK + 41)}}; /* 127.0.0.42 */
	socklen_t size = sizeof(name);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (void *)&name, sizeof(name)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (void *)&name, &size), 0);
	assert_int_equal(connect(ends[0], (void *)&name, sizeof(name)), 0);
	ends[1] = accept(listener, NULL, NULL);
	assert_true(ends[1] >= 0);
	close(listener);
}

static void behind_a_relay_it_is_who_is_before_it(void **state)
{
	char text[HTTP_PEER_SIZE];
	int tcp[2], pair[2];

	(void)state;
	connect_loopback(tcp);
	http_peer_text(tcp[0], text);
	assert_string_equal(text, "127.0.0.42");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(http_peer_pair(tcp[0], pair), 0);
		http_peer_text(pair[1], text);
		assert_string_equal(text, "127.0.0.42");
		close(pair[0]);
		close(pair[1]);
	}
	close(tcp[0]);
	close(tcp[1]);
}

static void a_unix_socket_is_nobody_whatever_it_calls_itself(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const char claim[] = "mini-docker-relay/192.0.2.1/1";
	char text[HTTP_PEER_SIZE];
	int ends[2], status;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	http_peer_text(ends[0], text);
	assert_string_equal(text, "-");
	close(ends[0]);
	close(ends[1]);
	pid_t child = fork();
	if (child == 0) { /* for the other process, its peer is a stranger */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			_exit(1);
		memcpy(name.sun_path + 1, claim, sizeof(claim));
		if (bind(ends[0], (void *)&name,
			 offsetof(struct sockaddr_un, sun_path) + sizeof(claim)) < 0)
			_exit(2);
		if (fork() == 0) {
			http_peer_text(ends[1], text);
			_exit(strcmp(text, "-") != 0);
		}
		wait(&status);
		_exit(WEXITSTATUS(status) ? 3 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behind_a_relay_it_is_who_is_before_it),
		cmocka_unit_test(a_unix_socket_is_nobody_whatever_it_calls_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
