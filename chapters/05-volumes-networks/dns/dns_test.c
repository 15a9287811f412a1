/*
 * The whole server, in a network namespace of this test: it asks as the container does, and is also
 * the server outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns.h"
#include "dns_connection.h"
#include "dns_message.h"
#include "json.h"
#include "memory.h"
#include "namespace.h"

#define PATIENCE 20000 /* milliseconds: longer than anything here takes */

struct world {
	struct dns *dns;
	int upstream, second; /* servers outside, 127.0.0.2 and 127.0.0.3 */
	int upstream_tcp;
};

/* ---- the network ---- */

static int socket_at(const char *address, int type)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, address, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* As a container asks: of 127.0.0.11, port 53. */
static int asker(int type)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.11", &at.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static ssize_t receive(int fd, void *bytes, size_t size)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
	return recv(fd, bytes, size, 0);
}

static void set_document(struct world *world, const char *id, const char *address,
			 const char *names, const char *more, bool outside)
{
	autofree char *text =
		format("{\"Id\":\"%s\",\"HostConfig\":{\"NetworkMode\":\"front\",\"Dns\":["
		       "\"127.0.0.2\",\"127.0.0.3\"]%s},\"NetworkSettings\":{\"Networks\":{"
		       "\"front\":{\"NetworkID\":\"f\",\"IPAddress\":\"%s\",\"DNSNames\":[%s],"
		       "\"GlobalIPv6Address\":\"\",\"Links\":null}}}}",
		       id, more, address, names);
	autojson *document = json_loads(text, 0, NULL);
	const struct dns_order order = {document, NULL, getpid(), outside};

	assert_non_null(document);
	struct error *e = dns_serve(world->dns, &order);
	if (e)
		fail_msg("%s", e->message);
}

/* A network namespace of one's own: as root, or as anybody in a user namespace. */
static int set_up(void **state)
{
	struct world *world = allocate(sizeof(*world));
	static bool inside;

	if (!inside && unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	inside = true;
	autoerror e = namespace_loopback_up();
	if (!e)
		e = dns_open(&world->dns);
	assert_null(e);
	world->upstream = socket_at("127.0.0.2", SOCK_DGRAM);
	world->second = socket_at("127.0.0.3", SOCK_DGRAM);
	world->upstream_tcp = socket_at("127.0.0.2", SOCK_STREAM);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	dns_close(world->dns);
	close_fd(&world->upstream);
	close_fd(&world->second);
	close_fd(&world->upstream_tcp);
	free(world);
	return 0;
}

/* ---- messages ---- */

static void make_question(struct buffer *bytes, const char *name, uint16_t id)
{
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(name), LDNS_RR_TYPE_A,
					      LDNS_RR_CLASS_IN, LDNS_RD);
	uint8_t *wire;
	size_t length;

	ldns_pkt_set_id(packet, id);
	assert_int_equal(ldns_pkt2wire(&wire, packet, &length), LDNS_STATUS_OK);
	buffer_append(bytes, wire, length);
	free(wire);
	ldns_pkt_free(packet);
}

static void ask(int fd, const char *name, uint16_t id)
{
	autobuffer bytes = {0};

	make_question(&bytes, name, id);
	assert_int_equal(send(fd, bytes.data, bytes.length, 0), bytes.length);
}

static void ask_stream(int fd, const char *name, uint16_t id)
{
	autobuffer bytes = {0}, stream = {0};

	make_question(&bytes, name, id);
	dns_frame_append(&stream, bytes.data, bytes.length);
	assert_int_equal(send(fd, stream.data, stream.length, 0), stream.length);
}

static uint16_t receive_frame(int fd, uint8_t *bytes)
{
	uint8_t size[2];
	size_t length, done = 0;

	assert_int_equal(receive(fd, size, 2), 2);
	length = size[0] << 8 | size[1];
	while (done < length) {
		ssize_t n = receive(fd, bytes + done, length - done);

		assert_true(n > 0);
		done += n;
	}
	return length;
}

/* "10.0.0.1 10.0.0.2", or the code. */
static char *text_of(const uint8_t *bytes, size_t length, uint16_t id)
{
	ldns_pkt *packet = NULL;
	struct buffer text = {0};

	assert_int_equal(ldns_wire2pkt(&packet, bytes, length), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(packet), id);
	if (ldns_pkt_get_rcode(packet) != LDNS_RCODE_NOERROR)
		buffer_printf(&text, "code %d", ldns_pkt_get_rcode(packet));
	for (size_t i = 0; i < ldns_pkt_ancount(packet); i++) {
		autofree char *address =
			ldns_rdf2str(ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(packet), i), 0));

		buffer_printf(&text, "%s%s", i ? " " : "", address);
	}
	ldns_pkt_free(packet);
	return buffer_take(&text);
}

static void assert_told(int fd, uint16_t id, const char *expected)
{
	uint8_t bytes[4096];
	ssize_t n = receive(fd, bytes, sizeof(bytes));
	autofree char *text = text_of(bytes, n, id);

	assert_string_equal(text, expected);
}

static void assert_answer(const char *name, const char *expected)
{
	autoclose int fd = asker(SOCK_DGRAM);

	ask(fd, name, 77);
	assert_told(fd, 77, expected);
}

/* The question as it comes to a server outside: its bytes, who sent it. */
struct seen {
	uint8_t bytes[4096];
	size_t length;
	struct sockaddr_in from;
};

static void see(int server, struct seen *seen)
{
	struct pollfd wait = {.fd = server, .events = POLLIN};
	socklen_t size = sizeof(seen->from);

	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
	seen->length = recvfrom(server, seen->bytes, sizeof(seen->bytes), 0,
				(struct sockaddr *)&seen->from, &size);
}

/* The question turned into an answer: its address, or with a code none. */
static void turn(struct seen *seen, ldns_pkt_rcode code, const char *address, struct buffer *reply)
{
	uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 0, 0, 0, 0};

	inet_pton(AF_INET, address, record + 12);
	LDNS_QR_SET(seen->bytes);
	LDNS_RCODE_SET(seen->bytes, code);
	seen->bytes[LDNS_ANCOUNT_OFF + 1] = code == LDNS_RCODE_NOERROR;
	buffer_append(reply, seen->bytes, seen->length);
	if (code == LDNS_RCODE_NOERROR)
		buffer_append(reply, record, sizeof(record));
}

static void reply(int server, struct seen *seen, ldns_pkt_rcode code, const char *address)
{
	autobuffer bytes = {0};

	turn(seen, code, address, &bytes);
	sendto(server, bytes.data, bytes.length, 0, (struct sockaddr *)&seen->from,
	       sizeof(seen->from));
}

/* ---- what is promised ---- */

static void names_are_answered(void **state)
{
	set_document(*state, "w", "10.0.0.1", "\"web\",\"www\"", "", false);
	set_document(*state, "d", "10.0.0.2", "\"db\"", "", false);
	/* Both sit in this one namespace: the rules lead to the later one. */
	assert_answer("web.", "10.0.0.1");
	assert_answer("DB.front.", "10.0.0.2");
	assert_answer("nobody.", "code 2"); /* nobody outside may be asked */
	dns_stop(((struct world *)*state)->dns, "w");
	assert_answer("web.", "code 2");
}

static void what_the_document_says_is_so(void **state)
{
	set_document(*state, "w", "10.0.0.1", "\"web\"", "", false);
	set_document(*state, "w", "10.0.0.9", "\"web2\"", "", false);
	assert_answer("web2.", "10.0.0.9");
	assert_answer("web.", "code 2");
}

static void many_questions_over_one_connection(void **state)
{
	autoclose int fd = -1;
	uint8_t bytes[4096];

	set_document(*state, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_STREAM);
	for (uint16_t id = 1; id <= 50; id++)
		ask_stream(fd, "web.", id);
	for (uint16_t id = 1; id <= 50; id++) {
		size_t length = receive_frame(fd, bytes);
		autofree char *text = text_of(bytes, length, id);

		assert_string_equal(text, "10.0.0.1");
	}
}

/* By TCP asked, by TCP forwarded. */
static void a_stream_goes_on_outside(void **state)
{
	struct world *world = *state;
	struct pollfd wait = {.fd = world->upstream_tcp, .events = POLLIN};
	autobuffer answer = {0}, stream = {0};
	autoclose int fd = -1, server = -1;
	struct seen seen;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_STREAM);
	ask_stream(fd, "example.org.", 7);
	assert_int_equal(poll(&wait, 1, PATIENCE), 1);
	server = accept(world->upstream_tcp, NULL, NULL);
	seen.length = receive_frame(server, seen.bytes);
	turn(&seen, LDNS_RCODE_NOERROR, "9.9.9.1", &answer);
	dns_frame_append(&stream, answer.data, answer.length);
	/* In two pieces. */
	assert_int_equal(send(server, stream.data, 5, 0), 5);
	assert_int_equal(send(server, stream.data + 5, stream.length - 5, 0), stream.length - 5);
	size_t length = receive_frame(fd, seen.bytes);
	autofree char *text = text_of(seen.bytes, length, 7);
	assert_string_equal(text, "9.9.9.1");
}

static void what_is_not_known_is_asked_outside(void **state)
{
	struct world *world = *state;
	struct seen first, second;
	autoclose int fd = -1;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_DGRAM);
	ask(fd, "example.org.", 7);
	see(world->upstream, &first);
	reply(world->upstream, &first, LDNS_RCODE_NOERROR, "9.9.9.1");
	assert_told(fd, 7, "9.9.9.1");
	ask(fd, "example.org.", 7);
	see(world->upstream, &second);
	/* Neither the id nor the port of the asker, and others each time. */
	assert_true(first.from.sin_port != second.from.sin_port ||
		    memcmp(first.bytes, second.bytes, 2) != 0);
	reply(world->upstream, &second, LDNS_RCODE_NXDOMAIN, "0.0.0.0");
	assert_told(fd, 7, "code 3");
}

static void the_next_server_is_asked_when_one_fails(void **state)
{
	struct world *world = *state;
	struct seen seen;
	autoclose int fd = -1;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_DGRAM);
	ask(fd, "refused.org.", 7);
	see(world->upstream, &seen);
	reply(world->upstream, &seen, LDNS_RCODE_REFUSED, "0.0.0.0");
	see(world->second, &seen);
	reply(world->second, &seen, LDNS_RCODE_NOERROR, "9.9.9.2");
	assert_told(fd, 7, "9.9.9.2");
	/* One that says nothing; then one whose port is closed. */
	ask(fd, "silent.org.", 8);
	see(world->upstream, &seen);
	see(world->second, &seen);
	reply(world->second, &seen, LDNS_RCODE_NOERROR, "9.9.9.3");
	assert_told(fd, 8, "9.9.9.3");
	close_fd(&world->upstream);
	ask(fd, "closed.org.", 9);
	see(world->second, &seen);
	reply(world->second, &seen, LDNS_RCODE_SERVFAIL, "0.0.0.0");
	assert_told(fd, 9, "code 2");
}

static void when_nobody_answers_that_is_said(void **state)
{
	struct world *world = *state;
	autoclose int fd = -1;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_DGRAM);
	ask(fd, "example.org.", 7);
	assert_told(fd, 7, "code 2");
}

static void forged_answers_are_not_taken(void **state)
{
	struct world *world = *state;
	struct seen seen, other;
	autoclose int fd = -1;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_DGRAM);
	ask(fd, "example.org.", 7);
	see(world->upstream, &seen);
	other = seen;
	reply(world->second, &other, LDNS_RCODE_NOERROR, "6.6.6.6"); /* of another server */
	other = seen;
	other.bytes[0] ^= 1;
	reply(world->upstream, &other, LDNS_RCODE_NOERROR, "6.6.6.6"); /* another id */
	other = seen;
	other.bytes[13] ^= 1;
	reply(world->upstream, &other, LDNS_RCODE_NOERROR, "6.6.6.6"); /* another name */
	reply(world->upstream, &seen, LDNS_RCODE_NOERROR, "9.9.9.1");
	assert_told(fd, 7, "9.9.9.1");
}

static void a_single_word_stays_inside_with_ndots(void **state)
{
	set_document(*state, "w", "10.0.0.1", "\"web\"", ",\"DnsOptions\":[\"ndots:1\"]", true);
	assert_answer("word.", "");
	assert_answer("web.", "10.0.0.1");
}

/* Each is waited for outside: a socket does not hold so many at once. */
static void too_many_questions_are_refused(void **state)
{
	struct world *world = *state;
	autoclose int fd = -1;
	struct seen seen;

	set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
	fd = asker(SOCK_DGRAM);
	for (uint16_t id = 0; id < DNS_FORWARD_MAX; id++) {
		ask(fd, "example.org.", id);
		see(world->upstream, &seen);
	}
	ask(fd, "example.org.", DNS_FORWARD_MAX);
	/* The one too many is answered at once, before any has timed out. */
	assert_told(fd, DNS_FORWARD_MAX, "code 2");
	assert_answer("web.", "10.0.0.1");
}

static void a_container_may_have_port_53_itself(void **state)
{
	autoclose int udp = -1, tcp = -1;

	set_document(*state, "w", "10.0.0.1", "\"web\"", "", false);
	udp = socket_at("127.0.0.11", SOCK_DGRAM);
	tcp = socket_at("127.0.0.11", SOCK_STREAM);
	assert_answer("web.", "10.0.0.1");
}

static size_t descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void nothing_is_left_of_who_has_stopped(void **state)
{
	struct world *world = *state;
	size_t before = descriptors();

	for (int i = 0; i < 20; i++) {
		int fd, stream;

		set_document(world, "w", "10.0.0.1", "\"web\"", "", true);
		fd = asker(SOCK_DGRAM);
		stream = asker(SOCK_STREAM);
		ask(fd, "example.org.", 7);
		ask_stream(stream, "example.org.", 7);
		ask_stream(stream, "web.", 8);
		uint8_t bytes[4096];
		assert_true(receive_frame(stream, bytes) > 12);
		dns_stop(world->dns, "w");
		dns_stop(world->dns, "w");
		close(fd);
		close(stream);
	}
	assert_int_equal(descriptors(), before);
}

#define in_world(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_world(names_are_answered),
		in_world(what_the_document_says_is_so),
		in_world(many_questions_over_one_connection),
		in_world(a_stream_goes_on_outside),
		in_world(what_is_not_known_is_asked_outside),
		in_world(the_next_server_is_asked_when_one_fails),
		in_world(when_nobody_answers_that_is_said),
		in_world(forged_answers_are_not_taken),
		in_world(a_single_word_stays_inside_with_ndots),
		in_world(too_many_questions_are_refused),
		in_world(a_container_may_have_port_53_itself),
		in_world(nothing_is_left_of_who_has_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
