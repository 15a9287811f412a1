#include "digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "text.h"

static const struct algorithm {
	const char *prefix;
	size_t digits;
	const EVP_MD *(*method)(void);
} algorithms[] = {
	{"sha256:", 64, EVP_sha256},
	{"sha512:", 128, EVP_sha512},
};

static const struct algorithm *find_algorithm(const char *text)
{
	for (size_t i = 0; i < countof(algorithms); i++)
		if (text_has_prefix(text, algorithms[i].prefix))
			return &algorithms[i];
	return NULL;
}

fallible digest_parse(const char *text, struct digest *out)
{
	const struct algorithm *algorithm = find_algorithm(text);

	*out = (struct digest){0};
	if (!algorithm)
		return error_new(
			ERROR_INVALID,
			"'%.80s' is not a digest: it must begin with sha256: or sha512:", text);
	const char *hex = text + strlen(algorithm->prefix);
	size_t digits = strspn(hex, "0123456789abcdef");
	if (digits != algorithm->digits || hex[digits])
		return error_new(ERROR_INVALID,
				 "'%.150s' is not a digest: %zu lower-case hex digits must follow "
				 "the colon",
				 text, algorithm->digits);
	strcpy(out->text, text);
	return NULL;
}

const char *digest_hex(const struct digest *digest)
{
	const char *colon = strchr(digest->text, ':');

	assert(colon);
	return colon + 1;
}

void digest_short(const struct digest *digest, char text[DIGEST_SHORT_LENGTH + 1])
{
	snprintf(text, DIGEST_SHORT_LENGTH + 1, "%s", digest_hex(digest));
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

bool digest_is_none(const struct digest *digest)
{
	return !digest->text[0];
}

struct hasher {
	EVP_MD_CTX *context;
	const struct algorithm *algorithm;
};

struct hasher *hasher_create(const struct digest *like)
{
	struct hasher *hasher = allocate(sizeof(*hasher));

	hasher->algorithm = like ? find_algorithm(like->text) : &algorithms[0];
	assert(hasher->algorithm);
	hasher->context = EVP_MD_CTX_new();
	/* These fail only without memory, or without the algorithm that OpenSSL always has. */
	if (!hasher->context ||
	    !EVP_DigestInit_ex(hasher->context, hasher->algorithm->method(), NULL))
		abort();
	return hasher;
}

void hasher_update(struct hasher *hasher, const void *bytes, size_t length)
{
	if (!EVP_DigestUpdate(hasher->context, bytes, length))
		abort();
}

void hasher_finish(struct hasher *hasher, struct digest *out)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned int length;

	if (!EVP_DigestFinal_ex(hasher->context, bytes, &length))
		abort();
	*out = (struct digest){0};
	strcpy(out->text, hasher->algorithm->prefix);
	hex_encode(bytes, length, out->text + strlen(out->text));
}

void hasher_destroy(struct hasher *hasher)
{
	if (!hasher)
		return;
	EVP_MD_CTX_free(hasher->context);
	free(hasher);
}

void hasher_destroy_cleanup(struct hasher **hasher)
{
	hasher_destroy(*hasher);
}

void digest_of(const void *bytes, size_t length, struct digest *out)
{
	autohasher *hasher = hasher_create(NULL);

	hasher_update(hasher, bytes, length);
	hasher_finish(hasher, out);
}
