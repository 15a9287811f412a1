#include "firewall_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>

#include "file.h"
#include "json.h"
#include "log.h"
#include "port_map.h"

#define TABLE "list table inet mini-docker"

static const struct port_map_target target = {
	.endpoint = "e1", .address4 = "172.17.0.2", .address6 = "fd00::2"};
static const struct port_map_target only4 = {.endpoint = "e1", .address4 = "172.17.0.2"};

struct fixture {
	struct firewall *firewall;
	struct port_map *map;
};

static int set_up(void **state)
{
	struct fixture *fixture = allocate(sizeof(*fixture));

	enter_own_network();
	assert_null(firewall_open(&(struct firewall_options){0}, &fixture->firewall));
	assert_null(firewall_restore(fixture->firewall));
	fixture->map = port_map_create(fixture->firewall, false);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture)
		return 0;
	port_map_destroy(fixture->map);
	firewall_close(fixture->firewall);
	free(fixture);
	return 0;
}

/* A container: its id, PortBindings as JSON, what it exposes, and -P. */
static json_t *container(const char *id, const char *bindings, const char *exposed, bool all)
{
	autofree char *text =
		format("{\"Id\": \"%s\", \"Name\": \"/n%s\", \"HostConfig\": "
		       "{\"NetworkMode\": \"bridge\", \"PortBindings\": %s, "
		       "\"PublishAllPorts\": %s}, \"Config\": {\"ExposedPorts\": %s}, "
		       "\"NetworkSettings\": {\"Ports\": {}}}",
		       id, id, bindings, all ? "true" : "false", exposed);
	json_t *document = json_loads(text, 0, NULL);

	assert_non_null(document);
	return document;
}

static void assert_ports(const json_t *document, const char *expected)
{
	autofree char *text = json_text(json_at(document, "NetworkSettings", "Ports", NULL));

	assert_string_equal(text, expected);
}

static void assert_refused(struct error *e, enum error_class class, const char *message)
{
	assert_non_null(e);
	if (e->class != class || !strstr(e->message, message))
		fail_msg("class %d: %s", e->class, e->message);
	error_free(e);
}

/* As a server of the host would: 0, or the errno. */
static int try_to_bind(int type, uint16_t port, bool reuse)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int on = reuse;
	autoclose int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, (const void *)&any, sizeof(any)) < 0 ||
			       (type == SOCK_STREAM && listen(fd, 1) < 0)
		       ? errno
		       : 0;
}

/* ---- what is published ---- */

static void every_form_is_told_and_mapped(void **state)
{
	struct fixture *fixture = *state;
	autojson *document = container(
		"a",
		"{\"80/tcp\": [{\"HostIp\": \"\", \"HostPort\": \"8080\"}], \"53/udp\": "
		"[{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"5300\"}, {\"HostIp\": \"::\", "
		"\"HostPort\": \"5301\"}]}",
		"{\"80/tcp\": {}, \"99/tcp\": {}}", false);

	assert_null(port_map_publish(fixture->map, document, &target));
	assert_ports(
		document,
		"{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\","
		"\"HostPort\":\"8080\"}],\"99/tcp\":null,\"53/udp\":[{\"HostIp\":\"127.0.0.1\","
		"\"HostPort\":\"5300\"},{\"HostIp\":\"::\",\"HostPort\":\"5301\"}]}");
	assert_true(lists(TABLE, "tcp . 8080 : 172.17.0.2 . 80"));
	assert_true(lists(TABLE, "tcp . 8080 : fd00::2 . 80"));
	assert_true(lists(TABLE, "127.0.0.1 . udp . 5300 : 172.17.0.2 . 53"));
	assert_true(lists(TABLE, "udp . 5301 : fd00::2 . 53"));
	port_map_withdraw(fixture->map, document);
	assert_ports(document, "{}");
	assert_false(lists(TABLE, "80"));
	assert_false(lists(TABLE, "530"));
}

static void a_port_is_held_against_all(void **state)
{
	struct fixture *fixture = *state;
	autojson *document = container("a",
				       "{\"80/tcp\": [{\"HostPort\": \"8080\"}], \"53/udp\": "
				       "[{\"HostPort\": \"8080\"}]}",
				       "{}", false);

	assert_null(port_map_publish(fixture->map, document, &target));
	for (int reuse = 0; reuse < 2; reuse++) {
		assert_int_equal(try_to_bind(SOCK_STREAM, 8080, reuse), EADDRINUSE);
		assert_int_equal(try_to_bind(SOCK_DGRAM, 8080, reuse), EADDRINUSE);
	}
	port_map_withdraw(fixture->map, document);
	assert_int_equal(try_to_bind(SOCK_STREAM, 8080, false), 0);
	assert_int_equal(try_to_bind(SOCK_DGRAM, 8080, false), 0);
}

static void free_ones_are_found(void **state)
{
	struct fixture *fixture = *state;
	autojson *first =
		container("a", "{\"80/tcp\": [{\"HostPort\": \"8000-8001\"}]}", "{}", false);
	autojson *second =
		container("b", "{\"80/tcp\": [{\"HostPort\": \"8000-8001\"}]}", "{}", false);
	autojson *third =
		container("c", "{\"80/tcp\": [{\"HostPort\": \"8000-8001\"}]}", "{}", false);
	autojson *any =
		container("d", "{}", "{\"80/tcp\": {}, \"443/tcp\": {}, \"53/udp\": {}}", true);
	autojson *next = container("e", "{\"80/tcp\": [{}]}", "{}", false);

	assert_null(file_write(AT_FDCWD, "/proc/sys/net/ipv4/ip_local_port_range", "40000 40009"));
	assert_null(port_map_publish(fixture->map, first, &only4));
	assert_null(port_map_publish(fixture->map, second, &only4));
	assert_ports(second, "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8001\"}]}");
	assert_refused(port_map_publish(fixture->map, third, &only4), ERROR_CONFLICT,
		       "all ports are allocated");
	assert_null(port_map_publish(fixture->map, any, &only4));
	assert_ports(any, "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"40000\"}],"
			  "\"443/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"40001\"}],"
			  "\"53/udp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"40000\"}]}");
	/* Not the one that has just become free. */
	port_map_withdraw(fixture->map, any);
	assert_null(port_map_publish(fixture->map, next, &only4));
	assert_ports(next, "{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"40002\"}]}");
}

/* ---- what is refused ---- */

static void a_taken_port_is_told_of_and_nothing_stays(void **state)
{
	struct fixture *fixture = *state;
	autojson *first = container("a", "{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", "{}", false);
	autojson *second = container("b",
				     "{\"70/tcp\": [{\"HostPort\": \"7070\"}], \"80/tcp\": "
				     "[{\"HostIp\": \"127.0.0.1\", \"HostPort\": \"8080\"}]}",
				     "{}", false);
	autojson *third = container("c", "{\"80/tcp\": [{\"HostPort\": \"7071\"}]}", "{}", false);
	const struct sockaddr_in taken = {.sin_family = AF_INET, .sin_port = htons(7071)};
	autoclose int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_null(port_map_publish(fixture->map, first, &target));
	assert_refused(port_map_publish(fixture->map, second, &target), ERROR_CONFLICT,
		       "driver failed programming external connectivity on endpoint nb (e1): Bind "
		       "for 127.0.0.1:8080 failed: port is already allocated");
	assert_false(lists(TABLE, "7070"));
	assert_int_equal(try_to_bind(SOCK_STREAM, 7070, false), 0);
	assert_int_equal(bind(server, (const void *)&taken, sizeof(taken)), 0);
	assert_refused(port_map_publish(fixture->map, third, &target), ERROR_CONFLICT,
		       "failed to bind host port for 0.0.0.0:7071:172.17.0.2:80/tcp: address "
		       "already in use");
	assert_false(lists(TABLE, "7071"));
	port_map_withdraw(fixture->map, second); /* it has none: those of others stay */
	assert_true(lists(TABLE, "tcp . 8080"));
}

static void the_family_must_fit(void **state)
{
	struct fixture *fixture = *state;
	autojson *six = container("a", "{\"80/tcp\": [{\"HostIp\": \"::\", \"HostPort\": \"80\"}]}",
				  "{}", false);
	autojson *foreign =
		container("a", "{\"80/tcp\": [{\"HostIp\": \"192.0.2.1\", \"HostPort\": \"80\"}]}",
			  "{}", false);

	assert_refused(port_map_publish(fixture->map, six, &only4), ERROR_INVALID, "--ipv6");
	assert_refused(port_map_publish(fixture->map, foreign, &only4), ERROR_INVALID,
		       "192.0.2.1:80:172.17.0.2:80/tcp: cannot assign requested address");
}

static void wrong_input_is_refused_at_create(void **state)
{
	static const struct {
		const char *bindings, *problem;
	} rows[] = {
		{"{\"x/tcp\": []}", "invalid port specification: \"x/tcp\""},
		{"{\"0/tcp\": []}", "invalid port specification: \"0/tcp\""},
		{"{\"65536/tcp\": []}", "invalid port specification"},
		{"{\"80/icmp\": []}", "invalid protocol: icmp"},
		{"{\"80/tcp\": [{\"HostPort\": \"a\"}]}", "invalid port specification: \"a\""},
		{"{\"80/tcp\": [{\"HostPort\": \"9-8\"}]}", "invalid port specification: \"9-8\""},
		{"{\"80/tcp\": [{\"HostPort\": \"1-70000\"}]}", "invalid port specification"},
		{"{\"80/tcp\": [{\"HostPort\": 80}]}", "HostPort"},
		{"{\"80/tcp\": [{\"HostIp\": \"300.1.1.1\"}]}", "invalid IP address: 300.1.1.1"},
		{"{\"80/tcp\": [{\"HostIp\": \"::1 }\"}]}", "invalid IP address"},
		{"{\"80/tcp\": [7]}", "no object"},
	};
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *document = container("a", rows[i].bindings, "{}", false);

		assert_refused(port_map_check(document), ERROR_INVALID, rows[i].problem);
	}
	autojson *exposed = container("a", "{}", "{\"80/x\": {}}", false);
	assert_refused(port_map_check(exposed), ERROR_INVALID, "invalid protocol: x");
	autojson *good =
		container("a", "{\"80\": null, \"81/UDP\": [{\"HostPort\": \"0\"}]}", "{}", false);
	assert_null(port_map_check(good));
}

/* ---- a daemon's restart ---- */

static void a_new_daemon_takes_the_ports_up(void **state)
{
	struct fixture *fixture = *state;
	struct firewall *firewall;
	autojson *document = container("a",
				       "{\"80/tcp\": [{\"HostPort\": \"8080\"}], \"53/udp\": "
				       "[{\"HostIp\": \"127.0.0.1\"}]}",
				       "{}", false);
	autojson *other = container("b", "{\"80/tcp\": [{\"HostPort\": \"8080\"}]}", "{}", false);

	assert_null(port_map_publish(fixture->map, document, &target));
	port_map_destroy(fixture->map);
	firewall_close(fixture->firewall);
	assert_int_equal(try_to_bind(SOCK_STREAM, 8080, false), 0);
	assert_null(firewall_open(&(struct firewall_options){0}, &firewall));
	fixture->firewall = firewall;
	fixture->map = port_map_create(firewall, false);
	assert_null(port_map_rejoin(fixture->map, document, &target));
	assert_null(firewall_restore(firewall));
	assert_null(firewall_restore(firewall));
	assert_true(lists(TABLE, "tcp . 8080 : 172.17.0.2 . 80"));
	assert_true(lists(TABLE, "tcp . 8080 : fd00::2 . 80"));
	assert_true(lists(TABLE, ": 172.17.0.2 . 53"));
	assert_int_equal(try_to_bind(SOCK_STREAM, 8080, true), EADDRINUSE);
	assert_refused(port_map_publish(fixture->map, other, &target), ERROR_CONFLICT,
		       "port is already allocated");
	port_map_withdraw(fixture->map, document);
	assert_false(lists(TABLE, "8080"));
	assert_null(port_map_publish(fixture->map, other, &target));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_form_is_told_and_mapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_port_is_held_against_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(free_ones_are_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_taken_port_is_told_of_and_nothing_stays, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_family_must_fit, set_up, tear_down),
		cmocka_unit_test(wrong_input_is_refused_at_create),
		cmocka_unit_test_setup_teardown(a_new_daemon_takes_the_ports_up, set_up, tear_down),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
