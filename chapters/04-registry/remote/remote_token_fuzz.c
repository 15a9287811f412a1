/* Token documents, credentials in a header, challenges: what a registry or a client may send. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth_challenge.h"
#include "memory.h"
#include "remote_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_challenge(const char *text)
{
	auto_auth_challenge challenge = {0};
	autoerror bad = auth_challenge_parse(text, &challenge);

	if (bad)
		return;
	/* What was understood can be written, and means the same again. */
	auto_auth_challenge again = {0};
	autofree char *written = auth_challenge_text(&challenge);
	autoerror worse = auth_challenge_parse(written, &again);
	if (worse || again.scheme != challenge.scheme ||
	    (challenge.realm && strcmp(again.realm, challenge.realm) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = duplicate_range((const char *)data, size);
	autofree char *token = NULL, *refresh = NULL;
	auto_remote_credentials credentials = {0};
	autoerror no_token = remote_token_parse((const char *)data, size, &token, &refresh);
	autoerror nobody = remote_credentials_decode(text, &credentials);

	if (!no_token && token[strcspn(token, " \r\n")])
		abort(); /* it would become a second header */
	(void)nobody;
	parse_challenge(text);
	return 0;
}
