#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "container.h"
#include "container_hosts.h"
#include "json.h"
#include "memory.h"

#define LOCALHOST                                                                                  \
	"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n"  \
	"ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"

static struct error *text_of(const char *document, const json_t *settings, char **text)
{
	struct container container = {.document = json_loads(document, 0, NULL)};
	struct buffer bytes = {0};

	assert_non_null(container.document);
	struct error *e = container_hosts_text(&container, settings, &bytes);
	json_decref(container.document);
	*text = buffer_take(&bytes);
	return e;
}

static void it_stands_in_each_network_under_its_name(void **state)
{
	autofree char *text = NULL;

	(void)state;
	assert_null(text_of("{\"Config\":{\"Hostname\":\"h\",\"Domainname\":\"d.e\"},"
			    "\"HostConfig\":{\"NetworkMode\":\"front\",\"ExtraHosts\":["
			    "\"a:1.2.3.4\",\"b=fd00::1\",\"c:[fd00::2]\"]},\"NetworkSettings\":{"
			    "\"Networks\":{\"front\":{\"IPAddress\":\"172.18.0.2\","
			    "\"GlobalIPv6Address\":\"fd00::3\"},\"back\":{\"IPAddress\":"
			    "\"172.19.0.2\",\"GlobalIPv6Address\":\"\"}}}}",
			    NULL, &text));
	assert_string_equal(text, LOCALHOST "1.2.3.4\ta\nfd00::1\tb\nfd00::2\tc\n"
					    "172.18.0.2\th.d.e h\nfd00::3\th.d.e h\n"
					    "172.19.0.2\th.d.e h\n");
}

#define WITH_GATEWAY(networks)                                                                     \
	"{\"Config\":{\"Hostname\":\"\"},\"HostConfig\":{\"NetworkMode\":\"x\",\"ExtraHosts\":["   \
	"\"up:host-gateway\"]},\"NetworkSettings\":{\"Networks\":" networks "}}"

static void the_host_is_what_the_daemon_was_told_or_a_gateway(void **state)
{
	autojson *told = json_loads("{\"host-gateway-ips\":[\"10.9.9.9\",\"fd00::9\"]}", 0, NULL);
	autofree char *one = NULL, *set = NULL, *none = NULL;

	(void)state;
	assert_null(text_of(WITH_GATEWAY("{\"x\":{\"Gateway\":\"172.18.0.1\"}}"), NULL, &one));
	assert_string_equal(one, LOCALHOST "172.18.0.1\tup\n");
	assert_null(text_of(WITH_GATEWAY("{}"), told, &set));
	assert_string_equal(set, LOCALHOST "10.9.9.9\tup\nfd00::9\tup\n");
	autoerror e = text_of(WITH_GATEWAY("{}"), NULL, &none);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "unable to derive the IP value for host-gateway"));
}

static void wrong_lines_are_refused_before_they_are_written(void **state)
{
	static const char *const wrong[] = {
		"a", ":1.2.3.4", "a:", "a b:1.2.3.4", "a:1.2.3", "a:1.2.3.4\n5.6.7.8 b"};

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		autojson *config = json_pack("{s:[s]}", "ExtraHosts", wrong[i]);
		autoerror e = container_hosts_check(config);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

static char *changed(void (*change)(const char *, const char *, struct buffer *), const char *text,
		     const char *lines)
{
	struct buffer bytes = {0};

	change(text, lines, &bytes);
	return buffer_take(&bytes);
}

static void a_network_brings_its_lines_and_takes_no_others(void **state)
{
	autofree char *added = changed(container_hosts_add, "1\ta\nuser's", "2\tb\n3\tb\n");
	autofree char *again = changed(container_hosts_add, "2\tb\n", "2\tb\n3\tb\n");
	autofree char *less =
		changed(container_hosts_remove, "1\ta\n2\tb\n2\tb b\nuser's\n3\tb", "2\tb\n3\tb\n");
	autofree char *none = changed(container_hosts_remove, "1\ta\n", "");

	(void)state;
	assert_string_equal(added, "1\ta\nuser's\n2\tb\n3\tb\n");
	assert_string_equal(again, "2\tb\n3\tb\n");
	assert_string_equal(less, "1\ta\n2\tb b\nuser's\n");
	assert_string_equal(none, "1\ta\n");
}

static void who_moved_is_found_where_he_is(void **state)
{
	static const char text[] = "127.0.0.1\tlocalhost\n1\tdb old\n1 db\n2\tdb2\n\nuser's\n"
				   "\t\n3\tcache";
	autofree char *moved = changed(container_hosts_move, text, "9\tdb new\nfd00::8\tcache\n");
	autofree char *same = changed(container_hosts_move, text, "\n7\n8\t\n");

	(void)state;
	assert_string_equal(moved, "127.0.0.1\tlocalhost\n9\tdb old\n1 db\n2\tdb2\n\nuser's\n"
				   "\t\nfd00::8\tcache");
	assert_string_equal(same, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_stands_in_each_network_under_its_name),
		cmocka_unit_test(the_host_is_what_the_daemon_was_told_or_a_gateway),
		cmocka_unit_test(wrong_lines_are_refused_before_they_are_written),
		cmocka_unit_test(a_network_brings_its_lines_and_takes_no_others),
		cmocka_unit_test(who_moved_is_found_where_he_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
