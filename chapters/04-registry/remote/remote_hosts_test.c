#include "remote_hosts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "file.h"
#include "images_test.h"
#include "memory.h"

/* "base base*": mirrors with a star, insecure ones with a minus. */
static char *hosts_of(const json_t *settings, const char *domain, bool with_mirrors)
{
	auto_remote_hosts hosts = {0};
	struct buffer text = {0};

	assert_ok(remote_hosts_of(settings, domain, with_mirrors, &hosts));
	for (size_t i = 0; i < hosts.count; i++)
		buffer_printf(&text, "%s%s%s%s", text.length ? " " : "", hosts.items[i].base,
			      hosts.items[i].mirror ? "*" : "", hosts.items[i].insecure ? "-" : "");
	return buffer_take(&text);
}

static json_t *settings_with(const char *mirrors, const char *insecure)
{
	json_error_t why;
	json_t *settings = json_pack("{s:o, s:o, s:s}", "registry-mirrors",
				     json_loads(mirrors, 0, &why), "insecure-registries",
				     json_loads(insecure, 0, &why), "certs.d", "/nonexistent");

	assert_non_null(settings);
	return settings;
}

static void names_have_their_addresses(void **state)
{
	static const struct {
		const char *domain;
		bool mirrors;
		const char *expected;
	} rows[] = {
		{"docker.io", true,
		 "https://mirror.example* http://127.0.0.1:5000*- https://registry-1.docker.io"},
		{"docker.io", false, "https://registry-1.docker.io"},
		{"192.0.2.1:5000", true, "https://192.0.2.1:5000"},
		{"127.0.0.1:5000", true, "https://127.0.0.1:5000- http://127.0.0.1:5000-"},
		{"[::1]:5000", true, "https://[::1]:5000- http://[::1]:5000-"},
		{"plain.example:80", true, "https://plain.example:80- http://plain.example:80-"},
		{"10.1.2.3", true, "https://10.1.2.3- http://10.1.2.3-"},
		{"11.1.2.3", true, "https://11.1.2.3"},
		{"10.129.2.3", true, "https://10.129.2.3"},
	};
	autojson *settings =
		settings_with("[\"https://mirror.example/\", \"http://127.0.0.1:5000\"]",
			      "[\"plain.example:80\", \"10.0.0.0/9\"]");

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autofree char *hosts = hosts_of(settings, rows[i].domain, rows[i].mirrors);

		assert_string_equal(hosts, rows[i].expected);
	}
}

static void without_settings_this_machine_alone_is_insecure(void **state)
{
	(void)state;
	assert_true(remote_hosts_is_insecure(NULL, "127.9.9.9:1"));
	assert_true(remote_hosts_is_insecure(NULL, "localhost:5000"));
	assert_false(remote_hosts_is_insecure(NULL, "192.0.2.7"));
	assert_false(remote_hosts_is_insecure(NULL, "docker.io"));
}

/* -- certs.d -- */

struct folder {
	char path[64];
	int fd;
};

static int make_folder(void **state)
{
	static struct folder folder;

	strcpy(folder.path, "/tmp/remote-hosts.XXXXXX");
	if (!mkdtemp(folder.path))
		return -1;
	error_free(directory_create(AT_FDCWD, folder.path, 0755, &folder.fd));
	mkdirat(folder.fd, "192.0.2.1:443", 0755);
	*state = &folder;
	return 0;
}

static int remove_folder(void **state)
{
	struct folder *folder = *state;

	close(folder->fd);
	error_free(tree_remove(AT_FDCWD, folder->path));
	return 0;
}

static void write_certificate(const struct folder *folder, const char *name, const char *text)
{
	autofree char *path = format("192.0.2.1:443/%s", name);

	assert_ok(file_write_atomic(folder->fd, path, text, strlen(text), 0644, NOT_DURABLE));
}

static void a_host_has_its_certificates(void **state)
{
	const struct folder *folder = *state;
	autojson *settings = json_pack("{s:s}", "certs.d", folder->path);
	auto_remote_hosts hosts = {0}, other = {0};

	write_certificate(folder, "a.crt", "A");
	write_certificate(folder, "b.crt", "B");
	write_certificate(folder, "client.cert", "C");
	write_certificate(folder, "client.key", "K");
	assert_ok(remote_hosts_of(settings, "192.0.2.1:443", true, &hosts));
	autofree char *key = format("%s/192.0.2.1:443/client.key", folder->path);
	assert_string_equal(hosts.items[0].authorities, "AB");
	assert_string_equal(hosts.items[0].key, key);
	assert_ok(remote_hosts_of(settings, "192.0.2.2:443", true, &other));
	assert_null(other.items[0].authorities);
	assert_null(other.items[0].certificate);
}

static void half_a_pair_is_refused(void **state)
{
	static const char *const halves[] = {"client.cert", "client.key"};
	const struct folder *folder = *state;
	autojson *settings = json_pack("{s:s}", "certs.d", folder->path);

	for (size_t i = 0; i < countof(halves); i++) {
		auto_remote_hosts hosts = {0};
		autofree char *path = format("192.0.2.1:443/%s", halves[i]);

		write_certificate(folder, halves[i], "x");
		autoerror e = remote_hosts_of(settings, "192.0.2.1:443", true, &hosts);
		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_non_null(strstr(e->message, halves[i]));
		assert_int_equal(hosts.count, 0);
		unlinkat(folder->fd, path, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_their_addresses),
		cmocka_unit_test(without_settings_this_machine_alone_is_insecure),
		cmocka_unit_test_setup_teardown(a_host_has_its_certificates, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(half_a_pair_is_refused, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
