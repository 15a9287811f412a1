/*
 * Any bytes where the name server reads a container's question or a server's reply: they are
 * dropped, refused, or answered with a packet that is one, that fits the asker, and that repeats
 * the question; and a stream of them is cut into the same messages wherever it is cut.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns_connection.h"
#include "dns_message.h"
#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct dns_question *question, const struct buffer *bytes)
{
	ldns_pkt *packet = NULL;

	assert(bytes->length <= question->answer_max);
	assert(ldns_wire2pkt(&packet, (uint8_t *)bytes->data, bytes->length) == LDNS_STATUS_OK);
	assert(ldns_pkt_qr(packet) && ldns_pkt_id(packet) == question->id);
	ldns_pkt_free(packet);
}

static void answer_addresses(const struct dns_question *question)
{
	struct dns_addresses found = {.v4_count = 40, .v6_count = 40};
	autobuffer answer = {0}, cut = {0};

	dns_answer_addresses(question, &found, &answer);
	check_answer(question, &answer);
	dns_answer_cut(question, &cut);
	check_answer(question, &cut);
	/* Our own answer is one to this question, also for us. */
	ldns_pkt_rcode code;
	assert(dns_reply_fits(question, question->id, (uint8_t *)answer.data, answer.length,
			      &code));
	assert(code == LDNS_RCODE_NOERROR);
}

static void answer_name(const struct dns_question *question)
{
	autobuffer answer = {0};
	uint8_t address[16];
	int family;

	if (!dns_question_address(question, &family, address))
		return;
	dns_answer_name(question, "web.front", &answer);
	check_answer(question, &answer);
}

static void look_up(const char *name)
{
	const char *const names[] = {"web", "a.b", NULL}, *const links[] = {"web:db", "x", NULL};
	const struct dns_membership membership = {"n", "front", names, links, {1}, {{{1}}}};
	struct dns_table *table = dns_table_create();
	struct dns_addresses found;

	dns_table_join(table, "me", &membership);
	assert(!dns_table_find(table, "me", name, &found) || found.v4_count == 1);
	dns_table_destroy(table);
}

static void read_question(const uint8_t *data, size_t size, bool tcp)
{
	autoquestion question;
	autobuffer refusal = {0};

	question.packet = NULL;
	if (!dns_question_parse(data, size, tcp, &question))
		return;
	dns_answer_code(&question, question.refusal, &refusal);
	check_answer(&question, &refusal);
	if (question.refusal != LDNS_RCODE_NOERROR)
		return;
	answer_addresses(&question);
	answer_name(&question);
	look_up(question.name);
}

/* The first half is the question, the second one what a server says to it. */
static void read_reply(const uint8_t *data, size_t size)
{
	autoquestion question;
	ldns_pkt_rcode code;

	question.packet = NULL;
	if (dns_question_parse(data, size / 2, false, &question) &&
	    question.refusal == LDNS_RCODE_NOERROR &&
	    dns_reply_fits(&question, question.id, data + size / 2, size - size / 2, &code))
		assert(LDNS_QR_WIRE(data + size / 2));
}

static void read_stream(const uint8_t *data, size_t size)
{
	struct buffer stream = {.data = (char *)data, .length = size};
	autobuffer again = {0};
	const uint8_t *bytes;
	size_t length, whole;

	while (dns_frame_find(&stream, &bytes, &length, &whole)) {
		dns_frame_append(&again, bytes, length);
		stream.data += whole;
		stream.length -= whole;
	}
	assert(!again.length || memcmp(again.data, data, again.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_question(data, size, false);
	read_question(data, size, true);
	read_reply(data, size);
	read_stream(data, size);
	return 0;
}
