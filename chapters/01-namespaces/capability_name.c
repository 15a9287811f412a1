#include "capability_name.h"

#include <stdbool.h>
#include <strings.h>

#include "capability.h"
#include "memory.h"

static const char *const names[CAPABILITY_COUNT] = {
#include "capability_name.inc"
};

int capability_number(const char *name)
{
	for (int number = 0; number < CAPABILITY_COUNT; number++)
		if (names[number] && strcasecmp(names[number], name) == 0)
			return number;
	return -1;
}

char *capability_name(int number)
{
	bool known = number >= 0 && number < CAPABILITY_COUNT && names[number];

	return duplicate(known ? names[number] : "(unknown capability)");
}
