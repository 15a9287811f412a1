#include "capability_name.h"

#include <ctype.h>
#include <string.h>
#include <sys/capability.h>

#include "capability.h"
#include "memory.h"

int capability_number(const char *name)
{
	cap_value_t value;

	/* The library would take a bare number too; config.json has names. */
	if (strncasecmp(name, "cap_", 4) != 0 || cap_from_name(name, &value) < 0)
		return -1;
	return value < CAPABILITY_COUNT ? value : -1;
}

char *capability_name(int number)
{
	char *lower = cap_to_name(number);
	char *name = duplicate(lower ? lower : "(unknown capability)");

	for (char *c = name; lower && *c; c++)
		*c = toupper((unsigned char)*c);
	cap_free(lower);
	return name;
}
