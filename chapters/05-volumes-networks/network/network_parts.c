#include "network_parts.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

#include "engine.h"
#include "json.h"
#include "settings.h"

#define MARK "firewall" /* in the exec root */

static struct {
	struct firewall *firewall;
	struct port_map *ports;
	struct dns *dns;
	int exec_root; /* borrowed of the engine */
	pthread_mutex_t lock;
	bool ready;
} parts = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct firewall *network_firewall(void)
{
	return parts.firewall;
}

struct port_map *network_ports(void)
{
	return parts.ports;
}

struct dns *network_dns(void)
{
	return parts.dns;
}

static uint32_t mark_of(const json_t *settings, const char *name)
{
	return json_integer_value(
		json_object_get(json_object_get(settings, "bridge-accept-fwmark"), name));
}

fallible network_parts_open(struct engine *engine)
{
	autojson *settings = settings_now(engine->settings);
	const struct firewall_options options = {
		.off = json_is_false(json_object_get(settings, "iptables")),
		.no_forward = json_is_false(json_object_get(settings, "ip-forward")),
		.mark = mark_of(settings, "value"),
		.mark_mask = mark_of(settings, "mask"),
		.direct = json_is_true(json_object_get(settings, "allow-direct-routing")),
		.no_drop = json_is_true(json_object_get(settings, "ip-forward-no-drop")),
	};

	parts.exec_root = engine->exec_root;
	TRY(firewall_open(&options, &parts.firewall));
	parts.ports = port_map_create(parts.firewall,
				      !json_is_false(json_object_get(settings, "userland-proxy")));
	return dns_open(&parts.dns);
}

void network_parts_close(void)
{
	dns_close(parts.dns);
	if (parts.ports)
		port_map_destroy(parts.ports);
	firewall_close(parts.firewall);
	parts.dns = NULL;
	parts.ports = NULL;
	parts.firewall = NULL;
	parts.ready = false;
}

/* The mark is on a tmpfs: like the kernel's tables it is gone after a boot. */
static fallible make_ready(void)
{
	int fd = openat(parts.exec_root, MARK, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system("cannot mark that there is a firewall");
	close(fd);
	return firewall_restore(parts.firewall);
}

fallible network_parts_ready(void)
{
	struct error *e = NULL;

	pthread_mutex_lock(&parts.lock);
	if (!parts.ready)
		e = make_ready();
	parts.ready = !e;
	pthread_mutex_unlock(&parts.lock);
	return e;
}

bool network_parts_were_ready(void)
{
	return faccessat(parts.exec_root, MARK, F_OK, 0) == 0;
}
