#include "address.h"

#include <arpa/inet.h>
#include <string.h>

size_t address_length(const struct address *address)
{
	switch (address->family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

bool address_parse(const char *text, struct address *address)
{
	*address = (struct address){0};
	for (size_t i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;

		if (inet_pton(family, text, address->bytes) != 1)
			continue;
		address->family = family;
		return true;
	}
	*address = (struct address){0};
	return false;
}

void address_text(const struct address *address, char text[ADDRESS_TEXT])
{
	*text = '\0';
	if (address->family)
		inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT);
}

int address_compare(const struct address *one, const struct address *other)
{
	if (one->family != other->family)
		return one->family < other->family ? -1 : 1;
	return memcmp(one->bytes, other->bytes, address_length(one));
}

bool address_is_equal(const struct address *one, const struct address *other)
{
	return address_compare(one, other) == 0;
}

struct address address_plus(const struct address *address, uint64_t count)
{
	struct address sum = *address;
	uint64_t carry = 0;

	for (size_t i = address_length(address); i-- > 0; count >>= 8) {
		carry += sum.bytes[i] + (count & 0xff);
		sum.bytes[i] = carry;
		carry >>= 8;
	}
	return sum;
}
