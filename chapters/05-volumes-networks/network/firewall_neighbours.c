#include "firewall_neighbours.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "firewall_element.h"
#include "memory.h"

/* A chain in the way of what is forwarded. */
struct place {
	char table[80], chain[80]; /* "ip filter", "FORWARD" */
	bool drops;                /* its policy */
};

static void tell_of_docker(const char *program, const char *bridge, struct buffer *lines)
{
	buffer_printf(lines,
		      "; Docker's lets them pass after: %s -I DOCKER-USER -i %s -j ACCEPT && "
		      "%s -I DOCKER-USER -o %s -j ACCEPT (without Docker: -I FORWARD)",
		      program, bridge, program, bridge);
}

static void tell_of_policy(const struct place *place, const char *bridge, struct buffer *lines)
{
	static const char *const programs[][2] = {{"ip filter", "iptables"},
						  {"ip6 filter", "ip6tables"}};

	buffer_printf(lines,
		      "the table '%s' of somebody else drops what is forwarded (policy of the "
		      "chain '%s'), also from and to containers",
		      place->table, place->chain);
	for (size_t i = 0; i < countof(programs); i++)
		if (strcmp(programs[i][0], place->table) == 0)
			tell_of_docker(programs[i][1], bridge, lines);
	buffer_append_string(lines, "\n");
}

/* While it reloads, which is over in a moment, it lets nothing pass by a table of its own. */
static bool is_reloading(const struct place *place)
{
	return strcmp(place->table, "inet firewalld_policy_drop") == 0;
}

static bool has_zone(const char *chains, const char *bridge)
{
	autofree char *rule = format("iifname \"%s\"", bridge);

	return strstr(chains, rule) != NULL;
}

static void tell(const struct place *place, const char *chains, const char *bridge,
		 struct buffer *lines)
{
	if (place->drops && !is_reloading(place))
		tell_of_policy(place, bridge, lines);
	else if (strcmp(place->table, "inet firewalld") == 0 && !has_zone(chains, bridge))
		buffer_printf(lines,
			      "firewalld rejects what comes from a device that is in no zone, also "
			      "from containers; it lets them pass after: firewall-cmd --permanent "
			      "--zone=trusted --add-interface=%s && firewall-cmd --reload\n",
			      bridge);
}

/* "table ip filter {", "\tchain FORWARD {", "\t\ttype filter hook forward priority 0; policy drop;"
 */
static bool read_line(const char *line, struct place *place)
{
	char family[16], name[64];

	if (sscanf(line, "table %15s %63s", family, name) == 2)
		snprintf(place->table, sizeof(place->table), "%s %s", family, name);
	sscanf(line, " chain %79s", place->chain);
	place->drops = strstr(line, "policy drop") != NULL;
	return strstr(line, " hook forward ") && strcmp(place->table, FIREWALL_TABLE) != 0;
}

bool firewall_neighbours_have_docker(const char *chains)
{
	return strstr(chains, "chain DOCKER-USER ") != NULL;
}

void firewall_neighbours_append(const char *chains, const char *bridge, struct buffer *lines)
{
	autofree char *copy = duplicate(chains);
	struct place place = {0};
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (read_line(line, &place))
			tell(&place, chains, bridge, lines);
}
