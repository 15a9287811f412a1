/*
 * Any text where a registry reads names, ranges, challenges, scopes, credentials and tokens: it is
 * refused, or what comes out keeps what was promised and is read again as the same.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth_challenge.h"
#include "auth_scope.h"
#include "content_range.h"
#include "distribution_error.h"
#include "json.h"
#include "memory.h"
#include "registry_document.h"
#include "registry_password.h"
#include "registry_token.h"
#include "repository_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_name(const char *text)
{
	if (repository_name_is_valid(text))
		assert(!strstr(text, "..") && !strstr(text, "//") && *text != '/' &&
		       strlen(text) <= REPOSITORY_NAME_LIMIT);
}

static void read_ranges(const char *text, size_t size)
{
	struct content_range range;
	int64_t total;
	autoerror chunk = content_range_parse_chunk(text, &range);

	assert(chunk || (range.first >= 0 && range.first <= range.last));
	autoerror part = content_range_parse_part(text, &range, &total);
	assert(part || (range.first >= 0 && range.first <= range.last));
	if (content_range_ask(text, (int64_t)size, &range) == RANGE_PART)
		assert(range.first >= 0 && range.first <= range.last && range.last < (int64_t)size);
}

static void read_challenge(const char *text)
{
	auto_auth_challenge first = {0};
	auto_auth_challenge again = {0};
	autoerror e = auth_challenge_parse(text, &first);

	if (e)
		return;
	autofree char *written = auth_challenge_text(&first);
	autoerror bad = auth_challenge_parse(written, &again);
	assert(!bad && again.scheme == first.scheme);
	assert(!first.realm == !again.realm && (!first.realm || !strcmp(first.realm, again.realm)));
}

static void read_scope(const char *text)
{
	auto_auth_scope first = {0};
	auto_auth_scope again = {0};
	autoerror e = auth_scope_parse(text, &first);

	if (e)
		return;
	autofree char *written = auth_scope_text(&first);
	autoerror bad = auth_scope_parse(written, &again);
	assert(!bad && again.actions == first.actions && !strcmp(again.name, first.name));
}

static void read_credentials(const char *text)
{
	static struct token_keys *keys;
	static const struct token_audience audience = {NULL, "us"};
	char *user = NULL, *password = NULL;
	json_t *claims = NULL;

	if (!keys) {
		char path[] = "/tmp/mini-registry-fuzz-XXXXXX";
		int fd = mkstemp(path);

		close(fd);
		unlink(path);
		autoerror e = token_keys_own(path, &keys);
		assert(!e);
		unlink(path);
	}
	autoerror bad = registry_password_parse(text, &user, &password);
	assert(!bad == !!user);
	free(user);
	free(password);
	autoerror forged = token_verify(keys, text, &audience, 1000, &claims);
	assert(forged); /* nobody guesses a signature */
}

static void read_documents(const char *text, size_t size)
{
	auto_registry_manifest manifest = {0};
	autoerror bad = registry_document_read(text, size, "x/y", &manifest);
	autoerror told = distribution_error_parse(400, text, size, "fuzz");

	assert(told && (bad || manifest.media_type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = duplicate_range((const char *)data, size);

	read_name(text);
	read_ranges(text, size);
	read_challenge(text);
	read_scope(text);
	read_credentials(text);
	read_documents(text, size);
	return 0;
}
