#include "tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "explain.h"
#include "http_connection.h"
#include "linger.h"
#include "memory.h"
#include "text.h"
#include "tls_stream.h"

#define HANDSHAKE_MS 10000
#define LINGER_MS    500 /* behind a goodbye, and what it was said to has lingered itself */

struct tls {
	SSL_CTX *context;
};

/* -- what went wrong -- */

/* Whether an error is about who the peer is, or who it thinks that we are. */
static bool is_about_certificates(unsigned long code)
{
	static const int reasons[] = {
		SSL_R_CERTIFICATE_VERIFY_FAILED,       SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
		SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,     SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
		SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
		SSL_R_TLSV1_ALERT_UNKNOWN_CA,          SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
	};

	for (size_t i = 0; i < countof(reasons); i++)
		if (ERR_GET_REASON(code) == reasons[i])
			return ERR_GET_LIB(code) == ERR_LIB_SSL;
	return false;
}

fallible tls_stream_error(const struct tls_stream *stream, int code, const char *what)
{
	int errnum = errno;
	unsigned long why = ERR_peek_error();
	long verified = SSL_get_verify_result(stream->ssl);
	const char *reason = why ? ERR_reason_error_string(why) : NULL;

	ERR_clear_error();
	if (verified != X509_V_OK)
		return error_new(ERROR_UNAUTHORIZED, "%s: the peer's certificate is refused: %s",
				 what, X509_verify_cert_error_string(verified));
	if (why && is_about_certificates(why))
		return error_new(ERROR_UNAUTHORIZED, "%s: %s", what, reason);
	if (reason)
		return error_new(ERROR_UNAVAILABLE, "%s: %s", what, reason);
	if (code == SSL_ERROR_SYSCALL && errnum)
		return error_errno(ERROR_UNAVAILABLE, errnum, "%s", what);
	return error_new(ERROR_UNAVAILABLE, "%s: the peer closed the connection", what);
}

/* A file that cannot be used, in the words of the library or of the kernel. */
static fallible file_error(const char *kind, const char *path)
{
	unsigned long why = ERR_peek_error();
	const char *reason = why ? ERR_reason_error_string(why) : NULL;

	ERR_clear_error();
	if (access(path, R_OK) < 0)
		return error_errno(ERROR_NOT_FOUND, errno, "could not read %s \"%s\"", kind, path);
	return error_new(ERROR_INVALID, "could not use %s \"%s\": %s; it must be a PEM file", kind,
			 path, reason ? reason : "there is nothing in it");
}

/* -- keys and rules -- */

static bool given(const char *path)
{
	return path && *path;
}

/* Whose certificates are believed. A server also tells clients so, that they send a fitting one. */
static fallible load_authorities(SSL_CTX *context, const char *path, bool server)
{
	if (!given(path))
		return SSL_CTX_set_default_verify_paths(context) == 1
			       ? NULL
			       : error_new(ERROR_SYSTEM,
					   "could not read the system's CA certificates");
	if (SSL_CTX_load_verify_locations(context, path, NULL) != 1)
		return file_error("CA certificate", path);
	if (server)
		SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(path));
	return NULL;
}

static fallible load_own(SSL_CTX *context, const struct tls_files *files)
{
	if (SSL_CTX_use_certificate_chain_file(context, files->certificate) != 1)
		return file_error("certificate", files->certificate);
	if (SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) != 1)
		return file_error("key", files->key);
	return NULL;
}

static fallible load(SSL_CTX *context, const struct tls_files *files, bool server)
{
	int verify = SSL_VERIFY_PEER | (server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);

	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(context, 0);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	/* A write goes on where it stopped, from wherever the bytes are then. */
	SSL_CTX_set_mode(context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(context, files->verify ? verify : SSL_VERIFY_NONE, NULL);
	if (files->verify)
		TRY(load_authorities(context, files->ca, server));
	return given(files->certificate) || given(files->key) ? load_own(context, files) : NULL;
}

static fallible create(const struct tls_files *files, bool server, struct tls **out)
{
	struct tls *tls = allocate(sizeof(*tls));

	tls->context = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	struct error *e = tls->context ? load(tls->context, files, server)
				       : error_new(ERROR_SYSTEM, "cannot use the TLS library");
	if (e)
		tls_destroy(tls);
	else
		*out = tls;
	return e;
}

fallible tls_create_server(const struct tls_files *files, struct tls **out)
{
	if (!given(files->certificate) || !given(files->key))
		return error_new(
			ERROR_INVALID,
			"TLS needs a certificate and its key: give --tlscert and --tlskey");
	return create(files, true, out);
}

fallible tls_create_client(const struct tls_files *files, struct tls **out)
{
	return create(files, false, out);
}

void tls_destroy(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

/* -- the handshake -- */

static int milliseconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - began->tv_sec) * 1000 +
		     (now.tv_nsec - began->tv_nsec) / 1000000);
}

/* Waits for what the library wants; false when the time is over. */
static bool wait_for(const struct tls_stream *stream, int code, const struct timespec *began)
{
	struct pollfd poll_fd = {.fd = stream->fd,
				 .events = code == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
	int left = HANDSHAKE_MS - milliseconds_since(began);

	return left > 0 && (poll(&poll_fd, 1, left) != 0);
}

/* What comes in clear has a client that did not mean TLS: tell it so in its own language. */
static void answer_http(const struct tls_stream *stream)
{
	static const char answer[] = "HTTP/1.0 400 Bad Request\r\n\r\n"
				     "Client sent an HTTP request to an HTTPS server.\n";

	if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST)
		(void)!send(stream->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
}

fallible tls_handshake(struct tls_stream *stream)
{
	struct timespec began;
	uint64_t clock = explain_clock();

	clock_gettime(CLOCK_MONOTONIC, &began);
	for (;;) {
		ERR_clear_error();
		int result = SSL_do_handshake(stream->ssl);
		int code = SSL_get_error(stream->ssl, result);

		if (result == 1)
			break;
		if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE) {
			answer_http(stream);
			return tls_stream_error(stream, code, "TLS handshake failed");
		}
		if (!wait_for(stream, code, &began))
			return error_new(ERROR_UNAVAILABLE,
					 "TLS handshake failed: the peer took over %d seconds",
					 HANDSHAKE_MS / 1000);
	}
	explain(clock, "3.2", "from here on only the two ends can read it",
		"SSL_do_handshake(): %s, %s", SSL_get_version(stream->ssl),
		SSL_get_cipher_name(stream->ssl));
	return NULL;
}

/* NULL: it has none. */
static char *common_name(X509 *certificate)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int length = X509_NAME_get_text_by_NID(subject, NID_commonName, NULL, 0);

	if (length <= 0)
		return NULL;
	char *name = allocate(length + 1);
	X509_NAME_get_text_by_NID(subject, NID_commonName, name, length + 1);
	return name;
}

static char *certificates_of(const struct tls_stream *stream, X509 *own)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(stream->ssl); /* a server's lacks the own */
	BIO *text = BIO_new(BIO_s_mem());
	char *bytes;

	PEM_write_bio_X509(text, own);
	for (int i = 0; i < sk_X509_num(chain); i++)
		PEM_write_bio_X509(text, sk_X509_value(chain, i));
	long length = BIO_get_mem_data(text, &bytes);
	char *copy = duplicate_range(bytes, length);
	BIO_free(text);
	return copy;
}

struct http_user *tls_stream_peer(const struct tls_stream *stream)
{
	X509 *certificate = SSL_get_peer_certificate(stream->ssl);
	bool good = certificate && SSL_get_verify_result(stream->ssl) == X509_V_OK;
	char *name = good ? common_name(certificate) : NULL;
	struct http_user *user = NULL;

	if (name) {
		user = allocate(sizeof(*user));
		*user = (struct http_user){name, certificates_of(stream, certificate)};
	}
	X509_free(certificate);
	return user;
}

static struct tls_stream *stream_create(struct tls *tls, int fd)
{
	struct tls_stream *stream = allocate(sizeof(*stream));

	*stream = (struct tls_stream){.ssl = SSL_new(tls->context), .fd = fd};
	if (!stream->ssl || SSL_set_fd(stream->ssl, fd) != 1)
		abort(); /* out of memory */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return stream;
}

struct tls_stream *tls_stream_accept(struct tls *tls, int fd)
{
	struct tls_stream *stream = stream_create(tls, fd);

	SSL_set_accept_state(stream->ssl);
	return stream;
}

/* The certificate must be for this name, or for this address. */
static void expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(rules, host) == 1)
		return;
	SSL_set1_host(ssl, host);
	SSL_set_tlsext_host_name(ssl, host);
}

struct tls_stream *tls_stream_connect(struct tls *tls, int fd, const char *host)
{
	struct tls_stream *stream = stream_create(tls, fd);

	SSL_set_connect_state(stream->ssl);
	expect_host(stream->ssl, host);
	return stream;
}

void tls_stream_destroy(struct tls_stream *stream)
{
	if (!stream)
		return;
	if (SSL_is_init_finished(stream->ssl))
		SSL_shutdown(stream->ssl);
	SSL_free(stream->ssl);
	ERR_clear_error();
	linger(stream->fd, LINGER_MS);
	close(stream->fd);
	free(stream);
}
