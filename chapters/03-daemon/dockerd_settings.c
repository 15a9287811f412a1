#include "dockerd_settings.h"

#include <string.h>

#include "dockerd_config.h"
#include "flag_completion.h"
#include "memory.h"

#define FIELD(name) offsetof(struct dockerd_config, name)

const struct option_row dockerd_flags[] = {
	{0, "add-runtime", OPTION_LIST, FIELD(runtime_flags), "runtime",
	 "Register an additional OCI compatible runtime"},
	{0, "allow-direct-routing", OPTION_FLAG, FIELD(direct_routing), NULL,
	 "Allow remote access to published ports on container IP addresses"},
	{0, "authorization-plugin", OPTION_LIST, FIELD(authorization), "list",
	 "Authorization plugins to load"},
	{0, "bip", OPTION_TEXT, FIELD(bip), "string",
	 "IPv4 address for the default bridge, with the length of its subnet"},
	{0, "bip6", OPTION_TEXT, FIELD(bip6), "string",
	 "IPv6 address for the default bridge, with the length of its subnet"},
	{'b', "bridge", OPTION_TEXT, FIELD(bridge), "string",
	 "Attach containers to a network bridge (\"none\" for no default network)"},
	{0, "bridge-accept-fwmark", OPTION_TEXT, FIELD(accept_mark), "string",
	 "In bridge networks, accept packets with this firewall mark/mask"},
	{0, "cgroup-parent", OPTION_TEXT, FIELD(cgroup_parent), "string",
	 "Set parent cgroup for all containers (default \"/mini-docker\")"},
	{0, "completion", OPTION_TEXT, FIELD(completion), "shell", FLAG_COMPLETION_HELP},
	{0, "config-file", OPTION_TEXT, FIELD(config_file), "string",
	 "Daemon configuration file (default \"" DOCKERD_DEFAULT_CONFIG_FILE "\")"},
	{0, "data-root", OPTION_TEXT, FIELD(data_root), "string",
	 "Root directory of persistent Docker state (default \"/var/lib/mini-docker\")"},
	{'D', "debug", OPTION_FLAG, FIELD(debug), NULL, "Enable debug mode"},
	{0, "default-address-pool", OPTION_LIST, FIELD(pool_flags), "pool-options",
	 "Default address pools for networks: base=SUBNET,size=BITS"},
	{0, "default-cgroupns-mode", OPTION_TEXT, FIELD(cgroupns_mode), "string",
	 "Default mode for containers cgroup namespace (\"host\" | \"private\") "
	 "(default \"private\")"},
	{0, "default-gateway", OPTION_TEXT, FIELD(default_gateway), "ip",
	 "Default gateway IPv4 address of the default network"},
	{0, "default-gateway-v6", OPTION_TEXT, FIELD(default_gateway_v6), "ip",
	 "Default gateway IPv6 address of the default network"},
	{0, "default-ipc-mode", OPTION_TEXT, FIELD(ipc_mode), "string",
	 "Default mode for containers ipc (\"shareable\" | \"private\") "
	 "(default \"private\")"},
	{0, "default-network-opt", OPTION_LIST, FIELD(network_flags), "mapmap",
	 "Default network options"},
	{0, "default-runtime", OPTION_TEXT, FIELD(default_runtime), "string",
	 "Default OCI runtime for containers (default \"runc\")"},
	{0, "default-shm-size", OPTION_SIZE, FIELD(shm_size), "bytes",
	 "Default shm size for containers (default 64MiB)"},
	{0, "default-ulimit", OPTION_LIST, FIELD(ulimit_flags), "ulimit",
	 "Default ulimits for containers"},
	{0, "dns", OPTION_LIST, FIELD(dns), "list", "DNS servers of containers"},
	{0, "dns-opt", OPTION_LIST, FIELD(dns_options), "list", "DNS options of containers"},
	{0, "dns-search", OPTION_LIST, FIELD(dns_search), "list",
	 "DNS search domains of containers"},
	{0, "exec-opt", OPTION_LIST, FIELD(exec_opts), "list", "Runtime execution options"},
	{0, "exec-root", OPTION_TEXT, FIELD(exec_root), "string",
	 "Root directory for execution state files (default \"/run/mini-docker\")"},
	{0, "experimental", OPTION_FLAG, FIELD(experimental), NULL, "Enable experimental features"},
	{0, "feature", OPTION_LIST, FIELD(feature_flags), "map", "Enable feature in the daemon"},
	{0, "firewall-backend", OPTION_TEXT, FIELD(firewall_backend), "string",
	 "Firewall backend to use: nftables"},
	{0, "fixed-cidr", OPTION_TEXT, FIELD(fixed_cidr), "string",
	 "IPv4 subnet for containers of the default network"},
	{0, "fixed-cidr-v6", OPTION_TEXT, FIELD(fixed_cidr_v6), "string",
	 "IPv6 subnet for containers of the default network"},
	{'G', "group", OPTION_TEXT, FIELD(group), "string",
	 "Group for the unix socket (default \"docker\")"},
	{0, "help", OPTION_FLAG, FIELD(help), NULL, "Print usage"},
	{'H', "host", OPTION_LIST, FIELD(hosts), "list", "Daemon socket(s) to connect to"},
	{0, "host-gateway-ip", OPTION_LIST, FIELD(host_gateways), "list",
	 "IP addresses that the special 'host-gateway' of --add-host stands for"},
	{0, "http-proxy", OPTION_TEXT, FIELD(http_proxy), "string",
	 "HTTP proxy URL to use for outgoing traffic"},
	{0, "https-proxy", OPTION_TEXT, FIELD(https_proxy), "string",
	 "HTTPS proxy URL to use for outgoing traffic"},
	{0, "icc", OPTION_FLAG, FIELD(icc), NULL, "Enable inter-container communication"},
	{0, "init", OPTION_FLAG, FIELD(init), NULL,
	 "Run an init in the container to forward signals and reap processes"},
	{0, "init-path", OPTION_TEXT, FIELD(init_path), "string",
	 "Path to the docker-init binary (default: mini-init beside this program)"},
	{0, "insecure-registry", OPTION_LIST, FIELD(insecure_registries), "list",
	 "Enable insecure registry communication"},
	{0, "ip", OPTION_TEXT, FIELD(host_address), "ip",
	 "Host IP for port publishing on the default network (default 0.0.0.0)"},
	{0, "ip-forward", OPTION_FLAG, FIELD(ip_forward), NULL, "Enable IP forwarding"},
	{0, "ip-forward-no-drop", OPTION_FLAG, FIELD(ip_forward_no_drop), NULL,
	 "Do not drop what is forwarded for others when enabling IP forwarding"},
	{0, "ip-masq", OPTION_FLAG, FIELD(ip_masq), NULL, "Enable IP masquerading"},
	{0, "ip6tables", OPTION_FLAG, FIELD(ip6tables), NULL, "Enable ip6tables rules"},
	{0, "iptables", OPTION_FLAG, FIELD(iptables), NULL, "Enable iptables rules"},
	{0, "ipv6", OPTION_FLAG, FIELD(ipv6), NULL, "Enable IPv6 networking"},
	{0, "label", OPTION_LIST, FIELD(labels), "list", "Set key=value labels to the daemon"},
	{0, "live-restore", OPTION_FLAG, FIELD(live_restore), NULL,
	 "Keep containers running while the daemon is down (always so)"},
	{0, "log-driver", OPTION_TEXT, FIELD(log_driver), "string",
	 "Default driver for container logs (default \"json-file\")"},
	{0, "log-opt", OPTION_LIST, FIELD(log_flags), "map",
	 "Default log driver options for containers"},
	{0, "log-format", OPTION_TEXT, FIELD(log_format), "string",
	 "Set the logging format (\"text\"|\"json\") (default \"text\")"},
	{'l', "log-level", OPTION_TEXT, FIELD(log_level_name), "string",
	 "Set the logging level (\"debug\"|\"info\"|\"warn\"|\"error\"|\"fatal\") "
	 "(default \"info\")"},
	{0, "man", OPTION_FLAG, FIELD(man), NULL, "Print the manual page and quit"},
	{0, "max-concurrent-downloads", OPTION_INTEGER, FIELD(max_downloads), "int",
	 "Set the max concurrent downloads (default 3)"},
	{0, "max-concurrent-uploads", OPTION_INTEGER, FIELD(max_uploads), "int",
	 "Set the max concurrent uploads (default 5)"},
	{0, "max-download-attempts", OPTION_INTEGER, FIELD(max_attempts), "int",
	 "Set the max download attempts for each pull (default 5)"},
	{0, "mtu", OPTION_INTEGER, FIELD(mtu), "int", "MTU of the default network (default 1500)"},
	{0, "no-new-privileges", OPTION_FLAG, FIELD(no_new_privileges), NULL,
	 "Set no-new-privileges by default for new containers"},
	{0, "no-proxy", OPTION_TEXT, FIELD(no_proxy), "string",
	 "Comma-separated list of hosts or IP addresses for which the proxy is skipped"},
	{0, "oom-score-adjust", OPTION_INTEGER, FIELD(oom_score), "int",
	 "Set the oom_score_adj for the daemon"},
	{'p', "pidfile", OPTION_TEXT, FIELD(pidfile), "string",
	 "Path to use for daemon PID file (default EXEC-ROOT/mini-dockerd.pid)"},
	{0, "raw-logs", OPTION_FLAG, FIELD(raw_logs), NULL,
	 "Full timestamps without ANSI coloring (always so)"},
	{0, "registry-mirror", OPTION_LIST, FIELD(mirrors), "list", "Preferred registry mirror"},
	{0, "rootless", OPTION_FLAG, FIELD(rootless), NULL,
	 "Enable rootless mode; typically used with mini-dockerd-rootless"},
	{0, "seccomp-profile", OPTION_TEXT, FIELD(seccomp_profile), "string",
	 "Path to seccomp profile. Set to \"unconfined\" to disable the default seccomp profile "
	 "(default \"builtin\")"},
	{0, "selinux-enabled", OPTION_FLAG, FIELD(selinux), NULL,
	 "Enable selinux support (not built in)"},
	{0, "shutdown-timeout", OPTION_INTEGER, FIELD(shutdown_timeout), "int",
	 "Set the default shutdown timeout (default 15; containers outlive the daemon)"},
	{'s', "storage-driver", OPTION_TEXT, FIELD(storage_driver), "string",
	 "Storage driver to use: overlay2, or erofs, which keeps each layer as one file (default "
	 "\"overlay2\")"},
	{0, "storage-opt", OPTION_LIST, FIELD(storage_opts), "list",
	 "Storage driver options: overlay2.size=SIZE, what a container may write by default"},
	{0, "tls", OPTION_FLAG, FIELD(tls), NULL, "Use TLS; implied by --tlsverify"},
	{0, "tlscacert", OPTION_TEXT, FIELD(tls_ca), "string",
	 "Trust certs signed only by this CA (default \"~/.docker/ca.pem\")"},
	{0, "tlscert", OPTION_TEXT, FIELD(tls_certificate), "string",
	 "Path to TLS certificate file (default \"~/.docker/cert.pem\")"},
	{0, "tlskey", OPTION_TEXT, FIELD(tls_key), "string",
	 "Path to TLS key file (default \"~/.docker/key.pem\")"},
	{0, "tlsverify", OPTION_FLAG, FIELD(tls_verify), NULL, "Use TLS and verify the remote"},
	{0, "userland-proxy", OPTION_FLAG, FIELD(userland_proxy), NULL,
	 "Enable a proxy for loopback traffic"},
	{0, "userland-proxy-path", OPTION_TEXT, FIELD(userland_proxy_path), "string",
	 "Path to the userland proxy binary (none is started: threads of the daemon do it)"},
	{0, "userns-remap", OPTION_TEXT, FIELD(userns_remap), "string",
	 "User/Group setting for user namespaces"},
	{0, "validate", OPTION_FLAG, FIELD(validate), NULL,
	 "Validate daemon configuration and exit"},
	{'v', "version", OPTION_FLAG, FIELD(version), NULL, "Print version information and quit"},
	{0},
};

/* The file's key for a flag, where it is not the flag's own name. */
static const struct {
	const char *flag, *key; /* "": cannot be in the file */
	size_t object;          /* where the file's object goes */
} keys[] = {
	{"add-runtime", "runtimes", FIELD(runtimes)},
	{"log-opt", "log-opts", FIELD(log_options)},
	{"authorization-plugin", "authorization-plugins", 0},
	{"completion", "", 0},
	{"config-file", "", 0},
	{"default-address-pool", "default-address-pools", FIELD(address_pools)},
	{"default-network-opt", "default-network-opts", FIELD(network_options)},
	{"default-ulimit", "default-ulimits", FIELD(ulimits)},
	{"dns-opt", "dns-opts", 0},
	{"exec-opt", "exec-opts", 0},
	{"feature", "features", FIELD(features)},
	{"help", "", 0},
	{"host", "hosts", 0},
	{"host-gateway-ip", "host-gateway-ips", 0},
	{"insecure-registry", "insecure-registries", 0},
	{"label", "labels", 0},
	{"man", "", 0},
	{"registry-mirror", "registry-mirrors", 0},
	{"storage-opt", "storage-opts", 0},
	{"validate", "", 0},
	{"version", "", 0},
};

#define CHAPTER(number) "chapter " number " brings it"
#define REAL_TIME                                                                                  \
	"control groups of version 2 have no such limit; of version 1, write it to the cpu.rt_* "  \
	"files of the --cgroup-parent"

/* What dockerd has and this daemon does not: told apart from what nobody knows. */
static const struct {
	const char *name, *instead;
} absent[] = {
	{"builder", CHAPTER("06")},
	{"cdi-spec-dir", "give a container its devices by their paths, with --device"},
	{"cpu-rt-period", REAL_TIME},
	{"cpu-rt-runtime", REAL_TIME},
	{"metrics-addr", CHAPTER("07")},
	{"network-control-plane-mtu", CHAPTER("07")},
	{"node-generic-resource", CHAPTER("07")},
	{"swarm-default-advertise-addr", CHAPTER("07")},
};

/* No containerd runs behind this daemon; what is deprecated there has no effect there either. */
static const char *const idle[] = {
	"allow-nondistributable-artifacts",
	"api-cors-header",
	"containerd",
	"containerd-namespace",
	"containerd-plugins-namespace",
	"cri-containerd",
	"deprecated-key-path",
};

static const char *key_of(const struct option_row *row)
{
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(keys[i].flag, row->name) == 0)
			return keys[i].key;
	return row->name;
}

const struct option_row *dockerd_setting_of_key(const char *key)
{
	for (const struct option_row *row = dockerd_flags; row->name; row++)
		if (strcmp(key_of(row), key) == 0)
			return row;
	return NULL;
}

size_t dockerd_setting_object(const struct option_row *row)
{
	for (size_t i = 0; i < countof(keys); i++)
		if (strcmp(keys[i].flag, row->name) == 0)
			return keys[i].object;
	return 0;
}

bool dockerd_setting_is_on(const struct option_row *row)
{
	static const char *const on[] = {"icc",      "ip-forward", "ip-masq",
					 "iptables", "ip6tables",  "userland-proxy"};

	for (size_t i = 0; i < countof(on); i++)
		if (strcmp(on[i], row->name) == 0)
			return true;
	return false;
}

const char *dockerd_setting_absent(const char *name, size_t length)
{
	for (size_t i = 0; i < countof(absent); i++)
		if (strlen(absent[i].name) == length && memcmp(absent[i].name, name, length) == 0)
			return absent[i].instead;
	return NULL;
}

/* "cdi-spec-dirs", "node-generic-resources" */
const char *dockerd_setting_key_absent(const char *key)
{
	size_t length = strlen(key);
	const char *instead = dockerd_setting_absent(key, length);

	return instead || !length || key[length - 1] != 's'
		       ? instead
		       : dockerd_setting_absent(key, length - 1);
}

bool dockerd_setting_is_idle(const char *key)
{
	for (size_t i = 0; i < countof(idle); i++)
		if (strcmp(idle[i], key) == 0)
			return true;
	return false;
}
