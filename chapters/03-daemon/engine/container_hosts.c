#include "container_hosts.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>

#include "container.h"
#include "container_link.h"
#include "file.h"
#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "text.h"

#define HOST_FILE_LIMIT (256 * 1024)
#define HOST_GATEWAY    "host-gateway"

static const char localhost[] = "127.0.0.1\tlocalhost\n"
				"::1\tlocalhost ip6-localhost ip6-loopback\n"
				"fe00::\tip6-localnet\n"
				"ff00::\tip6-mcastprefix\n"
				"ff02::1\tip6-allnodes\n"
				"ff02::2\tip6-allrouters\n";

/* ---- --add-host ---- */

static bool is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

/* "name:address" or "name=address"; the address may have colons of its own, and brackets. */
static fallible parse_extra(const char *extra, char **name, char **address)
{
	size_t length = strcspn(extra, ":=");
	const char *value = extra[length] ? extra + length + 1 : "";
	size_t size = strlen(value);

	if (!length || !size || strpbrk(extra, " \t\r\n"))
		return text_refuse("bad format for add-host", extra);
	if (*value == '[' && value[size - 1] == ']') {
		value++;
		size -= 2;
	}
	*name = duplicate_range(extra, length);
	*address = duplicate_range(value, size);
	if (strcmp(*address, HOST_GATEWAY) != 0 && !is_address(*address))
		return text_refuse("invalid IP address in add-host", *address);
	return NULL;
}

fallible container_hosts_check(const json_t *host_config)
{
	const json_t *extra;
	size_t i;

	json_array_foreach (json_object_get(host_config, "ExtraHosts"), i, extra) {
		autofree char *name = NULL, *address = NULL;

		TRY(parse_extra(json_string_value(extra), &name, &address));
	}
	return NULL;
}

static size_t append_each(struct buffer *text, const json_t *addresses, const char *name)
{
	const json_t *address;
	size_t i;

	json_array_foreach (addresses, i, address)
		buffer_printf(text, "%s\t%s\n", json_string_value(address), name);
	return json_array_size(addresses);
}

/* The host as the container reaches it: what the daemon was told, or is the gateway of the default
 * bridge; where there is none, that of any network that it is in. */
static const char *gateway_of(const json_t *document)
{
	json_t *networks = json_at(document, "NetworkSettings", "Networks", NULL), *endpoint;
	const char *gateway = "", *name;

	json_object_foreach (networks, name, endpoint)
		if (!*gateway)
			gateway = json_string_at(endpoint, "Gateway", NULL);
	return gateway;
}

static fallible append_gateway(const json_t *document, const json_t *settings, const char *name,
			       struct buffer *text)
{
	const char *gateway = gateway_of(document);

	if (append_each(text, json_object_get(settings, "host-gateway-ips"), name))
		return NULL;
	if (!*gateway)
		return error_new(ERROR_INVALID,
				 "unable to derive the IP value for host-gateway of add-host "
				 "\"%s\": the container is in no network with a gateway (dockerd "
				 "--host-gateway-ip sets one)",
				 name);
	buffer_printf(text, "%s\t%s\n", gateway, name);
	return NULL;
}

static fallible append_extra(const json_t *document, const json_t *settings, const char *extra,
			     struct buffer *text)
{
	autofree char *name = NULL, *address = NULL;

	TRY(parse_extra(extra, &name, &address));
	if (strcmp(address, HOST_GATEWAY) == 0)
		return append_gateway(document, settings, name, text);
	buffer_printf(text, "%s\t%s\n", address, name);
	return NULL;
}

/* ---- its own addresses ---- */

/* "h.example.org h": whole, and without its domain. */
static char *names_of(const json_t *document)
{
	const char *host = json_string_at(document, "Config", "Hostname", NULL);
	const char *domain = json_string_at(document, "Config", "Domainname", NULL);
	autofree char *whole = format(*domain ? "%s.%s" : "%s", host, domain);
	size_t plain = strcspn(whole, ".");

	return whole[plain] ? format("%s %.*s", whole, (int)plain, whole) : steal(&whole);
}

void container_hosts_lines(const json_t *document, const json_t *endpoint, struct buffer *lines)
{
	static const char *const members[] = {"IPAddress", "GlobalIPv6Address"};
	autofree char *names = names_of(document);

	for (size_t i = 0; i < countof(members); i++) {
		const char *address = json_string_at(endpoint, members[i], NULL);

		if (*address && *names)
			buffer_printf(lines, "%s\t%s\n", address, names);
	}
}

/* ---- the file ---- */

/* The host's own; that it has none is as if it were empty. */
static void append_host_file(struct buffer *text)
{
	size_t before = text->length;
	autoerror e = file_read(AT_FDCWD, "/etc/hosts", HOST_FILE_LIMIT, text);

	if (e)
		text->length = before;
}

fallible container_hosts_text(const struct container *container, const json_t *settings,
			      struct buffer *text)
{
	const json_t *host_config = json_object_get(container->document, "HostConfig"), *extra;
	json_t *networks = json_at(container->document, "NetworkSettings", "Networks", NULL);
	json_t *endpoint;
	const char *name;
	size_t i;

	if (host_config_is_host(host_config, "NetworkMode"))
		append_host_file(text);
	else
		buffer_append_string(text, localhost);
	json_array_foreach (json_object_get(host_config, "ExtraHosts"), i, extra)
		TRY(append_extra(container->document, settings, json_string_value(extra), text));
	container_link_hosts(container, text);
	json_object_foreach (networks, name, endpoint)
		container_hosts_lines(container->document, endpoint, text);
	return NULL;
}

/* ---- changing it ---- */

static const char *line_end(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* With its newline; the last one of a file may have none. */
static bool has_line(const char *text, const char *line, size_t length)
{
	size_t words = line[length - 1] == '\n' ? length - 1 : length;

	for (const char *end; *text; text = end) {
		end = line_end(text);
		if (strncmp(text, line, words) == 0 && (text + words == end || text[words] == '\n'))
			return true;
	}
	return false;
}

void container_hosts_add(const char *text, const char *lines, struct buffer *changed)
{
	buffer_append_string(changed, text);
	if (*text && text[strlen(text) - 1] != '\n')
		buffer_append_string(changed, "\n");
	for (const char *end; *lines; lines = end) {
		end = line_end(lines);
		if (!has_line(text, lines, end - lines))
			buffer_append(changed, lines, end - lines);
	}
}

void container_hosts_remove(const char *text, const char *lines, struct buffer *changed)
{
	for (const char *end; *text; text = end) {
		end = line_end(text);
		if (!has_line(lines, text, end - text))
			buffer_append(changed, text, end - text);
	}
}

/* "ADDRESS<TAB>NAME ...": as these files are written here. 0: there is no such name. */
static size_t first_name(const char *line, const char **name)
{
	size_t address = strcspn(line, "\t\n");

	*name = line + address + (line[address] == '\t');
	return line[address] == '\t' ? strcspn(*name, " \t\n") : 0;
}

static const char *line_of_name(const char *lines, const char *name, size_t length)
{
	for (; *lines; lines = line_end(lines)) {
		const char *other;

		if (first_name(lines, &other) == length && strncmp(other, name, length) == 0)
			return lines;
	}
	return NULL;
}

void container_hosts_move(const char *text, const char *lines, struct buffer *changed)
{
	for (const char *end; *text; text = end) {
		const char *name;
		size_t length = first_name(text, &name);
		const char *line = length ? line_of_name(lines, name, length) : NULL;

		end = line_end(text);
		if (line) {
			buffer_append(changed, line, strcspn(line, "\t"));
			text = name - 1;
		}
		buffer_append(changed, text, end - text);
	}
}
