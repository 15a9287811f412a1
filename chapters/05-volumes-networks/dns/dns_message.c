#include "dns_message.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"
#include "text.h"

#define TTL            600  /* seconds; as Docker's */
#define UDP_SIZE_LEAST 512  /* what every asker takes */
#define UDP_SIZE_OWN   1232 /* what we say that we take: it fits each link */
#define RECORD_SIZE    12   /* a compressed name, type, class, ttl, length; its data follow */

/* ---- questions ---- */

/* ldns writes the name with its dot at the end, and for a byte that is no letter \ddd. */
static bool take_name(const ldns_rdf *name, char text[DNS_NAME_TEXT_MAX])
{
	autofree char *whole = ldns_rdf2str(name);
	size_t length = whole ? strlen(whole) : 0;

	if (!length || length > DNS_NAME_TEXT_MAX)
		return false;
	snprintf(text, DNS_NAME_TEXT_MAX, "%.*s", (int)length - 1, whole);
	return true;
}

static size_t answer_size(const ldns_pkt *packet, bool tcp)
{
	size_t size = ldns_pkt_edns_udp_size(packet);

	if (tcp)
		return DNS_MESSAGE_MAX;
	return size < UDP_SIZE_LEAST ? UDP_SIZE_LEAST : size;
}

static ldns_pkt_rcode examine(struct dns_question *question, const uint8_t *bytes, size_t length)
{
	if (question->opcode != LDNS_PACKET_QUERY)
		return LDNS_RCODE_NOTIMPL;
	if (LDNS_QDCOUNT(bytes) != 1 || LDNS_ANCOUNT(bytes) ||
	    ldns_wire2pkt(&question->packet, bytes, length) != LDNS_STATUS_OK)
		return LDNS_RCODE_FORMERR;
	const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(question->packet), 0);
	if (!asked || !take_name(ldns_rr_owner(asked), question->name))
		return LDNS_RCODE_FORMERR;
	if (ldns_rr_get_class(asked) != LDNS_RR_CLASS_IN)
		return LDNS_RCODE_REFUSED;
	question->type = ldns_rr_get_type(asked);
	question->answer_max = answer_size(question->packet, question->tcp);
	return LDNS_RCODE_NOERROR;
}

bool dns_question_parse(const uint8_t *bytes, size_t length, bool tcp,
			struct dns_question *question)
{
	if (length < LDNS_HEADER_SIZE || LDNS_QR_WIRE(bytes))
		return false;
	question->packet = NULL;
	question->id = LDNS_ID_WIRE(bytes);
	question->opcode = LDNS_OPCODE_WIRE(bytes);
	question->tcp = tcp;
	question->type = 0;
	question->answer_max = UDP_SIZE_LEAST;
	question->name[0] = '\0';
	question->refusal = examine(question, bytes, length);
	return true;
}

void dns_question_finish(struct dns_question *question)
{
	ldns_pkt_free(question->packet);
	question->packet = NULL;
}

/* ---- names of addresses ---- */

/* "2.0.18.172" */
static bool parse_reverse_v4(char *labels, uint8_t address[16])
{
	uint8_t turned[4];

	if (inet_pton(AF_INET, labels, turned) != 1)
		return false;
	for (size_t i = 0; i < sizeof(turned); i++)
		address[i] = turned[sizeof(turned) - 1 - i];
	return true;
}

/* 32 digits, the last one first, with dots between. */
static bool parse_reverse_v6(char *labels, uint8_t address[16])
{
	if (strlen(labels) != 63)
		return false;
	memset(address, 0, 16);
	for (size_t i = 0; i < 32; i++) {
		static const char digits[] = "0123456789abcdef";
		char letter = labels[2 * i] | 0x20;
		const char *digit = strchr(digits, letter);

		if (!digit || (i < 31 && labels[2 * i + 1] != '.'))
			return false;
		address[15 - i / 2] |= (digit - digits) << (i % 2 * 4);
	}
	return true;
}

static const struct {
	const char *domain;
	int family;
	bool (*parse)(char *labels, uint8_t address[16]);
} reverse_domains[] = {
	{".in-addr.arpa", AF_INET, parse_reverse_v4},
	{".ip6.arpa", AF_INET6, parse_reverse_v6},
};

bool dns_question_address(const struct dns_question *question, int *family, uint8_t address[16])
{
	size_t length = strlen(question->name);

	if (question->type != LDNS_RR_TYPE_PTR)
		return false;
	for (size_t i = 0; i < countof(reverse_domains); i++) {
		size_t tail = strlen(reverse_domains[i].domain);
		const char *end = question->name + length - tail;

		if (length <= tail || strcasecmp(end, reverse_domains[i].domain) != 0)
			continue;
		autofree char *labels = duplicate_range(question->name, length - tail);
		*family = reverse_domains[i].family;
		return reverse_domains[i].parse(labels, address);
	}
	return false;
}

/* ---- answers ---- */

static ldns_pkt *answer_begin(const struct dns_question *question, ldns_pkt_rcode code)
{
	ldns_pkt *answer = ldns_pkt_new();

	if (!answer)
		abort();
	ldns_pkt_set_id(answer, question->id);
	ldns_pkt_set_opcode(answer, question->opcode);
	ldns_pkt_set_rcode(answer, code);
	ldns_pkt_set_qr(answer, true);
	ldns_pkt_set_ra(answer, true);
	if (!question->packet)
		return answer;
	ldns_pkt_set_rd(answer, ldns_pkt_rd(question->packet));
	ldns_pkt_push_rr(answer, LDNS_SECTION_QUESTION,
			 ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(question->packet), 0)));
	if (ldns_pkt_edns(question->packet))
		ldns_pkt_set_edns_udp_size(answer, UDP_SIZE_OWN);
	return answer;
}

static void answer_end(ldns_pkt *answer, struct buffer *bytes)
{
	uint8_t *wire = NULL;
	size_t length;

	if (ldns_pkt2wire(&wire, answer, &length) == LDNS_STATUS_OK)
		buffer_append(bytes, wire, length);
	free(wire);
	ldns_pkt_free(answer);
}

/* The name that was asked for, its type and `data`, which it takes. */
static void answer_add(const struct dns_question *question, ldns_pkt *answer, ldns_rdf *data)
{
	const ldns_rr *asked = ldns_rr_list_rr(ldns_pkt_question(question->packet), 0);
	ldns_rr *record = ldns_rr_new();

	if (!record || !data)
		abort();
	ldns_rr_set_owner(record, ldns_rdf_clone(ldns_rr_owner(asked)));
	ldns_rr_set_type(record, question->type);
	ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(record, TTL);
	ldns_rr_push_rdf(record, data);
	ldns_pkt_push_rr(answer, LDNS_SECTION_ANSWER, record);
}

void dns_answer_code(const struct dns_question *question, ldns_pkt_rcode code,
		     struct buffer *answer)
{
	answer_end(answer_begin(question, code), answer);
}

void dns_answer_cut(const struct dns_question *question, struct buffer *bytes)
{
	ldns_pkt *answer = answer_begin(question, LDNS_RCODE_NOERROR);

	ldns_pkt_set_tc(answer, true);
	answer_end(answer, bytes);
}

/* How many records with so many bytes of data go into what the asker takes. */
static size_t room_for(const struct dns_question *question, ldns_pkt *answer, size_t data)
{
	uint8_t *wire = NULL;
	size_t used = question->answer_max;

	if (ldns_pkt2wire(&wire, answer, &used) == LDNS_STATUS_OK)
		free(wire);
	return (question->answer_max - used) / (RECORD_SIZE + data);
}

void dns_answer_addresses(const struct dns_question *question, const struct dns_addresses *found,
			  struct buffer *bytes)
{
	bool v6 = question->type == LDNS_RR_TYPE_AAAA;
	size_t size = v6 ? sizeof(found->v6[0]) : sizeof(found->v4[0]), count = 0;
	const char *data = v6 ? (const char *)found->v6 : (const char *)found->v4;
	ldns_pkt *answer = answer_begin(question, LDNS_RCODE_NOERROR);

	if (v6 || question->type == LDNS_RR_TYPE_A)
		count = v6 ? found->v6_count : found->v4_count;
	if (count > 1) {
		size_t room = room_for(question, answer, size);

		ldns_pkt_set_tc(answer, room < count && !question->tcp);
		count = room < count ? room : count;
	}
	for (size_t i = 0; i < count; i++)
		answer_add(question, answer,
			   ldns_rdf_new_frm_data(v6 ? LDNS_RDF_TYPE_AAAA : LDNS_RDF_TYPE_A, size,
						 data + i * size));
	answer_end(answer, bytes);
}

void dns_answer_name(const struct dns_question *question, const char *name, struct buffer *bytes)
{
	ldns_pkt *answer = answer_begin(question, LDNS_RCODE_NOERROR);
	ldns_rdf *data = ldns_dname_new_frm_str(name);

	if (data) /* a name that is none for DNS is told to nobody */
		answer_add(question, answer, data);
	answer_end(answer, bytes);
}

/* ---- answers of others ---- */

static bool is_same_question(const ldns_rr *asked, const uint8_t *bytes, size_t length)
{
	size_t at = LDNS_HEADER_SIZE;
	ldns_rr *told = NULL;

	if (ldns_wire2rr(&told, bytes, length, &at, LDNS_SECTION_QUESTION) != LDNS_STATUS_OK)
		return false;
	bool same = ldns_rr_get_type(told) == ldns_rr_get_type(asked) &&
		    ldns_rr_get_class(told) == ldns_rr_get_class(asked) &&
		    ldns_dname_compare(ldns_rr_owner(told), ldns_rr_owner(asked)) == 0;
	ldns_rr_free(told);
	return same;
}

bool dns_reply_fits(const struct dns_question *question, uint16_t id, const uint8_t *bytes,
		    size_t length, ldns_pkt_rcode *code)
{
	if (length < LDNS_HEADER_SIZE || !LDNS_QR_WIRE(bytes) || LDNS_ID_WIRE(bytes) != id ||
	    LDNS_OPCODE_WIRE(bytes) != LDNS_PACKET_QUERY)
		return false;
	*code = LDNS_RCODE_WIRE(bytes);
	/* Who refuses a question need not repeat it. */
	if (LDNS_QDCOUNT(bytes) == 0 && *code != LDNS_RCODE_NOERROR)
		return true;
	return LDNS_QDCOUNT(bytes) == 1 &&
	       is_same_question(ldns_rr_list_rr(ldns_pkt_question(question->packet), 0), bytes,
				length);
}
