#include "mac.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

bool mac_parse(const char *text, uint8_t mac[MAC_LENGTH])
{
	static const char digits[] = "0123456789abcdefABCDEF";

	if (strlen(text) != MAC_TEXT - 1)
		return false;
	for (size_t i = 0; i < MAC_LENGTH; i++, text += 3) {
		unsigned int byte;

		if (!strchr(digits, text[0]) || !strchr(digits, text[1]) ||
		    (text[2] && text[2] != ':'))
			return false;
		sscanf(text, "%2x", &byte);
		mac[i] = byte;
	}
	return true;
}

void mac_text(const uint8_t mac[MAC_LENGTH], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

void mac_generate(const struct address *address, uint8_t mac[MAC_LENGTH])
{
	static const uint8_t start[] = {0x02, 0x42};

	memcpy(mac, start, sizeof(start));
	if (address->family == AF_INET)
		memcpy(mac + 2, address->bytes, 4);
	else
		while (getrandom(mac + 2, 4, 0) != 4)
			;
}
