#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memory.h"
#include "tls.h"

static char folder[] = "/tmp/tls-test-XXXXXX";
static char *key_path, *certificate_path;

/* One side of a connection: its stream, its relay's thread, and our end of what is relayed. */
struct side {
	struct tls_stream *stream;
	pthread_t thread;
	int local, ours;
	struct error *e; /* of the handshake or of the relay */
};

static void *run(void *opaque)
{
	struct side *side = opaque;

	side->e = tls_handshake(side->stream);
	if (!side->e)
		side->e = tls_relay(side->stream, side->local);
	tls_stream_destroy(side->stream);
	close(side->local);
	return NULL;
}

static void start(struct side *side, struct tls_stream *stream)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	*side = (struct side){.stream = stream, .local = ends[0], .ours = ends[1]};
	assert_int_equal(pthread_create(&side->thread, NULL, run, side), 0);
}

static void end(struct side *side)
{
	pthread_join(side->thread, NULL);
	close_fd(&side->ours);
	error_free(side->e);
}

static struct tls *create(bool server, const char *ca, bool verify, bool with_key)
{
	const struct tls_files files = {ca, with_key ? certificate_path : NULL,
					with_key ? key_path : NULL, verify};
	struct tls *tls = NULL;

	assert_null(server ? tls_create_server(&files, &tls) : tls_create_client(&files, &tls));
	return tls;
}

static void connect_sides(struct side *server, struct side *client, struct tls *server_tls,
			  struct tls *client_tls, const char *host)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	start(server, tls_stream_accept(server_tls, ends[0]));
	start(client, tls_stream_connect(client_tls, ends[1], host));
}

static void send_pattern(int fd, size_t length)
{
	char bytes[10007];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	for (size_t left = length, n; left; left -= n) {
		n = left < sizeof(bytes) ? left : sizeof(bytes);
		assert_int_equal(send(fd, bytes, n, 0), n);
	}
	shutdown(fd, SHUT_WR);
}

static size_t count_to_end(int fd)
{
	char bytes[8192];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++, total++)
			assert_int_equal(bytes[i], (char)((total % 10007) * 31));
	return total;
}

/* More than any buffer holds. */
#define MUCH 3000000

static void *send_much(void *opaque)
{
	send_pattern(*(int *)opaque, MUCH);
	return NULL;
}

/* One way, then the other over what is half closed; each half-close comes after the last byte. */
static void test_bytes_and_half_closes(void **state)
{
	struct tls *server_tls = create(true, certificate_path, true, true);
	struct tls *client_tls = create(false, certificate_path, true, true);
	struct side server, client;
	pthread_t sender, answerer;

	(void)state;
	connect_sides(&server, &client, server_tls, client_tls, "localhost");
	assert_int_equal(pthread_create(&sender, NULL, send_much, &client.ours), 0);
	assert_int_equal(count_to_end(server.ours), MUCH);
	pthread_join(sender, NULL);
	assert_int_equal(pthread_create(&answerer, NULL, send_much, &server.ours), 0);
	assert_int_equal(count_to_end(client.ours), MUCH);
	pthread_join(answerer, NULL);
	pthread_join(server.thread, NULL);
	pthread_join(client.thread, NULL);
	assert_null(server.e);
	assert_null(client.e);
	close(server.ours);
	close(client.ours);
	tls_destroy(server_tls);
	tls_destroy(client_tls);
}

/* A shim that goes closes its socket at once: what it wrote last still arrives, though the client's
 * input is still on its way to it. */
static void test_the_last_words_of_who_closed(void **state)
{
	struct tls *server_tls = create(true, NULL, false, true);
	struct tls *client_tls = create(false, NULL, false, false);
	struct side server, client;
	char bytes[4096] = "unread";

	(void)state;
	connect_sides(&server, &client, server_tls, client_tls, "localhost");
	assert_int_equal(send(client.ours, bytes, sizeof(bytes), 0), sizeof(bytes));
	assert_int_equal(recv(server.ours, bytes, 1, 0), 1); /* the handshake is over */
	send_pattern(server.ours, 100000);
	close_fd(&server.ours);
	assert_int_equal(count_to_end(client.ours), 100000);
	close_fd(&client.ours);
	end(&server);
	end(&client);
	tls_destroy(server_tls);
	tls_destroy(client_tls);
}

/* Who says goodbye may still listen; who has gone as well takes nothing. */
static void test_what_is_for_one_who_has_gone(void **state)
{
	struct tls *server_tls = create(true, NULL, false, true);
	struct tls *client_tls = create(false, NULL, false, false);
	struct side server, client;
	char bytes[4096] = "hello";

	(void)state;
	connect_sides(&server, &client, server_tls, client_tls, "localhost");
	assert_int_equal(send(client.ours, bytes, 1, 0), 1);
	assert_int_equal(recv(server.ours, bytes, 1, 0), 1); /* the handshake is over */
	close_fd(&client.ours);
	pthread_join(client.thread, NULL);
	assert_int_equal(recv(server.ours, bytes, 1, 0), 0);
	while (send(server.ours, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	pthread_join(server.thread, NULL);
	assert_non_null(server.e);
	assert_int_equal(server.e->class, ERROR_UNAVAILABLE);
	close(server.ours);
	error_free(server.e);
	error_free(client.e);
	tls_destroy(server_tls);
	tls_destroy(client_tls);
}

/* A socket that is cut is no end of what was sent. */
static void test_a_cut_connection_ends_both(void **state)
{
	struct tls *server_tls = create(true, NULL, false, true);
	int ends[2];
	struct side server;
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	start(&server, tls_stream_accept(server_tls, ends[0]));
	close(ends[1]);
	assert_int_equal(read(server.ours, &byte, 1), 0);
	pthread_join(server.thread, NULL);
	assert_non_null(server.e);
	assert_int_equal(server.e->class, ERROR_UNAVAILABLE);
	close(server.ours);
	error_free(server.e);
	tls_destroy(server_tls);
}

static void refused(struct tls *server_tls, struct tls *client_tls, const char *host,
		    bool by_server)
{
	struct side server, client;
	char byte;

	connect_sides(&server, &client, server_tls, client_tls, host);
	assert_int_equal(read(server.ours, &byte, 1), 0);
	shutdown(client.ours, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	pthread_join(client.thread, NULL);
	struct error *e = by_server ? server.e : client.e;
	assert_non_null(e);
	assert_int_equal(e->class, ERROR_UNAUTHORIZED);
	close(server.ours);
	close(client.ours);
	error_free(server.e);
	error_free(client.e);
	tls_destroy(server_tls);
	tls_destroy(client_tls);
}

static void test_who_is_refused(void **state)
{
	(void)state;
	refused(create(true, certificate_path, true, true),
		create(false, certificate_path, true, false), "localhost", true);
	refused(create(true, NULL, false, true), create(false, certificate_path, true, false),
		"elsewhere", false);
	refused(create(true, NULL, false, true), create(false, NULL, true, false), "localhost",
		false);
}

static void test_files_that_cannot_be_used(void **state)
{
	const struct {
		struct tls_files files;
		const char *message;
	} rows[] = {
		{{NULL, NULL, NULL, false}, "give --tlscert and --tlskey"},
		{{NULL, "/nonexistent", key_path, false},
		 "could not read certificate \"/nonexistent\""},
		{{NULL, key_path, key_path, false}, "could not use certificate"},
		{{NULL, certificate_path, certificate_path, false}, "could not use key"},
		{{key_path, certificate_path, key_path, true}, "could not use CA certificate"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct tls *tls = NULL;
		autoerror e = tls_create_server(&rows[i].files, &tls);

		assert_non_null(e);
		if (!strstr(e->message, rows[i].message))
			fail_msg("'%s' does not say '%s'", e->message, rows[i].message);
	}
}

/* A certificate that signs itself, for localhost, and its key. */
static int make_files(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_EXTENSION *names =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, (char *)"DNS:localhost");

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(folder))
		return -1;
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
				   (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_set_pubkey(certificate, key);
	X509_add_ext(certificate, names, -1);
	X509_sign(certificate, key, EVP_sha256());
	key_path = format("%s/key.pem", folder);
	certificate_path = format("%s/cert.pem", folder);
	FILE *file = fopen(key_path, "w");
	PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
	file = fopen(certificate_path, "w");
	PEM_write_X509(file, certificate);
	fclose(file);
	X509_EXTENSION_free(names);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(key_path);
	unlink(certificate_path);
	free(key_path);
	free(certificate_path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_and_half_closes),
		cmocka_unit_test(test_the_last_words_of_who_closed),
		cmocka_unit_test(test_what_is_for_one_who_has_gone),
		cmocka_unit_test(test_a_cut_connection_ends_both),
		cmocka_unit_test(test_who_is_refused),
		cmocka_unit_test(test_files_that_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
