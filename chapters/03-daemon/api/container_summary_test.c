#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "container_summary.h"
#include "json.h"
#include "text.h"

static const char text[] =
	"{\"Id\":\"0123\",\"Name\":\"/web\",\"Created\":\"2023-11-14T22:13:20Z\",\"Path\":\"sh\","
	"\"Args\":[\"-c\",\"sleep 9\"],\"Image\":\"sha256:ab\","
	"\"State\":{\"Status\":\"running\",\"Running\":true,"
	"\"StartedAt\":\"2023-11-14T22:13:25Z\",\"ExitCode\":0},"
	"\"Config\":{\"Image\":\"busybox\",\"Labels\":{\"a\":\"b\"}},"
	"\"HostConfig\":{\"NetworkMode\":\"host\"},"
	"\"NetworkSettings\":{\"Networks\":{\"host\":{\"NetworkID\":\"n\"}},\"Ports\":{"
	"\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"}],\"53/udp\":null}},"
	"\"Mounts\":null}";

static void test_a_row(void **state)
{
	(void)state;
	autojson *document = NULL;
	struct timespec now = {.tv_sec = 1700000010};

	assert_null(json_parse(text, strlen(text), "document", &document));
	autojson *row = container_summary_json(document, "busybox", now);
	assert_non_null(row);
	assert_string_equal(json_string_at(row, "Status", NULL), "Up 5 seconds");
	assert_string_equal(json_string_at(row, "State", NULL), "running");
	assert_string_equal(json_string_at(row, "Command", NULL), "sh -c 'sleep 9'");
	assert_string_equal(json_string_at(row, "Image", NULL), "busybox");
	assert_string_equal(json_string_at(row, "ImageID", NULL), "sha256:ab");
	assert_string_equal(json_string_at(row, "HostConfig", "NetworkMode", NULL), "host");
	assert_string_equal(
		json_string_at(row, "NetworkSettings", "Networks", "host", "NetworkID", NULL), "n");
	assert_int_equal(json_integer_value(json_object_get(row, "Created")), 1700000000);
	assert_int_equal(json_array_size(json_object_get(row, "Names")), 1);
	assert_true(json_is_array(json_object_get(row, "Mounts")));
}

static void test_ports(void **state)
{
	(void)state;
	autojson *document = NULL;

	assert_null(json_parse(text, strlen(text), "document", &document));
	autojson *row = container_summary_json(document, "busybox", time_now());
	json_t *ports = json_object_get(row, "Ports");
	assert_int_equal(json_array_size(ports), 2);
	json_t *published = json_array_get(ports, 0), *exposed = json_array_get(ports, 1);
	assert_int_equal(json_integer_value(json_object_get(published, "PublicPort")), 8080);
	assert_int_equal(json_integer_value(json_object_get(published, "PrivatePort")), 80);
	assert_string_equal(json_string_at(published, "IP", NULL), "0.0.0.0");
	assert_int_equal(json_integer_value(json_object_get(exposed, "PrivatePort")), 53);
	assert_string_equal(json_string_at(exposed, "Type", NULL), "udp");
	assert_null(json_object_get(exposed, "PublicPort"));
}

/* A damaged document must give a row all the same: one bad container is not to break the list. */
static void test_an_empty_document(void **state)
{
	(void)state;
	autojson *document = json_object();
	autojson *row = container_summary_json(document, "", time_now());

	assert_non_null(row);
	assert_string_equal(json_string_at(row, "HostConfig", "NetworkMode", NULL), "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_row),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_an_empty_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
