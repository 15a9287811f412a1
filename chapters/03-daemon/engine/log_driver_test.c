#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "container_life.h"
#include "engine.h"
#include "json.h"
#include "log_driver.h"
#include "memory.h"

#define ID "0123456789012345678901234567890123456789012345678901234567890123"

static json_t *json_of(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	assert_non_null(value);
	return value;
}

/* ---- at create ---- */

static const struct {
	const char *driver, *options, *message; /* NULL: nothing is wrong */
} checks[] = {
	{"json-file", "{\"max-size\":\"abc\",\"tag\":\"{{.ID}}\",\"cache-disabled\":\"1\"}", NULL},
	{"json-file", "{\"nope\":\"1\"}", "unknown log opt 'nope' for json-file log driver"},
	{"local", "{\"labels\":\"1\"}", "unknown log opt 'labels' for log driver local"},
	{"syslog", "{\"max-size\":\"1\"}", "unknown log opt 'max-size' for syslog log driver"},
	{"journald", "{\"max-size\":\"1\"}", "unknown log opt 'max-size' for journald log driver"},
	{"none", "{\"anything\":\"1\"}", NULL},
	{"nope", "{}", "logger: no log driver named 'nope' is registered"},
	{"json-file", "{\"mode\":\"weird\"}", "logger: logging mode not supported: weird"},
	{"json-file", "{\"max-buffer-size\":\"1m\"}",
	 "logger: max-buffer-size option is only supported with 'mode=non-blocking'"},
	{"json-file", "{\"mode\":\"non-blocking\",\"max-buffer-size\":\"zz\"}",
	 "error parsing option max-buffer-size: invalid size: 'zz'"},
	{"syslog", "{\"cache-disabled\":\"zz\"}", "invalid value for option cache-disabled: zz"},
	{"syslog", "{\"syslog-address\":\"foo://x\"}",
	 "syslog-address should be in form proto://address, got foo://x"},
	{"syslog", "{\"syslog-address\":\"unix:///nope\"}",
	 "stat /nope: no such file or directory"},
	{"syslog", "{\"syslog-facility\":\"x\"}", "invalid syslog facility"},
	{"syslog", "{\"syslog-facility\":\"24\"}", "invalid syslog facility"},
	{"syslog", "{\"syslog-facility\":\"local7\",\"syslog-format\":\"rfc5424\"}", NULL},
	{"syslog", "{\"syslog-format\":\"x\"}", "Invalid syslog format"},
	{"syslog", "{\"syslog-address\":\"tcp+tls://x\",\"syslog-tls-ca-cert\":\"/nope\"}", NULL},
	{"syslog", "{\"syslog-tls-foo\":\"x\"}",
	 "unknown log opt 'syslog-tls-foo' for syslog log driver"},
};

static void names_and_options_are_checked_at_create(void **state)
{
	(void)state;
	for (size_t i = 0; i < countof(checks); i++) {
		autojson *options = json_of(checks[i].options);
		autoerror e = log_driver_check(checks[i].driver, options);

		assert_string_equal(e ? e->message : "",
				    checks[i].message ? checks[i].message : "");
	}
}

static void the_daemons_defaults_are_merged(void **state)
{
	(void)state;
	autojson *defaults = json_of("{\"max-size\":\"1m\",\"max-file\":\"2\","
				     "\"cache-max-size\":\"5m\"}");
	autojson *same = json_of("{\"Config\":{\"max-file\":\"9\"}}");
	autojson *other = json_of("{\"Type\":\"syslog\"}");
	autojson *wrong = json_of("{\"Type\":\"json-file\",\"Config\":{\"x\":\"y\"}}");

	assert_null(log_driver_settle(same, "json-file", defaults));
	assert_string_equal(json_string_at(same, "Type", NULL), "json-file");
	assert_string_equal(json_string_at(same, "Config", "max-size", NULL), "1m");
	assert_string_equal(json_string_at(same, "Config", "max-file", NULL), "9");
	assert_null(log_driver_settle(other, "json-file", defaults));
	assert_int_equal(json_object_size(json_object_get(other, "Config")), 1);
	assert_string_equal(json_string_at(other, "Config", "cache-max-size", NULL), "5m");
	autoerror e = log_driver_settle(wrong, "local", NULL);
	assert_non_null(e);
}

/* ---- at start ---- */

static struct container *container_with(struct engine *engine, const char *log_config)
{
	autojson *config = json_of(log_config);

	return container_new(
		engine, ID,
		json_pack("{s:s, s:s, s:s, s:s, s:[s], s:{s:s, s:{s:s, s:s}, s:[ss]}, s:{s:O}, "
			  "s:{s:s}}",
			  "Id", ID, "Name", "/box", "Image", "sha256:abcdef0123", "Path", "sh",
			  "Args", "-c", "Config", "Image", "busybox", "Labels", "one", "1", "two.x",
			  "<2>", "Env", "A=b", "PATH=/bin", "HostConfig", "LogConfig", config,
			  "State", "Status", "created"));
}

static const struct {
	const char *log_config, *message;
} starts[] = {
	{"{\"Config\":{\"max-size\":\"-1\"}}", "invalid size: '-1'"},
	{"{\"Config\":{\"max-size\":\"0\"}}", "max-size must be a positive number"},
	{"{\"Config\":{\"max-file\":\"0\"}}", "max-file cannot be less than 1"},
	{"{\"Config\":{\"max-file\":\"x\"}}", "strconv.Atoi: parsing \"x\": invalid syntax"},
	{"{\"Config\":{\"compress\":\"true\"}}",
	 "compress cannot be true when max-file is less than 2 or max-size is not set"},
	{"{\"Config\":{\"compress\":\"maybe\"}}",
	 "strconv.ParseBool: parsing \"maybe\": invalid syntax"},
	{"{\"Config\":{\"tag\":\"{{.Nope\"}}", "template: log-tag: "},
	{"{\"Config\":{\"labels-regex\":\"[\"}}", "error parsing regexp: "},
	{"{\"Type\":\"local\",\"Config\":{\"max-size\":\"abc\"}}",
	 "invalid value for max-size: abc: invalid size: 'abc'"},
	{"{\"Type\":\"local\",\"Config\":{\"max-file\":\"1\"}}",
	 "compression cannot be enabled when max file count is 1"},
	{"{\"Type\":\"local\",\"Config\":{\"max-file\":\"-1\"}}",
	 "max file count cannot be less than 0"},
	{"{\"Type\":\"local\",\"Config\":{\"compress\":\"z\"}}",
	 "error reading compress log option: strconv.ParseBool: parsing \"z\": invalid syntax"},
	{"{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":\"udp://127.0.0.1:1\","
	 "\"cache-max-file\":\"1\"}}",
	 "compression cannot be enabled when max file count is 1"},
};

static void values_are_checked_at_start(void **state)
{
	(void)state;
	struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER};

	for (size_t i = 0; i < countof(starts); i++) {
		autocontainer *container = container_with(&engine, starts[i].log_config);
		autofree char *expected =
			format("failed to initialize logging driver: %s", starts[i].message);
		autobuffer orders = {0};
		autoerror e = log_driver_orders(container, &orders);

		assert_non_null(e);
		assert_memory_equal(e->message, expected, strlen(expected));
	}
}

/* The orders with '|' for each NUL. */
static void assert_orders(const char *log_config, const char *expected)
{
	struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER};
	autocontainer *container = container_with(&engine, log_config);
	autobuffer orders = {0};

	assert_null(log_driver_orders(container, &orders));
	for (size_t i = 0; i < orders.length; i++)
		if (!orders.data[i])
			orders.data[i] = '|';
	assert_string_equal(orders.data ? orders.data : "", expected);
}

/* What a log over TLS is ordered with, from the CA on. */
static void assert_tls(const char *address, const char *options, const char *expected)
{
	struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER};
	autofree char *config = format("{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":"
				       "\"tcp+tls://%s\"%s}}",
				       address, options);
	autocontainer *container = container_with(&engine, config);
	autobuffer orders = {0};

	assert_null(log_driver_orders(container, &orders));
	struct log_orders all = {orders.data, orders.length}, mine = log_orders_next(&all);
	autofree char *text =
		format("%s %s %s %s", log_orders_text(&mine, "address"),
		       log_orders_text(&mine, "ca"), log_orders_text(&mine, "certificate"),
		       log_orders_text(&mine, "key"));
	assert_string_equal(text, expected);
	assert_non_null(strstr(log_orders_text(&mine, "program"), "/mini-tls"));
}

static void over_tls_a_name_stays_one_and_a_certificate_is_wanted(void **state)
{
	(void)state;
	assert_tls("no-such-host:6514", "", "tcp+tls:no-such-host:6514 -  ");
	assert_tls("[2001:db8::1]", ",\"syslog-tls-ca-cert\":\"/ca\"",
		   "tcp+tls:[2001:db8::1]:514 /ca  ");
	assert_tls("h:1", ",\"syslog-tls-cert\":\"/c\",\"syslog-tls-key\":\"/k\"",
		   "tcp+tls:h:1 - /c /k");
	assert_tls("h:1", ",\"syslog-tls-skip-verify\":\"\",\"syslog-tls-ca-cert\":\"/ca\"",
		   "tcp+tls:h:1   ");
}

static void the_shim_is_told_values_not_templates(void **state)
{
	(void)state;
	assert_orders("{}", "driver=json-file|file=" ID "-json.log|max-size=0|max-file=1|"
			    "compress=0|");
	assert_orders("{\"Type\":\"none\"}", "");
	/* json-file's sizes are decimal, those of local binary: so it is in Docker. */
	assert_orders("{\"Config\":{\"max-size\":\"10k\",\"max-file\":\"3\",\"compress\":\"true\","
		      "\"labels\":\"one,none\",\"labels-regex\":\"^two\",\"env\":\"A\",\"tag\":"
		      "\"{{.Name}}/{{.ID}}/{{.ImageName}}\"}}",
		      "driver=json-file|file=" ID "-json.log|max-size=10000|max-file=3|compress=1|"
		      "attributes={\"A\":\"b\",\"one\":\"1\",\"tag\":\"box/012345678901/busybox\","
		      "\"two.x\":\"\\u003c2\\u003e\"}|");
	assert_orders("{\"Type\":\"local\",\"Config\":{\"max-size\":\"10k\"}}",
		      "driver=local|file=local-logs/container.log|max-size=10240|max-file=5|"
		      "compress=1|");
}

static void what_is_sent_is_cached_too(void **state)
{
	(void)state;
	char host[65] = "";

	gethostname(host, sizeof(host) - 1);
	autofree char *sent = format("driver=syslog|address=udp:127.0.0.1:514|facility=19|format=|"
				     "tag=012345678901|host=%s|",
				     host);
	autofree char *cached = format("%sbuffer=2048|driver=local|file=container-cached.log|"
				       "max-size=1024|max-file=5|compress=1|",
				       sent);
	assert_orders("{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":\"udp://127.0.0.1\","
		      "\"syslog-facility\":\"local3\",\"cache-disabled\":\"true\"}}",
		      sent);
	assert_orders("{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":\"udp://127.0.0.1\","
		      "\"syslog-facility\":\"local3\",\"cache-max-size\":\"1k\",\"mode\":"
		      "\"non-blocking\",\"max-buffer-size\":\"2k\"}}",
		      cached);
}

/* ---- reading ---- */

static void assert_reads(const char *log_config, const char *expected)
{
	struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER};
	autocontainer *container = container_with(&engine, log_config);
	const struct log_form *form = NULL;
	autofree char *name = NULL;
	autoerror e = log_driver_reading(container, &form, &name);

	assert_string_equal(e ? e->message : name, expected);
}

static void who_can_be_read_is(void **state)
{
	(void)state;
	static const char cannot[] = "configured logging driver does not support reading";

	assert_reads("{}", ID "-json.log");
	assert_reads("{\"Type\":\"local\"}", "local-logs/container.log");
	assert_reads("{\"Type\":\"syslog\"}", "container-cached.log");
	assert_reads("{\"Type\":\"syslog\",\"Config\":{\"cache-disabled\":\"true\"}}", cannot);
	assert_reads("{\"Type\":\"none\"}", cannot);
	assert_reads("{\"Type\":\"gone\"}", cannot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_options_are_checked_at_create),
		cmocka_unit_test(the_daemons_defaults_are_merged),
		cmocka_unit_test(values_are_checked_at_start),
		cmocka_unit_test(the_shim_is_told_values_not_templates),
		cmocka_unit_test(over_tls_a_name_stays_one_and_a_certificate_is_wanted),
		cmocka_unit_test(what_is_sent_is_cached_too),
		cmocka_unit_test(who_can_be_read_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
