#include "firewall_forward.h"

#include <fcntl.h>
#include <string.h>

#include "explain.h"
#include "file.h"
#include "firewall_rules.h"
#include "log.h"
#include "memory.h"

static const struct {
	const char *path, *sysctl, *nfproto;
} families[FIREWALL_FAMILIES] = {
	[FIREWALL_IPV4] = {"/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward", "ipv4"},
	[FIREWALL_IPV6] = {"/proc/sys/net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding",
			   "ipv6"},
};

static char *rule(enum firewall_family family)
{
	return format(FIREWALL_STRANGERS, families[family].nfproto, families[family].sysctl);
}

void firewall_forward_recall(struct firewall_forward *forward, const char *table)
{
	for (size_t i = 0; i < FIREWALL_FAMILIES && !forward->no_drop; i++) {
		autofree char *text = rule(i);

		forward->ours[i] |= strstr(table, text) != NULL;
	}
}

fallible firewall_forward_turn_on(struct firewall_forward *forward, enum firewall_family family,
				  bool *changed)
{
	uint64_t began = explain_clock();
	autobuffer now = {0};

	*changed = false;
	TRY(file_read(AT_FDCWD, families[family].path, 16, &now));
	if (now.length && now.data[0] != '0')
		return NULL;
	TRY(error_wrap(file_write(AT_FDCWD, families[family].path, "1"),
		       "cannot turn on forwarding, so containers would reach nothing beyond this "
		       "host (daemon.json: \"ip-forward\": false leaves it as it is)"));
	forward->ours[family] = *changed = !forward->no_drop;
	log_info("turned on %s: this machine hands on packets from and to containers; those of "
		 "others are %s",
		 families[family].sysctl,
		 forward->no_drop ? "handed on, too, and will be (--ip-forward-no-drop)"
				  : "dropped, as they were not handed on before");
	explain(began, "5.7", "packets that are not for this machine itself are handed on",
		"sysctl -w %s=1", families[family].sysctl);
	return NULL;
}

void firewall_forward_turn_off(struct firewall_forward *forward)
{
	for (size_t i = 0; i < FIREWALL_FAMILIES; i++) {
		if (!forward->ours[i])
			continue;
		log_dropped(LOG_LEVEL_WARN, file_write(AT_FDCWD, families[i].path, "0"),
			    "forwarding stays turned on");
		forward->ours[i] = false;
	}
}

static bool is_any_ours(const struct firewall_forward *forward)
{
	return forward->ours[FIREWALL_IPV4] || forward->ours[FIREWALL_IPV6];
}

bool firewall_forward_share(struct firewall_forward *forward, bool docker)
{
	bool changed = docker != forward->docker;

	forward->docker = docker;
	return changed && is_any_ours(forward);
}

void firewall_forward_rules(const struct firewall_forward *forward, struct buffer *text)
{
	if (is_any_ours(forward))
		buffer_append_string(text, "\t\t" FIREWALL_SWITCHED "\n");
	if (is_any_ours(forward) && forward->docker)
		buffer_append_string(text, FIREWALL_DOCKER);
	for (size_t i = 0; i < FIREWALL_FAMILIES; i++) {
		autofree char *line = rule(i);

		if (forward->ours[i])
			buffer_printf(text, "\t\t%s\n", line);
	}
}

fallible firewall_forward_localhost(const char *bridge)
{
	autofree char *path = format("/proc/sys/net/ipv4/conf/%s/route_localnet", bridge);
	uint64_t began = explain_clock();

	TRY(file_write(AT_FDCWD, path, "1"));
	explain(began, "5.8", "a port that is published is reached as localhost, too",
		"sysctl -w net.ipv4.conf.%s.route_localnet=1", bridge);
	return NULL;
}
