#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdlib.h>

#include "dns_message.h"
#include "memory.h"

/* A question as bytes. edns: the size that the asker takes; 0: he does not say. */
static void ask(struct buffer *bytes, const char *name, ldns_rr_type type, uint16_t edns)
{
	ldns_pkt *packet =
		ldns_pkt_query_new(ldns_dname_new_frm_str(name), type, LDNS_RR_CLASS_IN, LDNS_RD);
	uint8_t *wire;
	size_t length;

	ldns_pkt_set_id(packet, 0x1234);
	if (edns)
		ldns_pkt_set_edns_udp_size(packet, edns);
	assert_int_equal(ldns_pkt2wire(&wire, packet, &length), LDNS_STATUS_OK);
	buffer_append(bytes, wire, length);
	free(wire);
	ldns_pkt_free(packet);
}

static void read_question(const struct buffer *bytes, bool tcp, struct dns_question *question)
{
	assert_true(dns_question_parse((uint8_t *)bytes->data, bytes->length, tcp, question));
	assert_int_equal(question->refusal, LDNS_RCODE_NOERROR);
}

static ldns_pkt *read_answer(const struct buffer *bytes)
{
	ldns_pkt *packet = NULL;

	assert_int_equal(ldns_wire2pkt(&packet, (uint8_t *)bytes->data, bytes->length),
			 LDNS_STATUS_OK);
	assert_true(ldns_pkt_qr(packet));
	assert_int_equal(ldns_pkt_id(packet), 0x1234);
	return packet;
}

static void a_question_is_read(void **state)
{
	autobuffer bytes = {0}, large = {0};
	autoquestion question, other;

	(void)state;
	ask(&bytes, "Db.Front.", LDNS_RR_TYPE_AAAA, 0);
	read_question(&bytes, false, &question);
	assert_string_equal(question.name, "Db.Front");
	assert_int_equal(question.type, LDNS_RR_TYPE_AAAA);
	assert_int_equal(question.id, 0x1234);
	assert_int_equal(question.answer_max, 512);
	ask(&large, "a.", LDNS_RR_TYPE_A, 4000);
	read_question(&large, false, &other);
	assert_int_equal(other.answer_max, 4000);
	dns_question_finish(&other);
	read_question(&large, true, &other);
	assert_int_equal(other.answer_max, DNS_MESSAGE_MAX);
}

static ldns_pkt_rcode refusal(const struct buffer *bytes, size_t length)
{
	autoquestion question;
	autobuffer answer = {0};

	assert_true(dns_question_parse((uint8_t *)bytes->data, length, false, &question));
	dns_answer_code(&question, question.refusal, &answer);
	ldns_pkt *packet = read_answer(&answer);
	assert_int_equal(ldns_pkt_get_rcode(packet), question.refusal);
	ldns_pkt_free(packet);
	return question.refusal;
}

static void what_is_wrong_is_refused_or_not_heard(void **state)
{
	autobuffer bytes = {0};
	struct dns_question question;

	(void)state;
	ask(&bytes, "a.", LDNS_RR_TYPE_A, 0);
	assert_int_equal(refusal(&bytes, bytes.length - 1), LDNS_RCODE_FORMERR);
	assert_int_equal(refusal(&bytes, LDNS_HEADER_SIZE), LDNS_RCODE_FORMERR);
	assert_false(dns_question_parse((uint8_t *)bytes.data, 11, false, &question));
	assert_false(dns_question_parse((uint8_t *)bytes.data, 0, false, &question));
	bytes.data[5] = 2; /* two questions */
	assert_int_equal(refusal(&bytes, bytes.length), LDNS_RCODE_FORMERR);
	bytes.data[5] = 1;
	bytes.data[12] = (char)0xc0; /* a name that is itself */
	bytes.data[13] = 12;
	assert_int_equal(refusal(&bytes, bytes.length), LDNS_RCODE_FORMERR);
	bytes.data[2] = 5 << 3; /* an update */
	assert_int_equal(refusal(&bytes, bytes.length), LDNS_RCODE_NOTIMPL);
	bytes.data[2] |= (char)0x80; /* an answer: answered by nobody */
	assert_false(dns_question_parse((uint8_t *)bytes.data, bytes.length, false, &question));
}

static void another_class_is_not_ours(void **state)
{
	autobuffer bytes = {0};

	(void)state;
	ask(&bytes, "version.bind.", LDNS_RR_TYPE_TXT, 0);
	bytes.data[bytes.length - 1] = 3; /* CH */
	assert_int_equal(refusal(&bytes, bytes.length), LDNS_RCODE_REFUSED);
}

static void addresses_are_answered(void **state)
{
	struct dns_addresses found = {.v4_count = 2, .v6_count = 1};
	static const struct {
		ldns_rr_type type;
		size_t count;
	} rows[] = {{LDNS_RR_TYPE_A, 2}, {LDNS_RR_TYPE_AAAA, 1}, {LDNS_RR_TYPE_MX, 0}};

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
		assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_NOERROR);
		assert_int_equal(ldns_pkt_ancount(packet), rows[i].count);
		assert_false(ldns_pkt_edns(packet));
		assert_true(ldns_pkt_rd(packet) && ldns_pkt_ra(packet) && !ldns_pkt_tc(packet));
		if (rows[i].count) {
			autofree char *text =
				ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(packet), 0));

			assert_string_equal(text, i ? "WeB.\t600\tIN\tAAAA\tfd00::1\n"
						    : "WeB.\t600\tIN\tA\t10.0.0.1\n");
		}
		ldns_pkt_free(packet);
	}
}

static void an_answer_is_not_larger_than_the_asker_takes(void **state)
{
	struct dns_addresses found = {.v4_count = DNS_ADDRESSES_MAX, .v6_count = DNS_ADDRESSES_MAX};
	static const struct {
		ldns_rr_type type;
		uint16_t edns;
		bool tcp, cut;
	} rows[] = {
		{LDNS_RR_TYPE_A, 0, false, true},     {LDNS_RR_TYPE_A, 1232, false, true},
		{LDNS_RR_TYPE_AAAA, 0, false, true},  {LDNS_RR_TYPE_A, 0, true, false},
		{LDNS_RR_TYPE_A, 8192, false, false}, {LDNS_RR_TYPE_AAAA, 100, true, false},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0}, answer = {0};
		autoquestion question;

		ask(&bytes, "many.of.them.", rows[i].type, rows[i].edns);
		read_question(&bytes, rows[i].tcp, &question);
		dns_answer_addresses(&question, &found, &answer);
		ldns_pkt *packet = read_answer(&answer);
		assert_int_equal(ldns_pkt_tc(packet), rows[i].cut);
		assert_int_equal(ldns_pkt_edns(packet), rows[i].edns != 0);
		assert_true(answer.length <= question.answer_max);
		/* As many as there is room for. */
		if (rows[i].cut)
			assert_true(answer.length + 28 > question.answer_max);
		else
			assert_int_equal(ldns_pkt_ancount(packet), DNS_ADDRESSES_MAX);
		ldns_pkt_free(packet);
	}
}

static void addresses_are_read_from_names(void **state)
{
	static const struct {
		const char *name, *address;
	} rows[] = {
		{"3.0.18.172.in-addr.arpa.", "172.18.0.3"},
		{"3.0.18.172.IN-ADDR.ARPA.", "172.18.0.3"},
		{"3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.f.ip6.arpa.",
		 "fd00::3"},
		{"0.18.172.in-addr.arpa.", NULL},
		{"in-addr.arpa.", NULL},
		{"1.3.0.18.172.in-addr.arpa.", NULL},
		{"3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.x.f.ip6.arpa.", NULL},
		{"3.0.0.d.f.ip6.arpa.", NULL},
		{"web.", NULL},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autobuffer bytes = {0};
		autoquestion question;
		uint8_t address[16];
		char text[INET6_ADDRSTRLEN] = "";
		int family;

		ask(&bytes, rows[i].name, LDNS_RR_TYPE_PTR, 0);
		read_question(&bytes, false, &question);
		bool is_address = dns_question_address(&question, &family, address);
		assert_int_equal(is_address, rows[i].address != NULL);
		if (!is_address)
			continue;
		inet_ntop(family, address, text, sizeof(text));
		assert_string_equal(text, rows[i].address);
	}
}

static void a_name_is_answered(void **state)
{
	autobuffer bytes = {0}, answer = {0};
	autoquestion question;

	(void)state;
	ask(&bytes, "3.0.18.172.in-addr.arpa.", LDNS_RR_TYPE_PTR, 0);
	read_question(&bytes, false, &question);
	dns_answer_name(&question, "db.front", &answer);
	ldns_pkt *packet = read_answer(&answer);
	autofree char *text = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_answer(packet), 0));
	assert_string_equal(text, "3.0.18.172.in-addr.arpa.\t600\tIN\tPTR\tdb.front.\n");
	ldns_pkt_free(packet);
}

static void a_reply_must_fit_its_question(void **state)
{
	autobuffer bytes = {0}, other = {0};
	autoquestion question;
	ldns_pkt_rcode code;

	(void)state;
	ask(&bytes, "Example.org.", LDNS_RR_TYPE_A, 0);
	read_question(&bytes, false, &question);
	uint8_t *reply = (uint8_t *)bytes.data;
	assert_false(dns_reply_fits(&question, 0x1234, reply, bytes.length, &code));
	LDNS_QR_SET(reply);
	assert_true(dns_reply_fits(&question, 0x1234, reply, bytes.length, &code));
	assert_int_equal(code, LDNS_RCODE_NOERROR);
	assert_false(dns_reply_fits(&question, 0x1235, reply, bytes.length, &code));
	assert_false(dns_reply_fits(&question, 0x1234, reply, bytes.length - 1, &code));
	assert_false(dns_reply_fits(&question, 0x1234, reply, 11, &code));
	reply[13] ^= 0x20; /* e for E: the same name */
	assert_true(dns_reply_fits(&question, 0x1234, reply, bytes.length, &code));
	reply[13] ^= 0x01; /* another name */
	assert_false(dns_reply_fits(&question, 0x1234, reply, bytes.length, &code));
	ask(&other, "example.org.", LDNS_RR_TYPE_AAAA, 0);
	LDNS_QR_SET(other.data);
	assert_false(dns_reply_fits(&question, 0x1234, (uint8_t *)other.data, other.length, &code));
	/* Who refuses may leave out what he was asked; who answers may not. */
	reply[5] = 0;
	assert_false(dns_reply_fits(&question, 0x1234, reply, 12, &code));
	LDNS_RCODE_SET(reply, LDNS_RCODE_REFUSED);
	assert_true(dns_reply_fits(&question, 0x1234, reply, 12, &code));
	assert_int_equal(code, LDNS_RCODE_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_read),
		cmocka_unit_test(what_is_wrong_is_refused_or_not_heard),
		cmocka_unit_test(another_class_is_not_ours),
		cmocka_unit_test(addresses_are_answered),
		cmocka_unit_test(an_answer_is_not_larger_than_the_asker_takes),
		cmocka_unit_test(addresses_are_read_from_names),
		cmocka_unit_test(a_name_is_answered),
		cmocka_unit_test(a_reply_must_fit_its_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
