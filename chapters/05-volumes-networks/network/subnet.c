#include "subnet.h"

#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "text.h"

static fallible refuse(const char *text)
{
	return error_new(ERROR_INVALID, "invalid CIDR address: %s", text);
}

fallible subnet_parse(const char *text, struct subnet *subnet)
{
	const char *slash = strchr(text, '/');
	int64_t length;

	*subnet = (struct subnet){0};
	if (!slash)
		return refuse(text);
	autofree char *address = duplicate_range(text, slash - text);
	if (slash[1] == '+' || !address_parse(address, &subnet->address))
		return refuse(text);
	autoerror e = integer_parse(slash + 1, "the length", 0,
				    address_length(&subnet->address) * 8, &length);
	if (!e) {
		subnet->length = length;
		return NULL;
	}
	*subnet = (struct subnet){0};
	return refuse(text);
}

void subnet_text(const struct subnet *subnet, char text[SUBNET_TEXT])
{
	char address[ADDRESS_TEXT];

	*text = '\0';
	if (!subnet->address.family)
		return;
	address_text(&subnet->address, address);
	snprintf(text, SUBNET_TEXT, "%s/%d", address, subnet->length);
}

/* The byte of a mask: which of its bits are among the first `length` of all. */
static uint8_t mask(uint8_t length, size_t byte)
{
	size_t before = byte * 8;

	if (length >= before + 8)
		return 0xff;
	return length <= before ? 0 : 0xff << (before + 8 - length);
}

struct address subnet_first(const struct subnet *subnet)
{
	struct address first = subnet->address;

	for (size_t i = 0; i < address_length(&first); i++)
		first.bytes[i] &= mask(subnet->length, i);
	return first;
}

struct address subnet_last(const struct subnet *subnet)
{
	struct address last = subnet->address;

	for (size_t i = 0; i < address_length(&last); i++)
		last.bytes[i] |= (uint8_t)~mask(subnet->length, i);
	return last;
}

struct subnet subnet_base(const struct subnet *subnet)
{
	return (struct subnet){subnet_first(subnet), subnet->length};
}

bool subnet_is_equal(const struct subnet *one, const struct subnet *other)
{
	return one->length == other->length && address_is_equal(&one->address, &other->address);
}

bool subnet_contains(const struct subnet *subnet, const struct address *address)
{
	const struct subnet there = {*address, subnet->length};
	struct address one = subnet_first(subnet), other = subnet_first(&there);

	return address->family == subnet->address.family && address_is_equal(&one, &other);
}

bool subnet_overlaps(const struct subnet *one, const struct subnet *other)
{
	return one->length <= other->length ? subnet_contains(one, &other->address)
					    : subnet_contains(other, &one->address);
}

void subnet_part(const struct subnet *whole, uint8_t length, uint64_t number, struct subnet *out)
{
	uint8_t bits = length - whole->length; /* that number the parts */

	*out = (struct subnet){0};
	if (length < whole->length || length > address_length(&whole->address) * 8 ||
	    (bits < 64 && number >> bits))
		return;
	*out = (struct subnet){subnet_first(whole), length};
	for (size_t bit = length; number && bit-- > whole->length; number >>= 1)
		out->address.bytes[bit / 8] |= (number & 1) << (7 - bit % 8);
}
