/*
 * stream_functions_test - functions of the lab, called alone: stream_functions_test NAME
 *
 * What goes over a stream: frames, and the output and input of an attached client. Run by the lab's
 * bats tests (alone in labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <sys/socket.h>

#include "attached.h"
#include "detach_keys.h"
#include "frames.h"
#include "images_test.h"
#include "stream_frame.h"

#define PATIENCE 8 /* seconds */

/* -- section 3.6: frames -- */

struct heard {
	struct buffer streams[4];
	size_t empty; /* calls with nothing to write */
};

static void heard_finish(struct heard *heard)
{
	for (size_t i = 0; i < countof(heard->streams); i++)
		buffer_finish(&heard->streams[i]);
}
#define autoheard __attribute__((cleanup(heard_finish))) struct heard

static fallible take(void *context, int stream, const char *bytes, size_t length)
{
	struct heard *heard = context;

	assert_in_range(stream, 0, 3);
	heard->empty += !length;
	buffer_append(&heard->streams[stream], bytes, length);
	return NULL;
}

static fallible refuse(void *context, int stream, const char *bytes, size_t length)
{
	(void)context, (void)stream, (void)bytes, (void)length;
	return error_new(ERROR_NO_SPACE, "the disk is full");
}

#define LONG_FRAME 0x1203

/* Two bytes of the length of the last one are not 0, and above 127. */
static void make_wire(struct buffer *wire)
{
	static const char start[] = "\1\0\0\0\0\0\0\3out"
				    "\2\0\0\0\0\0\0\5error"
				    "\1\0\0\0\0\0\0\0"
				    "\3\0\0\0\0\0\0\4oops"
				    "\2\0\0\0\0\0\0\1!"
				    "\1\0\0\0\0\0\x12\x03";
	char frame[LONG_FRAME];

	memset(frame, 'x', sizeof(frame));
	buffer_append(wire, start, sizeof(start) - 1);
	buffer_append(wire, frame, sizeof(frame));
}

static void frames_are_the_same_however_they_are_cut(void **state)
{
	autobuffer wire = {0};

	(void)state;
	make_wire(&wire);
	for (size_t piece = 1; piece <= wire.length; piece += piece < 100 ? 1 : 97) {
		struct frames frames = {0};
		autoheard heard = {0};

		for (size_t at = 0; at < wire.length; at += piece) {
			size_t left = wire.length - at;

			assert_ok(frames_feed(&frames, wire.data + at, left < piece ? left : piece,
					      take, &heard));
		}
		if (heard.streams[1].length != 3 + LONG_FRAME)
			fail_msg("in pieces of %zu: %zu bytes of stdout, not %d", piece,
				 heard.streams[1].length, 3 + LONG_FRAME);
		assert_memory_equal(heard.streams[1].data, "outxxx", 6);
		assert_text("stderr", heard.streams[2].data, "error!");
		assert_text("of the daemon", heard.streams[3].data, "oops");
		assert_int_equal(heard.empty, 0);
	}
}

static void a_frame_may_be_long(void **state)
{
	const size_t length = 0x01020384;
	autofree char *bytes = allocate(1 << 20);
	struct frames frames = {0};
	autoheard heard = {0};

	(void)state;
	assert_ok(frames_feed(&frames, "\1\0\0\0\1\2\3\x84", 8, take, &heard));
	for (size_t given = 0; given < length;) {
		size_t n = length - given < 1 << 20 ? length - given : 1 << 20;

		assert_ok(frames_feed(&frames, bytes, n, take, &heard));
		given += n;
	}
	assert_ok(frames_feed(&frames, "\2\0\0\0\0\0\0\2ok", 10, take, &heard));
	assert_int_equal(heard.streams[1].length, length);
	assert_text("stderr, after it", heard.streams[2].data, "ok");
}

static void what_is_no_stream_is_refused(void **state)
{
	struct frames corrupt = {0}, full = {0}, zero = {0};
	autoheard heard = {0};

	(void)state;
	assert_error(frames_feed(&corrupt, "\4\0\0\0\0\0\0\1x", 9, take, &heard), ERROR_CORRUPT,
		     "");
	assert_error(frames_feed(&full, "\1\0\0\0\0\0\0\1x", 9, refuse, NULL), ERROR_NO_SPACE, "");
	assert_ok(frames_feed(&zero, "\0\0\0\0\0\0\0\1x", 9, take, &heard));
	assert_text("stream 0", heard.streams[0].data, "x");
}

static void heads_of_frames(void **state)
{
	static const struct {
		bool is_stderr;
		size_t length;
		const char *head;
	} rows[] = {
		{false, 0, "\1\0\0\0\0\0\0\0"},
		{true, 5, "\2\0\0\0\0\0\0\5"},
		{false, 0x01020384, "\1\0\0\0\1\2\3\x84"},
		{true, 0xfffefdfc, "\2\0\0\0\xff\xfe\xfd\xfc"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		unsigned char head[STREAM_FRAME_HEADER];

		memset(head, 0xaa, sizeof(head));
		stream_frame_header(rows[i].is_stderr, rows[i].length, head);
		assert_memory_equal(head, rows[i].head, sizeof(head));
	}
}

static void an_error_in_a_stream(void **state)
{
	autobuffer framed = {0}, plain = {0};

	(void)state;
	stream_frame_error(&framed, false, "it broke");
	assert_int_equal(framed.length, 18);
	assert_memory_equal(framed.data, "\2\0\0\0\0\0\0\12it broke\r\n", 18);
	stream_frame_error(&plain, true, "it broke");
	assert_text("on a terminal", plain.data, "it broke\r\n");
}

/* -- section 3.6: an attached client -- */

#define ALL (SHIM_ATTACH_STDIN | SHIM_ATTACH_STDOUT | SHIM_ATTACH_STDERR)

struct pair {
	struct attached *client;
	int remote; /* the other end of its socket */
	struct buffer input;
};

static void make(struct pair *pair, uint32_t flags, bool terminal, const char *keys,
		 const char *input)
{
	struct shim_request request = {.flags = flags, .input_length = strlen(input)};
	int ends[2];

	request.detach_keys_length = strlen(keys);
	memcpy(request.detach_keys, keys, strlen(keys));
	memcpy(request.input, input, strlen(input));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*pair = (struct pair){.remote = ends[1]};
	pair->client = attached_create(&request, ends[0], terminal, &pair->input);
}

static void drop(struct pair *pair)
{
	attached_destroy(pair->client);
	close_fd(&pair->remote);
	buffer_finish(&pair->input);
}

/* What has come; the client sends what waits meanwhile. */
static size_t drain(struct pair *pair, char *into, size_t size)
{
	size_t total = 0;
	ssize_t n;

	for (;;) {
		attached_serve(pair->client, POLLOUT, &pair->input);
		n = recv(pair->remote, into + total, size - total, MSG_DONTWAIT);
		if (n <= 0)
			return total;
		total += n;
	}
}

static void assert_received(struct pair *pair, const char *wanted, size_t length)
{
	char got[256];
	size_t n = drain(pair, got, sizeof(got));

	if (n != length)
		fail_msg("%zu bytes came, not %zu", n, length);
	assert_memory_equal(got, wanted, length);
}

static void type(struct pair *pair, const char *text)
{
	assert_int_equal(write(pair->remote, text, strlen(text)), strlen(text));
	attached_serve(pair->client, POLLIN, &pair->input);
}

static void assert_input(const struct pair *pair, const char *wanted)
{
	assert_text("what the process reads", pair->input.length ? pair->input.data : "", wanted);
}

static void output_goes_to_who_wants_it(void **state)
{
	struct pair both, err, nobody;

	(void)state;
	make(&both, ALL | SHIM_ATTACH_FRAMED, false, "", "");
	attached_output(both.client, 0, "hello", 5);
	attached_output(both.client, 1, "no", 2);
	assert_int_equal(both.client->queue.length, 0);
	assert_received(&both, "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\2no", 8 + 5 + 8 + 2);
	make(&err, SHIM_ATTACH_STDERR, false, "", "");
	attached_output(err.client, 0, "hello", 5);
	attached_output(err.client, 1, "no", 2);
	assert_received(&err, "no", 2);
	make(&nobody, SHIM_ATTACH_STDIN, false, "", "");
	attached_output(nobody.client, 0, "hello", 5);
	assert_received(&nobody, "", 0);
	drop(&both);
	drop(&err);
	drop(&nobody);
}

#define PIECE 50001

/* A piece of output; what has to come of it is put into wanted. Returns how many bytes. */
static size_t put(struct pair *pair, char *wanted, size_t seed)
{
	size_t head = pair->client->flags & SHIM_ATTACH_FRAMED ? 8 : 0;
	static char bytes[PIECE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (seed + i) * 31 >> 3;
	memcpy(wanted, "\2\0\0\0\0\0\xc3\x51", head);
	memcpy(wanted + head, bytes, sizeof(bytes));
	attached_output(pair->client, 1, bytes, sizeof(bytes));
	return head + sizeof(bytes);
}

/* Output until the client is full; how much it was. Room for one more piece is left. */
static size_t fill(struct pair *pair, char *wanted, size_t size)
{
	size_t sent = 0;

	while (!attached_is_full(pair->client)) {
		if (sent + 2 * (PIECE + 8) > size)
			fail_msg("with %zu bytes that nobody reads it is not full", sent);
		sent += put(pair, wanted + sent, sent);
	}
	return sent;
}

static void a_slow_reader_loses_nothing(void **state)
{
	static const uint32_t flags[] = {ALL, ALL | SHIM_ATTACH_FRAMED};
	static char wanted[4 << 20], got[4 << 20];

	(void)state;
	for (size_t i = 0; i < countof(flags); i++) {
		struct pair pair;

		make(&pair, flags[i], false, "", "");
		size_t sent = fill(&pair, wanted, sizeof(wanted));
		assert_true(pair.client->queue.length > ATTACHED_HIGH_WATER);
		assert_true(pair.client->queue.length <= ATTACHED_HIGH_WATER + 60000);
		assert_true(attached_events(pair.client, true) & POLLOUT);
		/* There is room again, but what waits is first. */
		size_t taken = recv(pair.remote, got, 100000, MSG_DONTWAIT);
		assert_int_equal(taken, 100000);
		sent += put(&pair, wanted + sent, sent);
		assert_int_equal(taken + drain(&pair, got + taken, sizeof(got) - taken), sent);
		for (size_t n = 0; n < sent; n++)
			if (got[n] != wanted[n])
				fail_msg("byte %zu of %zu differs", n, sent);
		assert_false(attached_is_full(pair.client));
		drop(&pair);
	}
}

static void input_comes_in_order_and_ends_once(void **state)
{
	struct pair pair, hung, ignored;

	(void)state;
	make(&pair, ALL, false, "ab", "early ");
	assert_int_equal(write(pair.remote, "late ab", 7), 7);
	assert_false(attached_serve(pair.client, POLLIN, &pair.input));
	assert_input(&pair, "early late ab");
	assert_int_equal(attached_events(pair.client, true), POLLIN);
	assert_int_equal(attached_events(pair.client, false), 0);
	shutdown(pair.remote, SHUT_WR);
	assert_true(attached_serve(pair.client, POLLIN, &pair.input));
	assert_int_equal(attached_events(pair.client, true), 0);
	attached_output(pair.client, 0, "bye", 3);
	assert_received(&pair, "bye", 3);
	make(&hung, ALL, false, "", "");
	assert_int_equal(write(hung.remote, "last", 4), 4);
	close_fd(&hung.remote);
	assert_false(attached_serve(hung.client, POLLHUP, &hung.input));
	assert_input(&hung, "last");
	assert_true(attached_serve(hung.client, POLLHUP, &hung.input));
	make(&ignored, SHIM_ATTACH_STDOUT, false, "", "early");
	assert_input(&ignored, "");
	assert_int_equal(attached_events(ignored.client, true), 0);
	drop(&pair);
	drop(&hung);
	drop(&ignored);
}

static void detach_keys_end_the_client_alone(void **state)
{
	struct pair pair, one, none;

	(void)state;
	make(&pair, ALL, true, "\x10\x11", "");
	type(&pair, "a\x10"
		    "b\x10\x10");
	assert_input(&pair, "a\x10"
			    "b\x10");
	assert_true(pair.client->fd >= 0);
	type(&pair, "\x11xyz");
	assert_input(&pair, "a\x10"
			    "b\x10");
	assert_int_equal(pair.client->fd, -1);
	make(&one, ALL, true, "abc", "");
	type(&one, "xababxab");
	assert_input(&one, "xababx");
	type(&one, "c");
	assert_input(&one, "xababx");
	assert_int_equal(one.client->fd, -1);
	make(&none, ALL, true, "", "");
	type(&none, "\x10\x11");
	assert_input(&none, "\x10\x11");
	assert_true(none.client->fd >= 0);
	drop(&pair);
	drop(&one);
	drop(&none);
}

static void keys_have_names(void **state)
{
	static const struct {
		const char *text, *keys; /* NULL: refused */
	} rows[] = {
		{"", "\x10\x11"},
		{"ctrl-p,ctrl-q", "\x10\x11"},
		{"a", "a"},
		{"a,Z,~", "aZ~"},
		{"ctrl-a,ctrl-z,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", "\1\32\33\34\35\36\37"},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o", "abcdefghijklmno"},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", NULL},
		{"ctrl-", NULL},
		{"ctrl-1", NULL},
		{"ctrl-A", NULL},
		{"ctrl-ab", NULL},
		{"Ctrl-a", NULL},
		{"ab", NULL},
		{"a,", NULL},
		{",", NULL},
	};
	uint8_t keys[DETACH_KEYS_MOST + 1] = {0};
	size_t count;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct error *e = detach_keys_read(rows[i].text, keys, &count);

		if (!e != !!rows[i].keys)
			fail_msg("'%s' is %s", rows[i].text, e ? e->message : "taken");
		if (e) {
			assert_error(e, ERROR_INVALID, rows[i].text);
			continue;
		}
		assert_int_equal(count, strlen(rows[i].keys));
		assert_memory_equal(keys, rows[i].keys, count);
	}
	assert_ok(detach_keys_read("ctrl-@", keys, &count));
	assert_int_equal(count, 1);
	assert_int_equal(keys[0], 0);
	assert_ok(detach_keys_read(NULL, keys, &count));
	assert_memory_equal(keys, "\x10\x11", 2);
}

static void a_client_that_has_gone(void **state)
{
	static const short ends[] = {POLLHUP, POLLERR, POLLNVAL};
	static char wanted[4 << 20];
	struct pair pair, full;

	(void)state;
	make(&pair, ALL, false, "", "");
	close_fd(&pair.remote);
	attached_output(pair.client, 0, "hello", 5); /* no SIGPIPE */
	assert_int_equal(pair.client->fd, -1);
	attached_output(pair.client, 0, "hello", 5);
	assert_int_equal(pair.client->queue.length, 0);
	make(&full, ALL, false, "", "");
	fill(&full, wanted, sizeof(wanted));
	close_fd(&full.remote);
	attached_serve(full.client, POLLOUT, &full.input);
	assert_int_equal(full.client->fd, -1);
	assert_false(attached_is_full(full.client));
	for (size_t i = 0; i < countof(ends); i++) {
		struct pair third;

		make(&third, SHIM_ATTACH_STDOUT, false, "", "");
		assert_false(attached_serve(third.client, POLLIN, &third.input));
		assert_true(third.client->fd >= 0);
		assert_false(attached_serve(third.client, ends[i], &third.input));
		assert_int_equal(third.client->fd, -1);
		drop(&third);
	}
	drop(&pair);
	drop(&full);
}

static void the_end_comes_after_the_rest(void **state)
{
	static char wanted[4 << 20], got[4 << 20];
	struct pair pair;

	(void)state;
	make(&pair, ALL, false, "", "");
	autoclose int other = dup(pair.client->fd); /* somebody else has it open, too */
	size_t sent = fill(&pair, wanted, sizeof(wanted));
	attached_finish(pair.client);
	assert_true(pair.client->fd >= 0);
	assert_int_equal(drain(&pair, got, sizeof(got)), sent);
	attached_finish(pair.client);
	assert_int_equal(pair.client->fd, -1);
	assert_int_equal(recv(pair.remote, got, 1, MSG_DONTWAIT), 0);
	assert_int_equal(send(pair.remote, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), -1);
	attached_finish(pair.client);
	drop(&pair);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_the_same_however_they_are_cut),
		cmocka_unit_test(a_frame_may_be_long),
		cmocka_unit_test(what_is_no_stream_is_refused),
		cmocka_unit_test(heads_of_frames),
		cmocka_unit_test(an_error_in_a_stream),
		cmocka_unit_test(output_goes_to_who_wants_it),
		cmocka_unit_test(a_slow_reader_loses_nothing),
		cmocka_unit_test(input_comes_in_order_and_ends_once),
		cmocka_unit_test(detach_keys_end_the_client_alone),
		cmocka_unit_test(keys_have_names),
		cmocka_unit_test(a_client_that_has_gone),
		cmocka_unit_test(the_end_comes_after_the_rest),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
