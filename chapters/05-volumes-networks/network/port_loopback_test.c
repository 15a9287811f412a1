#include "firewall_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include "port_loopback.h"

/* Stands for a container: an address of lo that is not 127.0.0.1, so nobody is there by chance. */
#define INSIDE "127.9.9.9"

static int set_up(void **state)
{
	enter_own_network();
	*state = port_loopback_create();
	return 0;
}

static int tear_down(void **state)
{
	if (*state)
		port_loopback_destroy(*state);
	return 0;
}

static int server(int type, const char *mapped, uint16_t port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET6, mapped, &at.sin6_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* 0, or errno; a datagram's connection is only known by a word that comes. */
static int call(int type, uint16_t port)
{
	const struct sockaddr_in6 at = {.sin6_family = AF_INET6,
					.sin6_port = htons(port),
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	autoclose int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return errno;
	return type == SOCK_DGRAM && send(fd, "x", 1, 0) != 1 ? errno : 0;
}

/* Where the kernel has no such program, all of it is nothing: that is not what is tested here. */
static void add(struct port_loopback *loopback, const char *protocol, uint16_t host_port,
		const char *address, uint16_t port)
{
	autoerror e = port_loopback_add(loopback, protocol, host_port, address, port);

	if (e && (e->errnum == EPERM || e->errnum == ENOSYS)) {
		print_error("NOT TESTED: %s\n", e->message);
		skip();
	}
	assert_null(e);
}

static void a_port_is_reached_until_it_is_removed(void **state)
{
	autoclose int fd = server(SOCK_STREAM, "::ffff:" INSIDE, 80);

	assert_int_equal(call(SOCK_STREAM, 8080), ECONNREFUSED);
	add(*state, "tcp", 8080, INSIDE, 80);
	assert_int_equal(call(SOCK_STREAM, 8080), 0);
	assert_int_equal(call(SOCK_STREAM, 8081), ECONNREFUSED);
	assert_int_equal(call(SOCK_STREAM, 80), ECONNREFUSED); /* the other number is not ours */
	port_loopback_remove(*state, "udp", 8080);
	assert_int_equal(call(SOCK_STREAM, 8080), 0);
	port_loopback_remove(*state, "tcp", 8080);
	port_loopback_remove(*state, "tcp", 8080);
	assert_int_equal(call(SOCK_STREAM, 8080), ECONNREFUSED);
}

static void the_last_address_counts(void **state)
{
	autoclose int fd = server(SOCK_STREAM, "::1", 80);

	add(*state, "tcp", 8080, INSIDE, 80);
	assert_int_equal(call(SOCK_STREAM, 8080), ECONNREFUSED);
	add(*state, "tcp", 8080, "::1", 80); /* as of a container that has IPv6, too */
	assert_int_equal(call(SOCK_STREAM, 8080), 0);
}

static void datagrams_of_connected_sockets(void **state)
{
	autoclose int fd = server(SOCK_DGRAM, "::ffff:" INSIDE, 53);
	char byte = 0;

	add(*state, "udp", 5353, INSIDE, 53);
	assert_int_equal(call(SOCK_DGRAM, 5353), 0);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, 'x');
	assert_int_equal(call(SOCK_STREAM, 5353), ECONNREFUSED);
}

/* The program is asked by everybody on the machine. */
static void in_another_network_it_is_nothing(void **state)
{
	autoclose int fd = server(SOCK_STREAM, "::ffff:" INSIDE, 80);
	int status;

	add(*state, "tcp", 8080, INSIDE, 80);
	pid_t child = fork();
	if (child == 0) {
		const struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};

		if (unshare(CLONE_NEWNET) < 0)
			_exit(100);
		/* A server like ours there, too: it must not be reached. */
		ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &lo);
		server(SOCK_STREAM, "::ffff:" INSIDE, 80);
		_exit(call(SOCK_STREAM, 8080));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), ECONNREFUSED);
	assert_int_equal(call(SOCK_STREAM, 8080), 0);
}

static void nothing_stays(void **state)
{
	autoclose int fd = server(SOCK_STREAM, "::ffff:" INSIDE, 80);
	struct port_loopback *other = port_loopback_create();

	(void)state;
	add(other, "tcp", 8080, INSIDE, 80);
	assert_int_equal(call(SOCK_STREAM, 8080), 0);
	port_loopback_destroy(other);
	assert_int_equal(call(SOCK_STREAM, 8080), ECONNREFUSED);
}

static void what_it_does_not_do(void **state)
{
	autoerror address = port_loopback_add(*state, "tcp", 1, "localhost", 1);

	assert_non_null(address);
	assert_int_equal(address->class, ERROR_INVALID);
	assert_null(port_loopback_add(*state, "sctp", 1, INSIDE, 1));
	port_loopback_remove(*state, "sctp", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_port_is_reached_until_it_is_removed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_last_address_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(datagrams_of_connected_sockets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(in_another_network_it_is_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_it_does_not_do, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
