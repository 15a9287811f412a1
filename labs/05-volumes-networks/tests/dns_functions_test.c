/*
 * dns_functions_test - functions of the lab, called alone: dns_functions_test NAME
 *
 * Questions and answers on the wire, and who is called what. Run by the lab's bats tests (alone in
 * labs/lib/lab.bash), in a sandbox. A test that waits is ended.
 */
#include <arpa/inet.h>

#include "dns_message.h"
#include "images_test.h"

#define PATIENCE 8 /* seconds */

/* -- section 5.9: questions -- */

#define ID 0x1234

/* As bytes. edns: the size that the asker takes; 0: he does not say. */
static void ask(struct buffer *bytes, const char *name, ldns_rr_type type, uint16_t edns)
{
	ldns_pkt *packet =
		ldns_pkt_query_new(ldns_dname_new_frm_str(name), type, LDNS_RR_CLASS_IN, LDNS_RD);
	uint8_t *wire;
	size_t length;

	ldns_pkt_set_id(packet, ID);
	if (edns)
		ldns_pkt_set_edns_udp_size(packet, edns);
	assert_int_equal(ldns_pkt2wire(&wire, packet, &length), LDNS_STATUS_OK);
	buffer_append(bytes, wire, length);
	free(wire);
	ldns_pkt_free(packet);
}

/* Whatever was in it before is not there any more. */
static bool parse(const struct buffer *bytes, size_t length, bool tcp,
		  struct dns_question *question)
{
	memset(question, 0xa5, sizeof(*question));
	return dns_question_parse((uint8_t *)bytes->data, length, tcp, question);
}

static void read_question(const struct buffer *bytes, bool tcp, struct dns_question *question)
{
	assert_true(parse(bytes, bytes->length, tcp, question));
	assert_int_equal(question->refusal, LDNS_RCODE_NOERROR);
}

static void a_question_is_read(void **state)
{
	static const struct {
		const char *name, *read;
		ldns_rr_type type;
		uint16_t edns;
		bool tcp;
		size_t answer_max;
	} rows[] = {
		{"Db.Front.", "Db.Front", LDNS_RR_TYPE_AAAA, 0, false, 512},
		{"a.", "a", LDNS_RR_TYPE_A, 4000, false, 4000},
		{"a.", "a", LDNS_RR_TYPE_A, 4000, true, DNS_MESSAGE_MAX},
		{"a.", "a", LDNS_RR_TYPE_MX, 100, false, 512},
		{"a.", "a", LDNS_RR_TYPE_PTR, 512, false, 512},
		{"a.", "a", LDNS_RR_TYPE_A, 513, false, 513},
		{".", "", LDNS_RR_TYPE_NS, 0, true, DNS_MESSAGE_MAX},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0};
		autoquestion question;

		ask(&bytes, rows[i].name, rows[i].type, rows[i].edns);
		read_question(&bytes, rows[i].tcp, &question);
		assert_text("the name", question.name, rows[i].read);
		assert_int_equal(question.type, rows[i].type);
		assert_int_equal(question.id, ID);
		assert_int_equal(question.opcode, LDNS_PACKET_QUERY);
		assert_int_equal(question.tcp, rows[i].tcp);
		assert_int_equal(question.answer_max, rows[i].answer_max);
	}
}

static void assert_refusal(const struct buffer *bytes, size_t length, ldns_pkt_rcode code)
{
	autoquestion question;

	memset(&question, 0x5a, sizeof(question)); /* nothing of this may stay */
	question.packet = NULL;
	assert_true(parse(bytes, length, false, &question));
	assert_int_equal(question.refusal, code);
	assert_int_equal(question.id, ID);
	if (code == LDNS_RCODE_FORMERR) {
		assert_int_equal(question.type, 0);
		assert_int_equal(question.answer_max, 512);
		assert_text("the name of what is no question", question.name, "");
	}
	/* It can be told so. */
	autobuffer answer = {0};
	dns_answer_code(&question, question.refusal, &answer);
	assert_true(answer.length >= LDNS_HEADER_SIZE);
}

static void what_is_wrong_is_refused_or_not_heard(void **state)
{
	autobuffer bytes = {0}, other = {0};
	struct dns_question question;

	(void)state;
	ask(&bytes, "a.", LDNS_RR_TYPE_A, 0);
	assert_refusal(&bytes, bytes.length - 1, LDNS_RCODE_FORMERR);
	assert_refusal(&bytes, LDNS_HEADER_SIZE, LDNS_RCODE_FORMERR);
	for (size_t length = 0; length < LDNS_HEADER_SIZE; length++)
		assert_false(parse(&bytes, length, false, &question));
	bytes.data[5] = 2; /* two questions */
	assert_refusal(&bytes, bytes.length, LDNS_RCODE_FORMERR);
	bytes.data[5] = 0; /* none */
	assert_refusal(&bytes, bytes.length, LDNS_RCODE_FORMERR);
	bytes.data[5] = 1;
	bytes.data[7] = 1; /* it brings an answer along */
	assert_refusal(&bytes, bytes.length, LDNS_RCODE_FORMERR);
	bytes.data[7] = 0;
	bytes.data[12] = (char)0xc0; /* a name that is itself */
	bytes.data[13] = 12;
	assert_refusal(&bytes, bytes.length, LDNS_RCODE_FORMERR);
	bytes.data[2] = 5 << 3; /* an update */
	assert_refusal(&bytes, bytes.length, LDNS_RCODE_NOTIMPL);
	bytes.data[2] |= (char)0x80; /* an answer: answered by nobody */
	assert_false(parse(&bytes, bytes.length, false, &question));
	ask(&other, "version.bind.", LDNS_RR_TYPE_TXT, 0);
	other.data[other.length - 1] = 3; /* the class CH */
	assert_refusal(&other, other.length, LDNS_RCODE_REFUSED);
}

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static void addresses_are_read_from_names(void **state)
{
	static const struct {
		const char *name, *address; /* NULL: none */
	} rows[] = {
		{"3.0.18.172.in-addr.arpa.", "172.18.0.3"},
		{"254.1.2.10.IN-ADDR.ARPA.", "10.2.1.254"},
		{"3.0.0.0." ZEROS "0.D.f.ip6.arpa.", "fd00::3"},
		{"1.2.3.4." ZEROS "9.a.e.IP6.ARPA.", "ea90::4321"},
		{"0.18.172.in-addr.arpa.", NULL},
		{"256.0.18.172.in-addr.arpa.", NULL},
		{"in-addr.arpa.", NULL},
		{"1.3.0.18.172.in-addr.arpa.", NULL},
		{"3.0.0.0." ZEROS "0.x.f.ip6.arpa.", NULL},
		{"3.0.0.0." ZEROS "0.d.f.0.ip6.arpa.", NULL},
		{"3.0.0." ZEROS "0.d.f.ip6.arpa.", NULL},
		{"3.00.0." ZEROS "0.d.f.ip6.arpa.", NULL},
		{"3.0.0.0." ZEROS "0.D.f.in-addr.arpa.", NULL},
		{"3.0.18.172.ip6.arpa.", NULL},
		{"3.0.18.172.arpa.", NULL},
		{"web.", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0};
		autoquestion question;
		uint8_t address[16];
		char text[INET6_ADDRSTRLEN] = "none";
		int family;

		ask(&bytes, rows[i].name, LDNS_RR_TYPE_PTR, 0);
		read_question(&bytes, false, &question);
		if (dns_question_address(&question, &family, address))
			inet_ntop(family, address, text, sizeof(text));
		assert_text(rows[i].name, text, rows[i].address ? rows[i].address : "none");
		question.type = LDNS_RR_TYPE_A;
		assert_false(dns_question_address(&question, &family, address));
	}
}

/* -- section 5.9: answers -- */

static ldns_pkt *read_answer(const struct buffer *bytes)
{
	ldns_pkt *packet = NULL;

	assert_int_equal(ldns_wire2pkt(&packet, (uint8_t *)bytes->data, bytes->length),
			 LDNS_STATUS_OK);
	assert_true(ldns_pkt_qr(packet));
	assert_int_equal(ldns_pkt_id(packet), ID);
	assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_NOERROR);
	return packet;
}

static void addresses_are_answered(void **state)
{
	static const struct {
		ldns_rr_type type;
		size_t count;
		const char *last;
	} rows[] = {
		{LDNS_RR_TYPE_A, 2, "WeB.\t600\tIN\tA\t10.0.0.2\n"},
		{LDNS_RR_TYPE_AAAA, 1, "WeB.\t600\tIN\tAAAA\tfd00::1\n"},
		{LDNS_RR_TYPE_MX, 0, NULL},
		{LDNS_RR_TYPE_ANY, 0, NULL},
	};
	struct dns_addresses found = {.v4_count = 2, .v6_count = 1};

	(void)state;
	inet_pton(AF_INET, "10.0.0.1", &found.v4[0]);
	inet_pton(AF_INET, "10.0.0.2", &found.v4[1]);
	inet_pton(AF_INET6, "fd00::1", &found.v6[0]);
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0}, answer = {0};
		autoquestion question;

		ask(&bytes, "WeB.", rows[i].type, 0);
		read_question(&bytes, false, &question);
		dns_answer_addresses(&question, &found, &answer);
		ldns_pkt *packet = read_answer(&answer);
		assert_int_equal(ldns_pkt_ancount(packet), rows[i].count);
		assert_false(ldns_pkt_tc(packet));
		if (rows[i].count) {
			autofree char *text = ldns_rr2str(
				ldns_rr_list_rr(ldns_pkt_answer(packet), rows[i].count - 1));

			assert_text("the last record", text, rows[i].last);
		}
		ldns_pkt_free(packet);
	}
}

/* As many as there is room for, and what is cut is said to be. */
static void an_answer_is_not_larger_than_the_asker_takes(void **state)
{
	static const struct {
		ldns_rr_type type;
		uint16_t edns;
		bool tcp, cut;
		size_t record;
	} rows[] = {
		{LDNS_RR_TYPE_A, 0, false, true, 16},     {LDNS_RR_TYPE_A, 1232, false, true, 16},
		{LDNS_RR_TYPE_AAAA, 0, false, true, 28},  {LDNS_RR_TYPE_A, 0, true, false, 16},
		{LDNS_RR_TYPE_A, 8192, false, false, 16}, {LDNS_RR_TYPE_AAAA, 100, true, false, 28},
	};
	struct dns_addresses found = {.v4_count = DNS_ADDRESSES_MAX, .v6_count = DNS_ADDRESSES_MAX};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0}, answer = {0};
		autoquestion question;

		ask(&bytes, "many.of.them.", rows[i].type, rows[i].edns);
		read_question(&bytes, rows[i].tcp, &question);
		dns_answer_addresses(&question, &found, &answer);
		ldns_pkt *packet = read_answer(&answer);
		assert_int_equal(ldns_pkt_tc(packet), rows[i].cut);
		assert_true(answer.length <= question.answer_max);
		if (rows[i].cut)
			assert_true(answer.length + rows[i].record > question.answer_max);
		else
			assert_int_equal(ldns_pkt_ancount(packet), DNS_ADDRESSES_MAX);
		ldns_pkt_free(packet);
	}
}

/* Exactly what there is room for is not cut. */
static void what_just_fits_is_whole(void **state)
{
	struct dns_addresses found = {.v4_count = 0};
	autobuffer bytes = {0};
	autoquestion question;

	(void)state;
	ask(&bytes, "fits.", LDNS_RR_TYPE_A, 0);
	read_question(&bytes, false, &question);
	/* 12 bytes of head, 10 of the question: 30 records of 16 fit into the rest of 512. */
	for (size_t count = 29; count <= 31; count++) {
		autobuffer answer = {0};

		found.v4_count = count;
		dns_answer_addresses(&question, &found, &answer);
		ldns_pkt *packet = read_answer(&answer);
		assert_int_equal(ldns_pkt_ancount(packet), count < 30 ? count : 30);
		assert_int_equal(ldns_pkt_tc(packet), count > 30);
		ldns_pkt_free(packet);
	}
}

static void a_reply_must_fit_its_question(void **state)
{
	autobuffer bytes = {0}, other = {0};
	autoquestion question;
	ldns_pkt_rcode code = LDNS_RCODE_SERVFAIL;

	(void)state;
	ask(&bytes, "Example.org.", LDNS_RR_TYPE_A, 0);
	read_question(&bytes, false, &question);
	uint8_t *reply = (uint8_t *)bytes.data;
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length, &code)); /* a question */
	LDNS_QR_SET(reply);
	assert_true(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	assert_int_equal(code, LDNS_RCODE_NOERROR);
	assert_false(dns_reply_fits(&question, ID + 1, reply, bytes.length, &code));
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length - 1, &code));
	assert_false(dns_reply_fits(&question, ID, reply, 11, &code));
	reply[2] ^= 4 << 3; /* of another opcode */
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	reply[2] ^= 4 << 3;
	reply[5] = 2;
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	reply[5] = 1;
	reply[13] ^= 0x20; /* e for E: the same name */
	assert_true(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	reply[13] ^= 0x01; /* another name */
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	reply[13] ^= 0x01;
	reply[bytes.length - 1] = 3; /* another class */
	assert_false(dns_reply_fits(&question, ID, reply, bytes.length, &code));
	ask(&other, "example.org.", LDNS_RR_TYPE_AAAA, 0);
	LDNS_QR_SET(other.data);
	assert_false(dns_reply_fits(&question, ID, (uint8_t *)other.data, other.length, &code));
	/* Who refuses may leave out what he was asked; who answers may not. */
	reply[5] = 0;
	assert_false(dns_reply_fits(&question, ID, reply, 12, &code));
	LDNS_RCODE_SET(reply, LDNS_RCODE_REFUSED);
	assert_true(dns_reply_fits(&question, ID, reply, 12, &code));
	assert_int_equal(code, LDNS_RCODE_REFUSED);
}

/* -- section 5.9: who is called what -- */

static void join(struct dns_table *table, const char *container, const char *network,
		 const char *v4, const char *v6, const char *names, const char *links)
{
	autofree char *words = duplicate(names), *pairs = duplicate(links);
	const char *name[8] = {0}, *link[8] = {0};
	struct dns_membership membership = {network, network, name, link};
	char *rest;
	size_t count = 0;

	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		name[count++] = word;
	count = 0;
	for (char *pair = strtok_r(pairs, " ", &rest); pair; pair = strtok_r(NULL, " ", &rest))
		link[count++] = pair;
	inet_pton(AF_INET, v4, &membership.v4);
	inet_pton(AF_INET6, v6, &membership.v6);
	dns_table_join(table, container, &membership);
}

/* w1, w2 and d are in front, d and c in back; both w1 and w2 are www. */
static int make_table(void **state)
{
	struct dns_table *table = dns_table_create();

	join(table, "w1", "front", "10.0.0.1", "", "web1 www Web1 w1",
	     "db:database www:db2 none:web2 db:v:db3");
	join(table, "w2", "front", "10.0.0.2", "fd00::2", "web2 www w2", "");
	join(table, "d", "front", "10.0.0.3", "", "db", "");
	join(table, "d", "back", "10.1.0.3", "", "db only-back a.dot", "cache:db");
	join(table, "c", "back", "10.1.0.4", "", "cache", "");
	join(table, "six", "front", "", "fd00::6", "six", "");
	*state = table;
	return 0;
}

static int drop_table(void **state)
{
	dns_table_destroy(*state);
	return 0;
}

static int by_bytes(const void *one, const void *other)
{
	return memcmp(one, other, sizeof(struct in_addr));
}

/* "10.0.0.1 10.0.0.2 fd00::1", those of version 4 sorted; "-" when it is not known. */
static void assert_found(struct dns_table *table, const char *asker, const char *name,
			 const char *expected)
{
	autofree char *what = format("%s, as %s knows it", name, asker);
	struct dns_addresses found = {.v4_count = 77, .v6_count = 77};
	autobuffer text = {0};
	char address[INET6_ADDRSTRLEN];

	if (!dns_table_find(table, asker, name, &found)) {
		assert_text(what, "-", expected);
		return;
	}
	qsort(found.v4, found.v4_count, sizeof(found.v4[0]), by_bytes);
	for (size_t i = 0; i < found.v4_count; i++)
		buffer_printf(&text, "%s%s", text.length ? " " : "",
			      inet_ntop(AF_INET, &found.v4[i], address, sizeof(address)));
	for (size_t i = 0; i < found.v6_count; i++)
		buffer_printf(&text, "%s%s", text.length ? " " : "",
			      inet_ntop(AF_INET6, &found.v6[i], address, sizeof(address)));
	assert_text(what, text.length ? text.data : "", expected);
}

static void names_are_known_in_the_networks_of_who_asks(void **state)
{
	assert_found(*state, "w1", "db", "10.0.0.3");
	assert_found(*state, "w1", "DB", "10.0.0.3");
	assert_found(*state, "c", "db", "10.1.0.3");
	assert_found(*state, "c", "web1", "-");
	assert_found(*state, "w1", "only-back", "-");
	assert_found(*state, "w1", "cache", "-");
	assert_found(*state, "d", "cache", "10.1.0.4");
	assert_found(*state, "d", "only-back", "10.1.0.3");
	assert_found(*state, "w1", "web1", "10.0.0.1");
	assert_found(*state, "w1", "six", "fd00::6");
	assert_found(*state, "w1", "d", "-");
	assert_found(*state, "w1", "dbx", "-");
	assert_found(*state, "w1", "w", "-");
	assert_found(*state, "w1", "", "-");
	assert_found(*state, "nobody", "db", "-");
	assert_found(*state, "d", "www", "10.0.0.1 10.0.0.2 fd00::2");
}

static void a_network_may_be_named(void **state)
{
	assert_found(*state, "d", "only-back.back", "10.1.0.3");
	assert_found(*state, "d", "only-back.BACK", "10.1.0.3");
	assert_found(*state, "d", "only-back.front", "-");
	assert_found(*state, "d", "db.front", "10.0.0.3");
	assert_found(*state, "d", "a.dot", "10.1.0.3");
	assert_found(*state, "d", "a.dot.back", "10.1.0.3");
	assert_found(*state, "w1", "db.back", "-"); /* not in it */
	assert_found(*state, "w1", "db.front.", "-");
	assert_found(*state, "w1", "db.fron", "-");
	assert_found(*state, "w1", ".front", "-");
	assert_found(*state, "w1", "db.", "-");
	join(*state, "dotted", "front", "10.0.0.8", "", "z.", "");
	assert_found(*state, "w1", "z..front", "10.0.0.8");
}

static void links_are_names_of_ones_own(void **state)
{
	assert_found(*state, "w1", "database", "10.0.0.3");
	assert_found(*state, "w1", "DataBase.front", "10.0.0.3");
	assert_found(*state, "w1", "db2", "10.0.0.1 10.0.0.2 fd00::2");
	assert_found(*state, "w1", "web2", "10.0.0.2 fd00::2"); /* its link leads to nobody */
	assert_found(*state, "w1", "databas", "-");
	assert_found(*state, "w1", "db3", "-");
	assert_found(*state, "w2", "database", "-");
	assert_found(*state, "d", "db", "10.0.0.3");      /* in front there is no such link */
	assert_found(*state, "d", "db.back", "10.1.0.4"); /* in back there is */
}

/* 2 to the power of -63 that one that shuffles is told not to. */
static void all_of_a_name_are_told_in_turn(void **state)
{
	unsigned int first[2] = {0}, first6[2] = {0};

	join(*state, "w3", "front", "", "fd00::3", "www", "");
	for (int i = 0; i < 64; i++) {
		struct dns_addresses found;

		assert_true(dns_table_find(*state, "d", "www", &found));
		assert_int_equal(found.v4_count, 2);
		assert_int_equal(found.v6_count, 2);
		first[found.v4[0].s_addr == inet_addr("10.0.0.1")]++;
		first6[found.v6[0].s6_addr[15] == 2]++;
	}
	assert_true(first[0] && first[1] && first6[0] && first6[1]);
}

static void assert_name(struct dns_table *table, const char *asker, const char *address,
			const char *expected)
{
	uint8_t bytes[16] = {[4] = 1}; /* behind an address of version 4 is nothing of it */
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;

	inet_pton(family, address, bytes);
	autofree char *name = dns_table_name_of(table, asker, family, bytes);
	assert_text(address, name ? name : "-", expected);
}

static void addresses_have_names_in_the_networks_of_who_asks(void **state)
{
	join(*state, "anonymous", "front", "10.0.0.9", "", "", "");
	assert_name(*state, "w1", "10.0.0.3", "db.front");
	assert_name(*state, "w1", "10.0.0.1", "web1.front");
	assert_name(*state, "w1", "fd00::2", "web2.front");
	assert_name(*state, "w1", "10.1.0.4", "-");
	assert_name(*state, "w1", "10.0.0.9", "-");
	assert_name(*state, "d", "10.1.0.4", "cache.back");
	assert_name(*state, "d", "10.0.0.1", "web1.front");
	assert_name(*state, "nobody", "10.1.0.4", "-");
	assert_name(*state, "w1", "0.0.0.0", "-");
	assert_name(*state, "w1", "::", "-");
}

#define with_table(test) cmocka_unit_test_setup_teardown(test, make_table, drop_table)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read),
		cmocka_unit_test(what_is_wrong_is_refused_or_not_heard),
		cmocka_unit_test(addresses_are_read_from_names),
		cmocka_unit_test(addresses_are_answered),
		cmocka_unit_test(an_answer_is_not_larger_than_the_asker_takes),
		cmocka_unit_test(what_just_fits_is_whole),
		cmocka_unit_test(a_reply_must_fit_its_question),
		with_table(names_are_known_in_the_networks_of_who_asks),
		with_table(a_network_may_be_named),
		with_table(links_are_names_of_ones_own),
		with_table(all_of_a_name_are_told_in_turn),
		with_table(addresses_have_names_in_the_networks_of_who_asks),
	};

	alarm(PATIENCE);
	cmocka_set_test_filter(argc > 1 ? argv[1] : "*");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
