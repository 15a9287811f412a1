#include "remote_ports.h"

#include <netinet/in.h>
#include <string.h>

#include "json.h"
#include "port_request.h"

static int number_of(const char *protocol)
{
	return strcmp(protocol, "tcp") == 0   ? IPPROTO_TCP
	       : strcmp(protocol, "udp") == 0 ? IPPROTO_UDP
					      : IPPROTO_SCTP;
}

static json_t *exposed(const json_t *document)
{
	json_t *list = json_array(), *unused;
	const char *key;

	json_object_foreach (json_at(document, "Config", "ExposedPorts", NULL), key, unused) {
		const char *protocol;
		uint16_t port;
		autoerror e = port_request_parse_port(key, &port, &protocol);

		if (!e)
			json_array_append_new(list, json_pack("{s:i, s:i}", "Proto",
							      number_of(protocol), "Port", port));
	}
	return list;
}

static json_t *published(const json_t *document)
{
	autoportrequests requests = {0};
	autoerror e = port_requests_read(document, &requests);
	json_t *list = json_array();

	for (size_t i = 0; !e && i < requests.count; i++) {
		const struct port_request *request = &requests.items[i];

		json_array_append_new(list, json_pack("{s:i, s:s, s:i, s:s, s:i, s:i}", "Proto",
						      number_of(request->protocol), "IP", "",
						      "Port", request->port, "HostIP",
						      request->host_ip, "HostPort", request->first,
						      "HostPortEnd", request->last));
	}
	return list;
}

json_t *remote_ports_options(const json_t *document)
{
	json_t *options = json_object();
	autojson *ports = exposed(document);
	autojson *map = published(document);

	if (!json_array_size(ports) && !json_array_size(map))
		return options;
	json_object_set(options, "com.docker.network.endpoint.exposedports", ports);
	json_object_set(options, "com.docker.network.portmap", map);
	return options;
}
