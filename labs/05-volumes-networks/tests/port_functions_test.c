/*
 * port_functions_test - functions of the lab, called alone: port_functions_test NAME
 *
 * What is wished for, published and held, each test in a network namespace of its own. Run by the
 * lab's bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include "firewall_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/resource.h>

#include "images_test.h"
#include "json.h"
#include "log.h"
#include "port_hold.h"
#include "port_map.h"
#include "port_request.h"

#define PATIENCE 8 /* seconds */

static int enter(void **state)
{
	(void)state;
	enter_own_network();
	return 0;
}

/* -- section 5.8: what is wished for -- */

static void a_port_has_a_protocol(void **state)
{
	static const struct {
		const char *text, *protocol; /* NULL: none */
		uint16_t port;
	} rows[] = {
		{"80", "tcp", 80},        {"80/tcp", "tcp", 80},  {"53/udp", "udp", 53},
		{"9/sctp", "sctp", 9},    {"81/UDP", "udp", 81},  {"1/tcp", "tcp", 1},
		{"65535/", "tcp", 65535}, {"", NULL, 0},          {"0/tcp", NULL, 0},
		{"65536/tcp", NULL, 0},   {"65616/tcp", NULL, 0}, {"80/icmp", NULL, 0},
		{"80/tcp/", NULL, 0},     {"x/tcp", NULL, 0},     {"80-81/tcp", NULL, 0},
		{"-80/tcp", NULL, 0},     {"/tcp", NULL, 0},      {"80/tc", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		const char *protocol = NULL;
		uint16_t port = 0;
		struct error *e = port_request_parse_port(rows[i].text, &port, &protocol);

		if (!e != !!rows[i].protocol)
			fail_msg("'%s' is %s", rows[i].text, e ? e->message : "taken for a port");
		if (e) {
			assert_error(e, ERROR_INVALID, "invalid p");
			continue;
		}
		assert_int_equal(port, rows[i].port);
		assert_text(rows[i].text, protocol, rows[i].protocol);
	}
}

/* A container with these bindings, with these ports exposed and all of them published or not. */
static json_t *container(const char *id, const char *bindings, const char *exposed, bool all)
{
	autofree char *text =
		format("{\"Id\": \"%s\", \"Name\": \"/n%s\", \"HostConfig\": "
		       "{\"PortBindings\": %s, \"PublishAllPorts\": %s}, \"Config\": "
		       "{\"ExposedPorts\": %s}, \"NetworkSettings\": {\"Ports\": {}}}",
		       id, id, bindings, all ? "true" : "false", exposed);
	json_t *document = json_loads(text, 0, NULL);

	assert_non_null(document);
	return document;
}

/* Requests as text, "PORT/PROTOCOL<HOST:FIRST-LAST", blanks between. */
static void assert_requests(const char *bindings, const char *exposed, bool all,
			    const char *expected)
{
	autojson *document = container("a", bindings, exposed, all);
	autoportrequests requests = {0};
	autobuffer text = {0};

	assert_ok(port_requests_read(document, &requests));
	buffer_append(&text, "", 0);
	for (size_t i = 0; i < requests.count; i++) {
		const struct port_request *request = &requests.items[i];

		buffer_printf(&text, "%s%u/%s<%s:%u-%u", i ? " " : "", request->port,
			      request->protocol, request->host_ip, request->first, request->last);
	}
	assert_text(bindings, text.length ? text.data : "", expected);
}

static void wishes_are_read(void **state)
{
	(void)state;
	assert_requests("null", "null", false, "");
	assert_requests("{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", "{}", false,
			"80/tcp<:8080-8080");
	assert_requests("{\"80/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8000-8010\"}]}",
			"{}", false, "80/tcp<127.0.0.1:8000-8010");
	assert_requests("{\"80\": [{\"HostPort\": \"0\"}, {\"HostIp\": \"::1\"}]}", "{}", false,
			"80/tcp<:0-0 80/tcp<::1:0-0");
	assert_requests("{\"80/tcp\": [], \"81/tcp\": null}", "{}", false, "80/tcp<:0-0");
	/* Who wants one number comes before who wants any of a range, and who wants any is last. */
	assert_requests("{\"70/tcp\": [{}], \"71/tcp\": [{\"HostPort\": \"8000-8001\"}], "
			"\"72/tcp\": [{\"HostPort\": \"8000\"}]}",
			"{}", false, "72/tcp<:8000-8000 71/tcp<:8000-8001 70/tcp<:0-0");
	assert_requests("{\"80/tcp\": [{\"HostPort\": \"1\"}]}",
			"{\"80/tcp\": {}, \"80/udp\": {}, \"81\": {}}", true,
			"80/tcp<:1-1 80/udp<:0-0 81/tcp<:0-0");
	assert_requests("{}", "{\"80/tcp\": {}}", false, "");
}

static void what_is_no_wish_is_refused(void **state)
{
	static const struct {
		const char *bindings, *exposed, *problem;
	} rows[] = {
		{"{\"x\": []}", "{}", "\"x\""},
		{"{\"80\": [{\"HostPort\": \"a\"}]}", "{}", "\"a\""},
		{"{\"80\": [{\"HostPort\": \"9-8\"}]}", "{}", "\"9-8\""},
		{"{\"80\": [{\"HostPort\": \"1-65536\"}]}", "{}", "\"1-65536\""},
		{"{\"80\": [{\"HostPort\": \"65536\"}]}", "{}", "\"65536\""},
		{"{\"80\": [{\"HostPort\": \"8-\"}]}", "{}", "\"8-\""},
		{"{\"80\": [{\"HostPort\": \"-8\"}]}", "{}", "\"-8\""},
		{"{\"80\": [{\"HostPort\": 80}]}", "{}", "HostPort"},
		{"{\"80\": [{\"HostIp\": 7}]}", "{}", "HostIp"},
		{"{\"80\": [{\"HostIp\": \"300.1.1.1\"}]}", "{}", "300.1.1.1"},
		{"{\"80\": [{\"HostIp\": \"::1 }\"}]}", "{}", "::1 }"},
		{"{\"80\": [7]}", "{}", "no object"},
		{"{}", "{\"80/x\": {}}", "x"},
		{"{\"80\": [{}]}", "{\"0\": {}}", "\"0\""},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autojson *document = container("a", rows[i].bindings, rows[i].exposed, false);
		autoportrequests requests = {0};
		struct error *e = port_requests_read(document, &requests);

		if (!e)
			fail_msg("%s %s is let pass", rows[i].bindings, rows[i].exposed);
		assert_error(e, ERROR_INVALID, rows[i].problem);
	}
}

/* -- section 5.8: what is published -- */

static const struct port_map_target both = {
	.endpoint = "e1", .address4 = "172.17.0.2", .address6 = "fd00::2"};
static const struct port_map_target only4 = {.endpoint = "e1", .address4 = "172.17.0.2"};

struct map {
	struct firewall *firewall;
	struct port_map *map;
};

/* Without a packet filter: what is published, not how. */
static int open_map(void **state)
{
	const struct firewall_options off = {.off = true};
	struct map *map = allocate(sizeof(*map));

	enter_own_network();
	assert_ok(firewall_open(&off, &map->firewall));
	map->map = port_map_create(map->firewall, false);
	*state = map;
	return 0;
}

static int close_map(void **state)
{
	struct map *map = *state;

	port_map_destroy(map->map);
	firewall_close(map->firewall);
	free(map);
	return 0;
}

/* What is told of it; or the error. */
static json_t *publish(const struct map *map, const char *id, const char *bindings,
		       const struct port_map_target *target, struct error **e)
{
	json_t *document = container(id, bindings, "{}", false);

	*e = port_map_publish(map->map, document, target);
	return document;
}

static json_t *assert_published(const struct map *map, const char *id, const char *bindings,
				const struct port_map_target *target, const char *expected)
{
	struct error *e;
	json_t *document = publish(map, id, bindings, target, &e);
	autofree char *text = json_text(json_at(document, "NetworkSettings", "Ports", NULL));

	assert_ok(e);
	assert_text(bindings, text, expected);
	return document;
}

static void assert_unpublished(const struct map *map, const char *bindings,
			       const struct port_map_target *target, enum error_class class,
			       const char *problem)
{
	struct error *e;
	autojson *document = publish(map, "bad", bindings, target, &e);

	assert_error(e, class, problem);
}

#define TOLD(address, port) "{\"HostIp\":\"" address "\",\"HostPort\":\"" port "\"}"

static void a_port_is_published_on_all_sides(void **state)
{
	const struct map *map = *state;
	const struct port_map_target at = {.address4 = "172.17.0.2", .host_address = "127.0.0.1"};
	autojson *one = assert_published(
		map, "1", "{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", &both,
		"{\"80/tcp\":[" TOLD("0.0.0.0", "8080") "," TOLD("::", "8080") "]}");
	autojson *two = assert_published(map, "2", "{\"80/tcp\": [{\"HostPort\": \"8081\"}]}",
					 &only4, "{\"80/tcp\":[" TOLD("0.0.0.0", "8081") "]}");
	autojson *three =
		assert_published(map, "3",
				 "{\"80/tcp\": [{\"HostIp\": \"::1\", \"HostPort\": \"8082\"}]}",
				 &both, "{\"80/tcp\":[" TOLD("::1", "8082") "]}");
	autojson *four = assert_published(map, "4", "{\"80/tcp\": [{\"HostPort\": \"8083\"}]}", &at,
					  "{\"80/tcp\":[" TOLD("127.0.0.1", "8083") "]}");
	assert_unpublished(map, "{\"80/tcp\": [{\"HostIp\": \"::\", \"HostPort\": \"84\"}]}",
			   &only4, ERROR_INVALID, "--ipv6");
}

static void a_taken_port_is_told_of(void **state)
{
	const struct map *map = *state;
	struct error *e;
	autojson *any = publish(map, "1", "{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", &only4, &e);

	assert_ok(e);
	assert_unpublished(map, "{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", &only4, ERROR_CONFLICT,
			   "Bind for 0.0.0.0:8080 failed: port is already allocated");
	assert_unpublished(map,
			   "{\"7/tcp\": [{\"HostPort\": \"7070\"}], \"80/tcp\": [{\"HostIp\": "
			   "\"127.0.0.1\", \"HostPort\": \"8080\"}]}",
			   &only4, ERROR_CONFLICT, "Bind for 127.0.0.1:8080 failed");
	/* Of what was refused nothing is taken; version 6, another protocol, another port are free.
	 */
	json_decref(assert_published(
		map, "2",
		"{\"7/tcp\": [{\"HostPort\": \"7070\"}], \"8/tcp\": [{\"HostIp\": \"::\", "
		"\"HostPort\": \"8080\"}], \"9/udp\": [{\"HostPort\": \"8080\"}]}",
		&both,
		"{\"7/tcp\":[" TOLD("0.0.0.0", "7070") "," TOLD("::", "7070") "],\"8/tcp\":[" TOLD(
			"::", "8080") "],\"9/udp\":[" TOLD("0.0.0.0",
							   "8080") "," TOLD("::", "8080") "]}"));
	assert_unpublished(map, "{\"80/tcp\": [{\"HostIp\": \"::1\", \"HostPort\": \"8080\"}]}",
			   &both, ERROR_CONFLICT, "Bind for ::1:8080 failed");
	port_map_withdraw(map->map, any);
	json_decref(assert_published(
		map, "3", "{\"80/tcp\": [{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8080\"}]}",
		&only4, "{\"80/tcp\":[" TOLD("127.0.0.1", "8080") "]}"));
	/* Another address of the host is another port. */
	json_decref(assert_published(
		map, "4", "{\"80/tcp\": [{\"HostIp\": \"127.0.0.2\", \"HostPort\": \"8080\"}]}",
		&only4, "{\"80/tcp\":[" TOLD("127.0.0.2", "8080") "]}"));
}

/* One number on all sides: where it is taken on one, the next one is tried on both. */
static void free_ones_are_found(void **state)
{
	static const char range[] = "{\"80/tcp\": [{\"HostPort\": \"8000-8002\"}]}";
	const struct map *map = *state;
	struct error *e;

	autojson *six =
		publish(map, "1", "{\"80/tcp\": [{\"HostIp\": \"::1\", \"HostPort\": \"8000\"}]}",
			&both, &e);
	assert_ok(e);
	json_decref(assert_published(map, "2", range, &both,
				     "{\"80/tcp\":[" TOLD("0.0.0.0",
							  "8001") "," TOLD("::", "8001") "]}"));
	json_decref(assert_published(map, "3", range, &only4,
				     "{\"80/tcp\":[" TOLD("0.0.0.0", "8000") "]}"));
	json_decref(assert_published(map, "4", range, &only4,
				     "{\"80/tcp\":[" TOLD("0.0.0.0", "8002") "]}"));
	assert_unpublished(map, range, &only4, ERROR_CONFLICT,
			   "Bind for 0.0.0.0:8000 failed: all ports are allocated");
	assert_unpublished(map,
			   "{\"80/tcp\": [{\"HostIp\": \"192.0.2.1\", \"HostPort\": \"1-9\"}]}",
			   &only4, ERROR_INVALID, "192.0.2.1:1");
}

/* Where nothing is said, the next one each time: not the one that was free a moment ago. */
static void any_port_is_the_next_one(void **state)
{
	static const char any[] = "{\"80/tcp\": [{}]}";
	static const char *const expected[] = {"40000", "40001", "40002", "40000", "40001"};
	const struct map *map = *state;

	assert_ok(file_write(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", "40000 40002"));
	for (size_t i = 0; i < countof(expected); i++) {
		struct error *e;
		autojson *document = publish(map, "1", any, &only4, &e);
		autofree char *text =
			json_text(json_at(document, "NetworkSettings", "Ports", NULL));
		autofree char *wanted =
			format("{\"80/tcp\":[" TOLD("0.0.0.0", "%s") "]}", expected[i]);

		assert_ok(e);
		assert_text("the port that is given", text, wanted);
		port_map_withdraw(map->map, document);
		json_decref(assert_published(map, "2", "{\"80/tcp\": [{\"HostPort\": \"7\"}]}",
					     &only4, "{\"80/tcp\":[" TOLD("0.0.0.0", "7") "]}"));
		autojson *fixed = container("2", "{}", "{}", false);
		port_map_withdraw(map->map, fixed);
	}
}

/* -- section 5.8: a port is held -- */

/* As a server of the host would: 0, or the errno. */
static int try_to_bind(int type, const char *address, uint16_t port, bool reuse)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int on = reuse;
	autoclose int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (const void *)&at, sizeof(at)) < 0 ||
			       (type == SOCK_STREAM && listen(fd, 1) < 0)
		       ? errno
		       : 0;
}

static void nobody_else_takes_a_port(void **state)
{
	static const struct {
		const char *protocol;
		int type;
	} rows[] = {{"tcp", SOCK_STREAM}, {"udp", SOCK_DGRAM}};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoclose int four = -1, six = -1, again = -1;

		assert_ok(port_hold(rows[i].protocol, "0.0.0.0", 8080, &four));
		for (int reuse = 0; reuse < 2; reuse++)
			assert_int_equal(try_to_bind(rows[i].type, "127.0.0.1", 8080, reuse),
					 EADDRINUSE);
		assert_error(port_hold(rows[i].protocol, "127.0.0.1", 8080, &again), ERROR_CONFLICT,
			     "address already in use");
		assert_int_equal(again, -1);
		assert_ok(port_hold(rows[i].protocol, "::", 8080, &six)); /* without version 4 */
		assert_true(fcntl(four, F_GETFD) & FD_CLOEXEC);
		close_fd(&four);
		assert_int_equal(try_to_bind(rows[i].type, "127.0.0.1", 8080, false), 0);
	}
}

/* A server of the host that would share its port for datagrams: we do not. */
static void a_port_is_not_shared(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(5353)};
	autoclose int held = -1, server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	(void)state;
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(server, (const void *)&at, sizeof(at)), 0);
	assert_error(port_hold("udp", "0.0.0.0", 5353, &held), ERROR_CONFLICT,
		     "address already in use");
}

static void what_cannot_be_held_is_told(void **state)
{
	struct rlimit before, none;
	int fd = 7;

	(void)state;
	assert_error(port_hold("tcp", "1.2.3", 80, &fd), ERROR_INVALID, "1.2.3");
	assert_int_equal(fd, -1);
	assert_error(port_hold("tcp", "192.0.2.1", 80, &fd), ERROR_INVALID,
		     "cannot assign requested address");
	assert_error(port_hold("udp", "fd00::77", 80, &fd), ERROR_INVALID,
		     "cannot assign requested address");
	assert_int_equal(fd, -1);
	assert_ok(port_hold("other", "0.0.0.0", 80, &fd)); /* nothing to hold it with */
	assert_int_equal(fd, -1);
	/* No descriptor is left. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct error *e = port_hold("tcp", "0.0.0.0", 80, &fd);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_error(e, ERROR_SYSTEM, "Too many open files");
	assert_int_equal(fd, -1);
}

/* A connection that has ended is remembered for a minute (TIME_WAIT); it holds no port. */
static void the_memory_of_a_connection_is_no_holder(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080)};
	const int on = 1;
	autoclose int held = -1;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(server, (const void *)&at, sizeof(at)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(connect(client, (const void *)&at, sizeof(at)), 0);
	int accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	close(accepted); /* who closes first remembers */
	assert_int_equal(read(client, &byte, 1), 0);
	close(client);
	close(server);
	assert_int_equal(try_to_bind(SOCK_STREAM, "0.0.0.0", 8080, false), EADDRINUSE);
	assert_ok(port_hold("tcp", "0.0.0.0", 8080, &held));
	assert_true(held >= 0);
}

/* What comes for the container all the same is not kept in a queue here. */
static void datagrams_are_not_kept(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(5353)};
	autoclose int held = -1, sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_ok(port_hold("udp", "127.0.0.1", 5353, &held));
	assert_int_equal(sendto(sender, "x", 1, 0, (const void *)&at, sizeof(at)), 1);
	assert_int_equal(recv(held, &byte, 1, MSG_DONTWAIT), -1);
}

#define on_map(test) cmocka_unit_test_setup_teardown(test, open_map, close_map)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_has_a_protocol),
		cmocka_unit_test(wishes_are_read),
		cmocka_unit_test(what_is_no_wish_is_refused),
		on_map(a_port_is_published_on_all_sides),
		on_map(a_taken_port_is_told_of),
		on_map(free_ones_are_found),
		on_map(any_port_is_the_next_one),
		cmocka_unit_test_setup(nobody_else_takes_a_port, enter),
		cmocka_unit_test_setup(a_port_is_not_shared, enter),
		cmocka_unit_test_setup(what_cannot_be_held_is_told, enter),
		cmocka_unit_test_setup(the_memory_of_a_connection_is_no_holder, enter),
		cmocka_unit_test_setup(datagrams_are_not_kept, enter),
	};

	log_set_level(LOG_LEVEL_ERROR);
	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
