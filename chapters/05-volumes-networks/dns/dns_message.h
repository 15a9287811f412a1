/*
 * dns_message.h - what a question says, and answers to it, as bytes of the wire
 *
 * The wire format is ldns's business: packets are taken apart and put together by it. What is here
 * are the rules: what is a question at all, what of it is refused with which code, how large an
 * answer may be, and what of an answer from outside must fit its question.
 *
 * Everything that comes in is hostile: a container's packets as much as a server's.
 *
 * Standard: RFC 1035 section 4, RFC 6891 (EDNS), RFC 5452 (what an answer has to match). Book: 5.9
 */
#ifndef MINI_DNS_MESSAGE_H
#define MINI_DNS_MESSAGE_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "dns_table.h"

#define DNS_MESSAGE_MAX   65535 /* as its length has two bytes in TCP */
#define DNS_NAME_TEXT_MAX 1024  /* 255 bytes, each perhaps as \ddd */

struct dns_question {
	ldns_pkt *packet; /* owned; NULL when it could not be read */
	uint16_t id;
	ldns_pkt_opcode opcode;
	ldns_pkt_rcode refusal; /* LDNS_RCODE_NOERROR: it may be answered */
	ldns_rr_type type;
	size_t answer_max; /* bytes that the asker takes */
	bool tcp;
	char name[DNS_NAME_TEXT_MAX]; /* without the dot at its end */
};
#define autoquestion __attribute__((cleanup(dns_question_finish))) struct dns_question

/* false: it is no question, and is not to be answered at all, lest two servers talk to each other
 * for ever. With true `question` is to be finished. */
bool dns_question_parse(const uint8_t *bytes, size_t length, bool tcp,
			struct dns_question *question);
void dns_question_finish(struct dns_question *question);

/* Of a question for a name of an address (PTR of in-addr.arpa and ip6.arpa): the address. 4 or 16
 * bytes. false when it is no such question or its name is no address. */
bool dns_question_address(const struct dns_question *question, int *family, uint8_t address[16]);

/* Answers are put into an empty buffer. */
void dns_answer_code(const struct dns_question *question, ldns_pkt_rcode code,
		     struct buffer *answer);
/* Those of the type that was asked for: perhaps none, which says that the name is known. When they
 * are more than the asker takes, as many as he takes, and over UDP that he should ask by TCP. */
void dns_answer_addresses(const struct dns_question *question, const struct dns_addresses *found,
			  struct buffer *answer);
/* Nothing but that it is too large for UDP. */
void dns_answer_cut(const struct dns_question *question, struct buffer *answer);
void dns_answer_name(const struct dns_question *question, const char *name, struct buffer *answer);

/* Is that packet the answer of a server to this question, asked with `id`? */
bool dns_reply_fits(const struct dns_question *question, uint16_t id, const uint8_t *bytes,
		    size_t length, ldns_pkt_rcode *code);

#endif
