#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "port_relay.h"

/* A bound socket of 127.0.0.1; *port is what the kernel gave. */
static int bound(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int connected(int type, uint16_t port)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					    .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		close_fd(&fd);
	return fd;
}

static struct port_relay *start(const char *protocol, int fd, uint16_t to)
{
	struct port_relay *relay;

	assert_null(port_relay_start(protocol, "127.0.0.1", to, fd, &relay));
	return relay;
}

static void test_tcp_both_ways_and_half_closed(void **state)
{
	(void)state;
	uint16_t outer, inner;
	char bytes[16] = "";
	autoclose int server = bound(SOCK_STREAM, &inner);
	int port = bound(SOCK_STREAM, &outer);

	assert_int_equal(listen(server, 1), 0);
	struct port_relay *relay = start("tcp", port, inner);
	autoclose int client = connected(SOCK_STREAM, outer);
	autoclose int accepted = accept(server, NULL, NULL);
	assert_int_equal(write(client, "ask", 3), 3);
	shutdown(client, SHUT_WR);
	assert_int_equal(recv(accepted, bytes, 3, MSG_WAITALL), 3);
	assert_int_equal(read(accepted, bytes, sizeof(bytes)), 0); /* the end came through */
	/* The relay has stopped, and what is there goes on. */
	port_relay_stop(relay);
	assert_int_equal(connected(SOCK_STREAM, outer), -1);
	assert_int_equal(write(accepted, "tell", 4), 4);
	close_fd(&accepted);
	assert_int_equal(recv(client, bytes, sizeof(bytes), MSG_WAITALL), 4);
	assert_memory_equal(bytes, "tell", 4);
}

static void test_udp_answers_find_their_way_back(void **state)
{
	(void)state;
	uint16_t outer, inner;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	char byte;
	autoclose int server = bound(SOCK_DGRAM, &inner);
	struct port_relay *relay = start("udp", bound(SOCK_DGRAM, &outer), inner);
	autoclose int one = connected(SOCK_DGRAM, outer), two = connected(SOCK_DGRAM, outer);

	assert_int_equal(send(one, "1", 1, 0), 1);
	assert_int_equal(recvfrom(server, &byte, 1, 0, (struct sockaddr *)&from, &length), 1);
	const struct sockaddr_in first = from;
	assert_int_equal(send(two, "2", 1, 0), 1);
	assert_int_equal(recvfrom(server, &byte, 1, 0, (struct sockaddr *)&from, &length), 1);
	assert_int_equal(byte, '2');
	assert_int_equal(sendto(server, "B", 1, 0, (struct sockaddr *)&from, length), 1);
	assert_int_equal(sendto(server, "A", 1, 0, (struct sockaddr *)&first, length), 1);
	assert_int_equal(recv(one, &byte, 1, 0), 1);
	assert_int_equal(byte, 'A');
	assert_int_equal(recv(two, &byte, 1, 0), 1);
	assert_int_equal(byte, 'B');
	port_relay_stop(relay);
}

static void test_what_is_no_address(void **state)
{
	(void)state;
	struct port_relay *relay;
	uint16_t port;
	autoerror e = port_relay_start("tcp", "nowhere", 1, bound(SOCK_STREAM, &port), &relay);

	assert_non_null(e);
	assert_int_equal(e->class, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_both_ways_and_half_closed),
		cmocka_unit_test(test_udp_answers_find_their_way_back),
		cmocka_unit_test(test_what_is_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
