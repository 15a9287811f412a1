/* Prints Docker's default filter for Docker's default capabilities as a C array; the Makefile
 * makes seccomp_default.inc of it. Book: 1.8 */
#include <stdio.h>

#include "capability.h"
#include "seccomp_default.h"

int main(void)
{
	autobuffer bpf = {0};
	struct error *e = seccomp_default_make(CAPABILITY_DOCKER, &bpf);

	if (e)
		return error_report("seccomp_default_gen", e);
	const struct sock_filter *instruction = (const void *)bpf.data;
	const struct sock_filter *end = instruction + bpf.length / sizeof(*instruction);
	for (; instruction < end; instruction++)
		printf("{0x%02x, %u, %u, 0x%08x},\n", instruction->code, instruction->jt,
		       instruction->jf, instruction->k);
	return 0;
}
