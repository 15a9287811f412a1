#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "plugin.h"
#include "plugin_spec.h"
#include "plugin_wire.h"

/* ---- a plugin: a thread that gives each connection the next answer ---- */

#define SOCKET "run/fake.sock"
#define DEAF   "" /* takes the question and says nothing until the test is over */

static const char *const sockets[] = {"run", NULL};
static const char *const files[] = {NULL};
static const struct plugin_folders places = {sockets, files};

struct fake {
	const char *const *answers; /* whole; NULL at the end */
	pthread_t thread;
	int fd;
	char asked[8192]; /* all that it was asked */
};

static void take_question(struct fake *fake, int fd)
{
	size_t length = strlen(fake->asked), left = sizeof(fake->asked) - length - 1;
	ssize_t n = recv(fd, fake->asked + length, left, 0);

	fake->asked[length + (n > 0 ? n : 0)] = '\0';
}

static void *run_fake(void *context)
{
	struct fake *fake = context;
	char byte;

	for (size_t i = 0; fake->answers[i]; i++) {
		autoclose int fd = accept4(fake->fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			return NULL;
		take_question(fake, fd);
		(void)!send(fd, fake->answers[i], strlen(fake->answers[i]), MSG_NOSIGNAL);
		if (!*fake->answers[i])
			(void)!recv(fd, &byte, 1, 0);
	}
	return NULL;
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(name.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)) | listen(fd, 1), 0);
	return fd;
}

static void fake_start(struct fake *fake, const char *const *answers)
{
	*fake = (struct fake){.answers = answers, .fd = listen_at(SOCKET)};
	assert_int_equal(pthread_create(&fake->thread, NULL, run_fake, fake), 0);
}

static void fake_stop(struct fake *fake)
{
	shutdown(fake->fd, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close_fd(&fake->fd);
}

#define OK(text)  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" text
#define VOLUMES   OK("{\"Implements\": [\"VolumeDriver\", 7]}")
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static int make_folders(void **state)
{
	char *top = duplicate("/tmp/plugin-test.XXXXXX");

	*state = top;
	plugin_look_in(&places);
	return !mkdtemp(top) || chdir(top) < 0 || mkdir("run", 0755) < 0;
}

static int remove_folders(void **state)
{
	int left = chdir("/") < 0;

	plugin_unregister("fake");
	error_free(tree_remove(AT_FDCWD, *state));
	free(*state);
	return left;
}

static void assert_error(struct error *given, enum error_class class, const char *words)
{
	autoerror e = given;

	assert_non_null(e);
	if (strcmp(e->message, words) != 0)
		fail_msg("'%s' is not '%s'", e->message, words);
	assert_int_equal(e->class, class);
}

/* ---- finding ---- */

static void it_is_activated_once_and_called(void **state)
{
	autojson *request = json_pack("{s:s}", "Name", "data"), *answer = NULL;
	autoplugin *plugin = NULL, *again = NULL;
	struct fake fake;

	(void)state;
	fake_start(&fake, LIST(VOLUMES, OK("{\"Mountpoint\": \"/x\"}")));
	autoerror e = plugin_get("fake", "VolumeDriver", &plugin);
	autoerror f = plugin_get("fake", "VolumeDriver", &again);
	autoerror g = plugin_call(plugin, "VolumeDriver.Mount", request, &answer);
	fake_stop(&fake);
	assert_null(e);
	assert_null(f);
	assert_null(g);
	assert_ptr_equal(plugin, again);
	assert_string_equal(json_string_at(answer, "Mountpoint", NULL), "/x");
	assert_non_null(strstr(fake.asked, "POST /Plugin.Activate HTTP/1.1\r\n"));
	assert_non_null(strstr(fake.asked, "Content-Length: 0\r\n"));
	assert_non_null(strstr(fake.asked, "POST /VolumeDriver.Mount HTTP/1.1\r\n"));
	assert_non_null(strstr(fake.asked, "Accept: application/vnd.docker.plugins.v1.2+json\r\n"));
	assert_non_null(strstr(fake.asked, "\r\n\r\n{\"Name\":\"data\"}"));
}

static void what_cannot_be_found_is_told_in_dockers_words(void **state)
{
	struct plugin *plugin;
	struct fake fake;

	(void)state;
	assert_error(plugin_get("fake", "VolumeDriver", &plugin), ERROR_NOT_FOUND,
		     "plugin \"fake\" not found");
	assert_null(plugin);
	fake_start(&fake, LIST(VOLUMES));
	assert_error(plugin_get("fake", "authz", &plugin), ERROR_INVALID,
		     "legacy plugin: plugin does not implement the requested driver: "
		     "plugin=\"fake\", requested implementation=\"authz\"");
	assert_null(plugin);
	fake_stop(&fake);
	autojson *drivers = plugin_find_all("VolumeDriver"), *others = plugin_names("authz");
	assert_int_equal(json_array_size(drivers), 1);
	assert_int_equal(json_array_size(others), 0);
}

static void *listen_late(void *context)
{
	static const char *const answers[] = {VOLUMES, NULL};

	usleep(300000);
	fake_start(context, answers);
	return NULL;
}

static void one_that_comes_later_is_waited_for(void **state)
{
	autoplugin *plugin = NULL;
	struct fake fake;
	pthread_t late;

	(void)state;
	pthread_create(&late, NULL, listen_late, &fake);
	autoerror e = plugin_await("fake", "VolumeDriver", &plugin);
	pthread_join(late, NULL);
	fake_stop(&fake);
	assert_null(e);
	assert_string_equal(plugin_name(plugin), "fake");
}

/* Its socket is still there, and nobody behind it. */
static void one_that_is_started_again_is_waited_for(void **state)
{
	autoplugin *plugin = NULL;
	struct fake fake;
	pthread_t late;

	(void)state;
	close(listen_at(SOCKET));
	pthread_create(&late, NULL, listen_late, &fake);
	autoerror e = plugin_get("fake", "VolumeDriver", &plugin);
	pthread_join(late, NULL);
	fake_stop(&fake);
	assert_null(e);
}

/* ---- answers ---- */

static void bad_answers_are_errors(void **state)
{
	static const struct {
		const char *answer;
		enum error_class class;
		const char *words;
	} rows[] = {
		{OK("{\"Err\": \"no way\"}"), ERROR_SYSTEM, "no way"},
		{"HTTP/1.1 500 Oh\r\n\r\n{\"Err\": \"broken\"}", ERROR_SYSTEM, "X.Y: broken"},
		{"HTTP/1.1 500 Oh\r\n\r\nplain words\n", ERROR_SYSTEM, "X.Y: plain words"},
		{"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", ERROR_NOT_IMPLEMENTED,
		 "X.Y: HTTP status 404"},
		{OK("[]"), ERROR_INVALID,
		 "X.Y: plugin \"fake\": what it answered is no JSON object"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", ERROR_UNAVAILABLE,
		 "X.Y: plugin \"fake\": the HTTP peer closed in the middle of a body"},
	};

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		autoplugin *plugin = NULL;
		struct fake fake;
		json_t *answer;

		fake_start(&fake, LIST(VOLUMES, rows[i].answer));
		autoerror e = plugin_get("fake", "VolumeDriver", &plugin);
		assert_null(e);
		assert_error(plugin_call(plugin, "X.Y", NULL, &answer), rows[i].class,
			     rows[i].words);
		assert_null(answer);
		fake_stop(&fake);
		plugin_unregister("fake");
	}
}

static void an_activation_that_makes_no_sense_is_told(void **state)
{
	struct plugin *plugin;
	struct fake fake;

	(void)state;
	fake_start(&fake, LIST(OK("{\"Implements\": 7}")));
	assert_error(plugin_get("fake", "VolumeDriver", &plugin), ERROR_INVALID,
		     "plugin \"fake\": the member 'Implements' must be an array");
	fake_stop(&fake);
}

static void one_that_does_not_answer_is_given_up(void **state)
{
	auto_plugin_answer answer = {0};
	auto_plugin_spec spec = {0};
	struct fake fake;
	bool connected;

	(void)state;
	fake_start(&fake, LIST(DEAF));
	autoerror e = plugin_spec_read("unix://" SOCKET, &spec);
	assert_null(e);
	assert_error(plugin_wire_ask(&spec, "X.Y", NULL, 1, &connected, &answer), ERROR_UNAVAILABLE,
		     "no answer within 1 seconds");
	assert_true(connected);
	fake_stop(&fake);
}

/* It listens, has no more room for who wants to connect, and accepts nobody. */
static void one_that_does_not_accept_is_given_up(void **state)
{
	autoclose int fd = listen_at(SOCKET), first = -1, second = -1;
	auto_plugin_answer answer = {0};
	auto_plugin_spec spec = {0};
	bool connected;

	(void)state;
	autoerror e = plugin_spec_read("unix://" SOCKET, &spec);
	autoerror f = http_address_connect_within(&spec.address, 1, &first);
	autoerror g = http_address_connect_within(&spec.address, 1, &second);
	assert_true(fd >= 0 && !e && !f && !g);
	autoerror late = plugin_wire_ask(&spec, "X.Y", NULL, 1, &connected, &answer);
	assert_non_null(late);
	assert_non_null(strstr(late->message, "timed out"));
	assert_false(connected);
}

static void one_that_answers_too_much_is_given_up(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	autofree char *much = allocate(sizeof(head) + PLUGIN_ANSWER_LIMIT + 1);
	auto_plugin_answer answer = {0};
	auto_plugin_spec spec = {0};
	struct fake fake;
	bool connected;

	(void)state;
	memset(much, ' ', sizeof(head) + PLUGIN_ANSWER_LIMIT);
	memcpy(much, head, strlen(head));
	fake_start(&fake, LIST(much));
	autoerror e = plugin_spec_read("unix://" SOCKET, &spec);
	assert_null(e);
	autoerror f = plugin_wire_ask(&spec, "X.Y", NULL, 20, &connected, &answer);
	assert_non_null(f);
	assert_int_equal(f->class, ERROR_TOO_LARGE);
	fake_stop(&fake);
}

/* ---- managed ones, and who needs whom ---- */

static void managed_ones_are_found_by_their_names(void **state)
{
	autojson *interfaces = json_pack("[s, s]", "docker.volumedriver/1.0", "docker.authz/1.0");
	struct plugin_registration row = {"a/b:latest", NULL,       interfaces,
					  "/rootfs",    "/mnt/vol", "/here"};
	struct plugin *plugin;

	(void)state;
	plugin_register(&row);
	assert_error(plugin_get("a/b", "VolumeDriver", &plugin), ERROR_CONFLICT,
		     "plugin \"a/b:latest\" found but disabled");
	row.address = "unix:///nowhere";
	plugin_register(&row);
	autoerror e = plugin_get("a/b", "authz", &plugin);
	assert_null(e);
	autofree char *shared = plugin_path(plugin, "/mnt/vol/x");
	autofree char *own = plugin_path(plugin, "/mnt/volume");
	assert_string_equal(shared, "/here/x");
	assert_string_equal(own, "/rootfs/mnt/volume");
	plugin_unregister("a/b:latest");
	assert_string_equal(plugin_name(plugin), "a/b:latest");
	plugin_release(plugin);
	assert_error(plugin_get("a/b", "authz", &plugin), ERROR_NOT_FOUND,
		     "plugin \"a/b\" not found");
}

/* The plugin changes the way to what it has mounted, after it was looked at. */
static void a_place_stays_what_it_was(void **state)
{
	char root[] = "/tmp/mini-plugin-place-XXXXXX";
	autojson *interfaces = json_pack("[s]", "docker.volumedriver/1.0");
	autofree char *path = NULL;
	struct plugin *plugin;
	struct stat before, held;
	autoclose int fd = -1;
	int folder;

	(void)state;
	assert_non_null(mkdtemp(root));
	folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(folder, "mounted", 0700), 0);
	assert_int_equal(fstatat(folder, "mounted", &before, 0), 0);
	const struct plugin_registration row = {.name = "a/b:latest",
						.address = "unix:///nowhere",
						.interfaces = interfaces,
						.root = root};
	plugin_register(&row);
	autoerror e = plugin_get("a/b", "VolumeDriver", &plugin);
	assert_null(e);
	autoerror f = plugin_place(plugin, "/mounted", &path, &fd);
	assert_null(f);
	assert_int_equal(renameat(folder, "mounted", folder, "old"), 0);
	assert_int_equal(symlinkat("/etc", folder, "mounted"), 0);
	assert_int_equal(fstat(fd, &held), 0);
	assert_int_equal(held.st_ino, before.st_ino);
	plugin_unregister("a/b:latest");
	plugin_release(plugin);
	unlinkat(folder, "mounted", 0);
	unlinkat(folder, "old", AT_REMOVEDIR);
	close(folder);
	rmdir(root);
}

static void needs_are_counted_by_name(void **state)
{
	(void)state;
	assert_int_equal(plugin_uses("n"), 0);
	plugin_use("n");
	plugin_use("n");
	plugin_unuse("n");
	assert_int_equal(plugin_uses("n"), 1);
	plugin_unuse("n");
	plugin_unuse("n");
	assert_int_equal(plugin_uses("n"), 0);
}

#define in_folders(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folders(it_is_activated_once_and_called),
		in_folders(what_cannot_be_found_is_told_in_dockers_words),
		in_folders(one_that_comes_later_is_waited_for),
		in_folders(one_that_is_started_again_is_waited_for),
		in_folders(bad_answers_are_errors),
		in_folders(an_activation_that_makes_no_sense_is_told),
		in_folders(one_that_does_not_answer_is_given_up),
		in_folders(one_that_does_not_accept_is_given_up),
		in_folders(one_that_answers_too_much_is_given_up),
		in_folders(managed_ones_are_found_by_their_names),
		in_folders(a_place_stays_what_it_was),
		in_folders(needs_are_counted_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
