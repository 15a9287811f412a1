#include "registry_token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "distribution_error.h"
#include "file.h"
#include "json.h"
#include "memory.h"

#define TOKEN_LIMIT (64 << 10)
#define KEYS_MOST   64
#define FILE_LIMIT  (1 << 20)

struct token_keys {
	EVP_PKEY *keys[KEYS_MOST];
	size_t count;
	EVP_PKEY *own; /* one of them, with its private half; NULL: none */
};

static const struct algorithm {
	const char *name;
	int kind;    /* of key */
	size_t half; /* bytes of r and of s; 0 for RSA */
	const EVP_MD *(*method)(void);
} algorithms[] = {
	{"ES256", EVP_PKEY_EC, 32, EVP_sha256}, {"ES384", EVP_PKEY_EC, 48, EVP_sha384},
	{"RS256", EVP_PKEY_RSA, 0, EVP_sha256}, {"RS384", EVP_PKEY_RSA, 0, EVP_sha384},
	{"RS512", EVP_PKEY_RSA, 0, EVP_sha512},
};

static bool fits(const struct algorithm *algorithm, const EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == algorithm->kind &&
	       (!algorithm->half || (size_t)EVP_PKEY_get_bits(key) == algorithm->half * 8);
}

static fallible refuse(const char *why)
{
	return error_coded(&distribution_unauthorized, "the token is not accepted: %s", why);
}

/* -- keys -- */

void token_keys_destroy(struct token_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++)
		EVP_PKEY_free(keys->keys[i]);
	free(keys);
}

/* The next certificate or key of a file; NULL at its end. */
static EVP_PKEY *next_key(BIO *bio, bool *more)
{
	char *name = NULL, *header = NULL;
	unsigned char *bytes = NULL;
	long length;
	EVP_PKEY *key = NULL;

	*more = PEM_read_bio(bio, &name, &header, &bytes, &length) == 1;
	const unsigned char *at = bytes;
	if (*more && strcmp(name, "CERTIFICATE") == 0) {
		X509 *certificate = d2i_X509(NULL, &at, length);

		key = certificate ? X509_get_pubkey(certificate) : NULL;
		X509_free(certificate);
	} else if (*more && strcmp(name, "PUBLIC KEY") == 0) {
		key = d2i_PUBKEY(NULL, &at, length);
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(bytes);
	ERR_clear_error();
	return key;
}

fallible token_keys_read(const char *path, struct token_keys **out)
{
	BIO *bio = BIO_new_file(path, "r");
	struct token_keys *keys = allocate(sizeof(*keys));

	for (bool more = bio; more && keys->count < KEYS_MOST;) {
		EVP_PKEY *key = next_key(bio, &more);

		if (key)
			keys->keys[keys->count++] = key;
	}
	BIO_free(bio);
	ERR_clear_error();
	if (keys->count) {
		*out = keys;
		return NULL;
	}
	token_keys_destroy(keys);
	return error_new(ERROR_INVALID,
			 "'%s' has no key that tokens could be checked with: give a PEM file of "
			 "certificates or public keys",
			 path);
}

static fallible write_key(const char *path, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes;

	PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	long length = BIO_get_mem_data(bio, &bytes);
	struct error *e = file_write_atomic(AT_FDCWD, path, bytes, length, 0600, DURABLE);
	BIO_free(bio);
	return error_wrap(e, "cannot keep the key that signs tokens");
}

static fallible make_key(const char *path, EVP_PKEY **key)
{
	*key = EVP_EC_gen("P-256");
	if (!*key)
		return error_new(ERROR_SYSTEM, "cannot make a key for tokens");
	return write_key(path, *key);
}

static fallible read_key(const char *path, EVP_PKEY **key)
{
	BIO *bio = BIO_new_file(path, "r");

	if (!bio && access(path, F_OK) < 0)
		return make_key(path, key);
	*key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	if (*key)
		return NULL;
	return error_new(ERROR_INVALID, "'%s' is no private key in PEM that could sign tokens",
			 path);
}

static const struct algorithm *algorithm_of(const EVP_PKEY *key)
{
	for (size_t i = 0; i < countof(algorithms); i++)
		if (fits(&algorithms[i], key))
			return &algorithms[i];
	return NULL;
}

fallible token_keys_own(const char *path, struct token_keys **out)
{
	EVP_PKEY *key = NULL;
	struct error *e = read_key(path, &key);

	if (!e && !algorithm_of(key))
		e = error_new(ERROR_INVALID,
			      "the key '%s' cannot sign tokens: take one of P-256, P-384 or RSA",
			      path);
	if (e) {
		EVP_PKEY_free(key);
		return e;
	}
	*out = allocate(sizeof(**out));
	**out = (struct token_keys){.keys = {key}, .count = 1, .own = key};
	return NULL;
}

/* -- base64url: other letters, no padding (RFC 7515, 2) -- */

static char *encode(const void *bytes, size_t length)
{
	char *text = base64_encode(bytes, length);

	for (char *at = text; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	text[strcspn(text, "=")] = '\0';
	return text;
}

static fallible decode(const char *text, size_t length, struct buffer *bytes)
{
	autobuffer plain = {0};

	for (size_t i = 0; i < length; i++) {
		char c = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];

		if (strchr("+/=", text[i]))
			return error_new(ERROR_INVALID, "this is no base64url");
		buffer_append(&plain, &c, 1);
	}
	buffer_append(&plain, "===", (4 - length % 4) % 4);
	return base64_decode(plain.data, bytes);
}

/* -- signatures: JWS has r and s as they are, OpenSSL a structure around them (RFC 7518, 3.4) -- */

static void to_raw(const struct buffer *der, size_t half, struct buffer *raw)
{
	const unsigned char *at = (const unsigned char *)der->data;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der->length);
	unsigned char *bytes = buffer_reserve(raw, 2 * half);

	BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, (int)half);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + half, (int)half);
	raw->length += 2 * half;
	ECDSA_SIG_free(signature);
}

static bool to_der(const struct buffer *raw, size_t half, struct buffer *der)
{
	const unsigned char *bytes = (const unsigned char *)raw->data;
	ECDSA_SIG *signature = ECDSA_SIG_new();
	unsigned char *out = NULL;

	if (raw->length != 2 * half) {
		ECDSA_SIG_free(signature);
		return false;
	}
	ECDSA_SIG_set0(signature, BN_bin2bn(bytes, (int)half, NULL),
		       BN_bin2bn(bytes + half, (int)half, NULL));
	int length = i2d_ECDSA_SIG(signature, &out);
	if (length > 0)
		buffer_append(der, out, length);
	OPENSSL_free(out);
	ECDSA_SIG_free(signature);
	return length > 0;
}

static fallible sign(EVP_PKEY *key, const struct algorithm *algorithm, const char *text,
		     struct buffer *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = EVP_PKEY_get_size(key);
	autobuffer der = {0};
	const unsigned char *bytes = (const unsigned char *)text;

	bool good = EVP_DigestSignInit(context, NULL, algorithm->method(), NULL, key) == 1 &&
		    EVP_DigestSign(context, buffer_reserve(&der, length), &length, bytes,
				   strlen(text)) == 1;
	EVP_MD_CTX_free(context);
	if (!good)
		return error_new(ERROR_SYSTEM, "cannot sign a token");
	der.length += length;
	if (algorithm->half)
		to_raw(&der, algorithm->half, signature);
	else
		buffer_append(signature, der.data, der.length);
	return NULL;
}

static bool is_signed_by(EVP_PKEY *key, const struct algorithm *algorithm, const char *text,
			 size_t length, const struct buffer *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	autobuffer der = {0};
	const struct buffer *used = algorithm->half ? &der : signature;

	bool good = fits(algorithm, key) &&
		    (!algorithm->half || to_der(signature, algorithm->half, &der)) &&
		    EVP_DigestVerifyInit(context, NULL, algorithm->method(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, (const unsigned char *)used->data, used->length,
				     (const unsigned char *)text, length) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

/* -- tokens -- */

static char *encode_json(const json_t *value)
{
	autofree char *text = json_text(value);

	return encode(text, strlen(text));
}

fallible token_sign(const struct token_keys *keys, const json_t *claims, char **token)
{
	const struct algorithm *algorithm = algorithm_of(keys->own);
	autojson *header = json_pack("{s:s, s:s}", "alg", algorithm->name, "typ", "JWT");
	autofree char *head = encode_json(header);
	autofree char *body = encode_json(claims);
	autofree char *text = format("%s.%s", head, body);
	autobuffer signature = {0};

	TRY(sign(keys->own, algorithm, text, &signature));
	autofree char *tail = encode(signature.data, signature.length);
	*token = format("%s.%s", text, tail);
	return NULL;
}

static fallible decode_json(const char *text, size_t length, const char *what, json_t **out)
{
	autobuffer bytes = {0};
	autoerror bad = decode(text, length, &bytes);
	autoerror wrong =
		bad || !bytes.length ? NULL : json_parse(bytes.data, bytes.length, what, out);

	if (bad || wrong || !json_is_object(*out))
		return refuse("it is no JSON Web Token");
	return NULL;
}

static fallible check_signature(const struct token_keys *keys, const char *token,
				const char *last_dot, const json_t *header)
{
	const char *name = json_string_at(header, "alg", NULL);
	autobuffer signature = {0};
	autoerror bad = decode(last_dot + 1, strlen(last_dot + 1), &signature);

	for (size_t i = 0; !bad && i < countof(algorithms); i++)
		for (size_t j = 0; strcmp(algorithms[i].name, name) == 0 && j < keys->count; j++)
			if (is_signed_by(keys->keys[j], &algorithms[i], token, last_dot - token,
					 &signature))
				return NULL;
	return refuse("nobody who is believed here has signed it");
}

static bool is_for(const json_t *claims, const char *service)
{
	const json_t *audience = json_object_get(claims, "aud"), *item;
	size_t i;

	if (json_is_string(audience))
		return strcmp(json_string_value(audience), service) == 0;
	json_array_foreach (audience, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), service) == 0)
			return true;
	return false;
}

/* Seconds, also where an issuer writes fractions; `fallback` when it is not there. */
static double seconds(const json_t *claims, const char *key, double fallback)
{
	const json_t *value = json_object_get(claims, key);

	return json_is_number(value) ? json_number_value(value) : fallback;
}

static fallible check_claims(const json_t *claims, const struct token_audience *audience,
			     time_t now)
{
	const char *issuer = json_string_at(claims, "iss", NULL);

	if (audience->issuer && strcmp(issuer, audience->issuer) != 0)
		return refuse("another issuer has made it");
	if (!is_for(claims, audience->service))
		return refuse("it is for another service");
	if (seconds(claims, "exp", 0) + TOKEN_LEEWAY < (double)now)
		return refuse("it has expired");
	if (seconds(claims, "nbf", 0) - TOKEN_LEEWAY > (double)now)
		return refuse("it is not valid yet");
	return NULL;
}

fallible token_verify(const struct token_keys *keys, const char *token,
		      const struct token_audience *audience, time_t now, json_t **claims)
{
	const char *first = strchr(token, '.'), *last = strrchr(token, '.');
	autojson *header = NULL;
	autojson *body = NULL;

	if (strlen(token) > TOKEN_LIMIT || !first || first == last ||
	    memchr(first + 1, '.', last - first - 1))
		return refuse("it is no JSON Web Token");
	TRY(decode_json(token, first - token, "the token's header", &header));
	TRY(check_signature(keys, token, last, header));
	TRY(decode_json(first + 1, last - first - 1, "the token's claims", &body));
	TRY(check_claims(body, audience, now));
	*claims = steal(&body);
	return NULL;
}
