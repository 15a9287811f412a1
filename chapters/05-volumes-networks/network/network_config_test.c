#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "json.h"
#include "memory.h"
#include "network_config.h"

static json_t *made(const char *request)
{
	autojson *value = json_loads(request, 0, NULL);
	json_t *document = NULL;
	autoerror e = network_config_make(value, NULL, &document);

	if (e)
		fail_msg("%s: %s", request, e->message);
	return document;
}

static struct network *read_from(const char *request)
{
	struct network *network = NULL;
	autoerror e = network_config_read(made(request), &network);

	if (e)
		fail_msg("%s: %s", request, e->message);
	return network;
}

static void a_document(void **state)
{
	autojson *document = made("{\"Name\":\"front\",\"Labels\":{\"a\":\"b\"},\"Junk\":1}");
	(void)state;

	assert_string_equal(json_string_at(document, "Name", NULL), "front");
	assert_string_equal(json_string_at(document, "Driver", NULL), "bridge");
	assert_string_equal(json_string_at(document, "Scope", NULL), "local");
	assert_string_equal(json_string_at(document, "IPAM", "Driver", NULL), "default");
	assert_string_equal(json_string_at(document, "Labels", "a", NULL), "b");
	assert_int_equal(strlen(json_string_at(document, "Id", NULL)), ID_LENGTH);
	assert_true(json_is_true(json_object_get(document, "EnableIPv4")));
	assert_null(json_object_get(document, "Junk"));
	assert_true(network_config_lacks(document, AF_INET));
	assert_false(network_config_lacks(document, AF_INET6));
}

/* What the request names is its own, and so is all of a pattern's. */
static void options_of_the_daemon(void **state)
{
	static const struct {
		const char *driver, *from, *a, *b;
	} rows[] = {{"", "", "own", "2"},
		    {"bridge", "", "own", "2"},
		    {"bridge", "p", "own", ""},
		    {"host", "", "own", ""}};
	autojson *defaults = json_pack("{s:{s:s, s:s}}", "bridge", "a", "1", "b", "2");
	(void)state;

	for (size_t i = 0; i < countof(rows); i++) {
		autojson *request = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}}", "Name", "n", "Driver",
					      rows[i].driver, "ConfigFrom", "Network", rows[i].from,
					      "Options", "a", "own");
		autojson *document = NULL;

		assert_null(network_config_make(request, defaults, &document));
		assert_string_equal(json_string_at(document, "Options", "a", NULL), rows[i].a);
		assert_string_equal(json_string_at(document, "Options", "b", NULL), rows[i].b);
		assert_int_equal(json_object_size(json_object_get(request, "Options")), 1);
	}
}

static void a_chosen_subnet(void **state)
{
	json_t *document = made("{\"Name\":\"front\",\"EnableIPv6\":true}");
	struct network *network;
	struct subnet subnet;
	char text[ADDRESS_TEXT];
	(void)state;

	assert_true(network_config_lacks(document, AF_INET6));
	assert_null(subnet_parse("172.18.0.0/16", &subnet));
	network_config_add_subnet(document, &subnet);
	assert_false(network_config_lacks(document, AF_INET));
	assert_true(json_is_true(json_object_get(document, "Chosen")));
	assert_null(network_config_read(document, &network));
	address_text(&network->v4.gateway, text);
	assert_string_equal(text, "172.18.0.1");
	assert_null(network->v6.pool);
	network_free(network);
}

static void addresses_that_are_given(void **state)
{
	struct network *network = read_from(
		"{\"Name\":\"front\",\"EnableIPv6\":true,\"IPAM\":{\"Config\":[{\"Subnet\":"
		"\"10.1.2.0/24\",\"IPRange\":\"10.1.2.128/25\",\"Gateway\":\"\",\"AuxAddress\":{"
		"\"r\":\"10.1.2.129\"}},{\"Subnet\":\"fd01::/64\",\"Gateway\":\"fd01::9\"}]}}");
	struct address address;
	char text[ADDRESS_TEXT];
	(void)state;

	address_text(&network->v4.gateway, text);
	assert_string_equal(text, "10.1.2.128");
	assert_null(address_pool_next(network->v4.pool, &address));
	address_text(&address, text);
	assert_string_equal(text, "10.1.2.130");
	address_text(&network->v6.gateway, text);
	assert_string_equal(text, "fd01::9");
	network_free(network);
}

static void options_of_the_bridge(void **state)
{
	struct network *network = read_from(
		"{\"Name\":\"front\",\"Options\":{\"com.docker.network.bridge.name\":\"br7\","
		"\"com.docker.network.bridge.enable_icc\":\"F\",\"com.docker.network.driver.mtu\":"
		"\"1400\",\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\"}}");
	(void)state;

	assert_string_equal(network->device, "br7");
	assert_false(network->icc);
	assert_true(network->masquerade);
	assert_int_equal(network->mtu, 1400);
	assert_string_equal(network->host_address, "127.0.0.1");
	network_free(network);
}

static void what_is_refused(void **state)
{
	static const char *const requests[][2] = {
		{"{}", "name is empty"},
		{"{\"Name\":\" \"}", "name is empty"},
		{"{\"Name\":1}", "Name"},
		{"{\"Name\":\"a/b\"}", "slash"},
		{"{\"Name\":\"a\",\"Driver\":\"x\"}", "plugin \"x\" not found"},
		{"{\"Name\":\"a\",\"Ingress\":true}", "ingress"},
		{"{\"Name\":\"a\",\"EnableIPv4\":false}", "must be enabled"},
		{"{\"Name\":\"a\",\"Options\":{\"x\":1}}", "Options"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[1]}}", "no object"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/33\"}]}}",
		 "invalid CIDR block notation"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.1/8\"}]}}",
		 "it should be 10.0.0.0/8"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/8\",\"Gateway\":"
		 "\"fd00::1\"}]}}",
		 "invalid gateway fd00::1: parent subnet is an IPv4 block"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/8\",\"IPRange\":"
		 "\"10.1.1.1/16\"}]}}",
		 "invalid ip-range 10.1.1.1/16: it should be 10.1.0.0/16"},
	};
	(void)state;

	for (size_t i = 0; i < countof(requests); i++) {
		autojson *request = json_loads(requests[i][0], 0, NULL);
		json_t *document = NULL;
		autoerror e = network_config_make(request, NULL, &document);

		if (!e)
			fail_msg("%s was accepted", requests[i][0]);
		if (!strstr(e->message, requests[i][1]))
			fail_msg("'%s' does not say '%s'", e->message, requests[i][1]);
	}
}

static void what_cannot_be_read(void **state)
{
	static const char *const requests[][2] = {
		{"{\"Name\":\"a\",\"Options\":{\"com.docker.network.driver.mtu\":\"x\"}}",
		 "com.docker.network.driver.mtu value: x"},
		{"{\"Name\":\"a\",\"Options\":{\"com.docker.network.driver.mtu\":\"5\"}}",
		 "from 68"},
		{"{\"Name\":\"a\",\"Options\":{\"com.docker.network.bridge.enable_icc\":\"maybe\"}"
		 "}",
		 "strconv.ParseBool"},
		{"{\"Name\":\"a\",\"Options\":{\"com.docker.network.bridge.name\":\"a/b\"}}",
		 "cannot be the name of a bridge"},
		{"{\"Name\":\"a\",\"Options\":{\"com.docker.network.bridge.name\":"
		 "\"abcdefghijklmnop\"}}",
		 "cannot be the name of a bridge"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/8\",\"Gateway\":"
		 "\"10.0.0.0\"}]}}",
		 "failed to allocate gateway (10.0.0.0)"},
		{"{\"Name\":\"a\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/8\"},{\"Subnet\":"
		 "\"11.0.0.0/8\"}]}}",
		 "doesn't support multiple subnets"},
	};
	(void)state;

	for (size_t i = 0; i < countof(requests); i++) {
		struct network *network = NULL;
		autoerror e = network_config_read(made(requests[i][0]), &network);

		if (!e)
			fail_msg("%s was accepted", requests[i][0]);
		if (!strstr(e->message, requests[i][1]))
			fail_msg("'%s' does not say '%s'", e->message, requests[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document),
		cmocka_unit_test(options_of_the_daemon),
		cmocka_unit_test(a_chosen_subnet),
		cmocka_unit_test(addresses_that_are_given),
		cmocka_unit_test(options_of_the_bridge),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
