/* Prints the library's names of capabilities as rows of a C array, in capitals as config.json has
 * them; the Makefile makes capability_name.inc of it. Book: 1.7 */
#include <ctype.h>
#include <stdio.h>
#include <sys/capability.h>

#include "capability.h"

int main(void)
{
	for (int number = 0; number < CAPABILITY_COUNT; number++) {
		char *name = cap_to_name(number);

		for (char *c = name; *c; c++)
			*c = toupper((unsigned char)*c);
		/* One that the library does not know is a bare number to it. */
		if (!isdigit((unsigned char)*name))
			printf("[%d] = \"%s\",\n", number, name);
		cap_free(name);
	}
	return 0;
}
