#include "firewall_rules.h"

#include "firewall_element.h"

/*
 * Sets: `inner` has a bridge twice where its containers reach each other, `inside` a bridge with
 * its own addresses, `masquerade` addresses that the world does not see. In `ports` a port is one
 * of all addresses of this host, in `addressed` of one address, in `direct` of a container.
 */
static const char sets[] = "	comment \"made by mini-dockerd as a whole: changes are lost\"\n"
			   "	set bridges { type ifname; }\n"
			   "	set internal { type ifname; }\n"
			   "	set inner { type ifname . ifname; }\n"
			   "	set open4 { type ifname; }\n"
			   "	set open6 { type ifname; }\n"
			   "	set direct4 { type ipv4_addr . inet_proto . inet_service; }\n"
			   "	set direct6 { type ipv6_addr . inet_proto . inet_service; }\n"
			   "	set inside4 { type ifname . ipv4_addr; flags interval; }\n"
			   "	set inside6 { type ifname . ipv6_addr; flags interval; }\n"
			   "	set masquerade4 { type ipv4_addr; flags interval; }\n"
			   "	set masquerade6 { type ipv6_addr; flags interval; }\n"
			   "	map ports4 {\n"
			   "		type inet_proto . inet_service : ipv4_addr . inet_service\n"
			   "	}\n"
			   "	map ports6 {\n"
			   "		type inet_proto . inet_service : ipv6_addr . inet_service\n"
			   "	}\n"
			   "	map addressed4 {\n"
			   "		type ipv4_addr . inet_proto . inet_service "
			   ": ipv4_addr . inet_service\n"
			   "	}\n"
			   "	map addressed6 {\n"
			   "		type ipv6_addr . inet_proto . inet_service "
			   ": ipv6_addr . inet_service\n"
			   "	}\n";

/* route_localnet lets a bridge take part in 127.0.0.0/8: containers must not. */
static const char translation[] =
	"	chain guard {\n"
	"		type filter hook prerouting priority raw; policy accept;\n"
	"		iifname @bridges ip daddr 127.0.0.0/8 drop\n"
	"	}\n"
	"	chain prerouting {\n"
	"		type nat hook prerouting priority dstnat; policy accept;\n"
	"		fib daddr type local jump publish\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100; policy accept;\n"
	"		fib daddr type local jump publish\n"
	"	}\n"
	"	chain publish {\n"
	"		dnat ip to ip daddr . meta l4proto . th dport map @addressed4\n"
	"		dnat ip to meta l4proto . th dport map @ports4\n"
	"		dnat ip6 to ip6 daddr . meta l4proto . th dport map @addressed6\n"
	"		dnat ip6 to meta l4proto . th dport map @ports6\n"
	"	}\n"
	/* The first three: an answer to these would not come back to this host by itself. */
	"	chain postrouting {\n"
	"		type nat hook postrouting priority srcnat; policy accept;\n"
	"		ct status dnat oifname . ip saddr @inside4 masquerade\n"
	"		ct status dnat oifname . ip6 saddr @inside6 masquerade\n"
	"		ct status dnat oifname @bridges fib saddr type local masquerade\n"
	"		oifname . ip saddr @inside4 return\n"
	"		oifname . ip6 saddr @inside6 return\n"
	"		ip saddr @masquerade4 masquerade\n"
	"		ip6 saddr @masquerade6 masquerade\n"
	"	}\n";

static const char forward_head[] =
	"	chain forward {\n"
	"		type filter hook forward priority filter; policy accept;\n"
	"		ct state established,related accept\n";

static const char forward[] =
	"		iifname . oifname @inner accept\n"
	"		iifname @internal drop\n"
	"		oifname @internal drop\n"
	"		ct status dnat accept\n"
	"		iifname != @bridges meta nfproto ipv4 oifname @open4 accept\n"
	"		iifname != @bridges meta nfproto ipv6 oifname @open6 accept\n"
	"		iifname != @bridges ip daddr . meta l4proto . th dport @direct4 accept\n"
	"		iifname != @bridges ip6 daddr . meta l4proto . th dport @direct6 accept\n"
	"		oifname @bridges drop\n"
	"		iifname @bridges accept\n";

void firewall_rules_append(const char *first, const char *strangers, struct buffer *text)
{
	buffer_printf(text,
		      "add table " FIREWALL_TABLE "\n"
		      "delete table " FIREWALL_TABLE "\n"
		      "table " FIREWALL_TABLE " {\n%s%s%s%s%s%s\t}\n}\n",
		      sets, translation, forward_head, first, forward, strangers);
}
