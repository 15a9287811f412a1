#include "container_options.h"

#include <string.h>
#include <strings.h>

#include "container_value.h"
#include "memory.h"
#include "text.h"

#define AT(member) offsetof(struct container_options, member)

/* clang-format off */
#define ROWS_BEFORE_PULL \
	{0, "add-host", OPTION_LIST, AT(add_host), "list", "Add a custom host-to-IP mapping (host:ip)"}, \
	{0, "annotation", OPTION_LIST, AT(annotation), "map", "Add an annotation to the container (passed through to the OCI runtime)"}, \
	{'a', "attach", OPTION_LIST, AT(attach), "list", "Attach to STDIN, STDOUT or STDERR"}, \
	{0, "blkio-weight", OPTION_INTEGER, AT(blkio_weight), "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"}, \
	{0, "blkio-weight-device", OPTION_LIST, AT(blkio_weight_device), "list", "Block IO weight (relative device weight)"}, \
	{0, "cap-add", OPTION_LIST, AT(cap_add), "list", "Add Linux capabilities"}, \
	{0, "cap-drop", OPTION_LIST, AT(cap_drop), "list", "Drop Linux capabilities"}, \
	{0, "cgroup-parent", OPTION_TEXT, AT(cgroup_parent), "string", "Optional parent cgroup for the container"}, \
	{0, "cgroupns", OPTION_TEXT, AT(cgroupns), "string", "Cgroup namespace to use (host|private)"}, \
	{0, "cidfile", OPTION_TEXT, AT(cidfile), "string", "Write the container ID to the file"}, \
	{0, "cpu-period", OPTION_INTEGER, AT(cpu_period), "int", "Limit CPU CFS (Completely Fair Scheduler) period"}, \
	{0, "cpu-quota", OPTION_INTEGER, AT(cpu_quota), "int", "Limit CPU CFS (Completely Fair Scheduler) quota"}, \
	{0, "cpu-rt-period", OPTION_INTEGER, AT(cpu_rt_period), "int", "Limit CPU real-time period in microseconds"}, \
	{0, "cpu-rt-runtime", OPTION_INTEGER, AT(cpu_rt_runtime), "int", "Limit CPU real-time runtime in microseconds"}, \
	{'c', "cpu-shares", OPTION_INTEGER, AT(cpu_shares), "int", "CPU shares (relative weight)"}, \
	{0, "cpus", OPTION_TEXT, AT(cpus), "decimal", "Number of CPUs"}, \
	{0, "cpuset-cpus", OPTION_TEXT, AT(cpuset_cpus), "string", "CPUs in which to allow execution (0-3, 0,1)"}, \
	{0, "cpuset-mems", OPTION_TEXT, AT(cpuset_mems), "string", "MEMs in which to allow execution (0-3, 0,1)"}, \
	{0, "device", OPTION_LIST, AT(device), "list", "Add a host device to the container"}, \
	{0, "device-cgroup-rule", OPTION_LIST, AT(device_cgroup_rules), "list", "Add a rule to the cgroup allowed devices list"}, \
	{0, "device-read-bps", OPTION_LIST, AT(device_read_bps), "list", "Limit read rate (bytes per second) from a device"}, \
	{0, "device-read-iops", OPTION_LIST, AT(device_read_iops), "list", "Limit read rate (IO per second) from a device"}, \
	{0, "device-write-bps", OPTION_LIST, AT(device_write_bps), "list", "Limit write rate (bytes per second) to a device"}, \
	{0, "device-write-iops", OPTION_LIST, AT(device_write_iops), "list", "Limit write rate (IO per second) to a device"}, \
	{0, "disable-content-trust", OPTION_FLAG, AT(disable_content_trust), NULL, "Skip image verification (default true)"}, \
	{0, "dns", OPTION_LIST, AT(dns), "list", "Set custom DNS servers"}, \
	{0, "dns-option", OPTION_LIST, AT(dns_option), "list", "Set DNS options"}, \
	{0, "dns-opt", OPTION_LIST, AT(dns_option), "list", "Set DNS options"}, \
	{0, "dns-search", OPTION_LIST, AT(dns_search), "list", "Set custom DNS search domains"}, \
	{0, "domainname", OPTION_TEXT, AT(domainname), "string", "Container NIS domain name"}, \
	{0, "entrypoint", OPTION_TEXT, AT(entrypoint), "string", "Overwrite the default ENTRYPOINT of the image"}, \
	{'e', "env", OPTION_LIST, AT(env), "list", "Set environment variables"}, \
	{0, "env-file", OPTION_LIST, AT(env_files), "list", "Read in a file of environment variables"}, \
	{0, "explain", OPTION_FLAG, AT(explain), NULL, "Show each step at a kernel interface, and the book section about it"}, \
	{0, "expose", OPTION_LIST, AT(expose), "list", "Expose a port or a range of ports"}, \
	{0, "gpus", OPTION_LIST, AT(gpus), "gpu-request", "GPU devices to add to the container ('all' to pass all GPUs)"}, \
	{0, "group-add", OPTION_LIST, AT(group_add), "list", "Add additional groups to join"}, \
	{0, "health-cmd", OPTION_TEXT, AT(health_cmd), "string", "Command to run to check health"}, \
	{0, "health-interval", OPTION_TEXT, AT(health_interval), "duration", "Time between running the check (ms|s|m|h) (default 0s)"}, \
	{0, "health-retries", OPTION_INTEGER, AT(health_retries), "int", "Consecutive failures needed to report unhealthy"}, \
	{0, "health-start-interval", OPTION_TEXT, AT(health_start_interval), "duration", "Time between running the check during the start period (ms|s|m|h) (default 0s)"}, \
	{0, "health-start-period", OPTION_TEXT, AT(health_start_period), "duration", "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h) (default 0s)"}, \
	{0, "health-timeout", OPTION_TEXT, AT(health_timeout), "duration", "Maximum time to allow one check to run (ms|s|m|h) (default 0s)"}, \
	{'h', "hostname", OPTION_TEXT, AT(hostname), "string", "Container host name"}, \
	{0, "init", OPTION_FLAG, AT(init), NULL, "Run an init inside the container that forwards signals and reaps processes"}, \
	{'i', "interactive", OPTION_FLAG, AT(interactive), NULL, "Keep STDIN open even if not attached"}, \
	{0, "ip", OPTION_TEXT, AT(ip), "string", "IPv4 address (e.g., 172.30.100.104)"}, \
	{0, "ip6", OPTION_TEXT, AT(ip6), "string", "IPv6 address (e.g., 2001:db8::33)"}, \
	{0, "ipc", OPTION_TEXT, AT(ipc), "string", "IPC mode to use"}, \
	{0, "isolation", OPTION_TEXT, AT(isolation), "string", "Container isolation technology"}, \
	{0, "kernel-memory", OPTION_SIZE, AT(kernel_memory), "bytes", "Kernel memory limit"}, \
	{'l', "label", OPTION_LIST, AT(labels), "list", "Set meta data on a container"}, \
	{0, "label-file", OPTION_LIST, AT(label_files), "list", "Read in a line delimited file of labels"}, \
	{0, "link", OPTION_LIST, AT(links), "list", "Add link to another container"}, \
	{0, "link-local-ip", OPTION_LIST, AT(link_local_ip), "list", "Container IPv4/IPv6 link-local addresses"}, \
	{0, "log-driver", OPTION_TEXT, AT(log_driver), "string", "Logging driver for the container"}, \
	{0, "log-opt", OPTION_LIST, AT(log_opt), "list", "Log driver options"}, \
	{0, "mac-address", OPTION_TEXT, AT(mac_address), "string", "Container MAC address (e.g., 92:d0:c6:0a:29:33)"}, \
	{'m', "memory", OPTION_SIZE, AT(memory), "bytes", "Memory limit"}, \
	{0, "memory-reservation", OPTION_SIZE, AT(memory_reservation), "bytes", "Memory soft limit"}, \
	{0, "memory-swap", OPTION_SIZE, AT(memory_swap), "bytes", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"}, \
	{0, "memory-swappiness", OPTION_INTEGER, AT(memory_swappiness), "int", "Tune container memory swappiness (0 to 100) (default -1)"}, \
	{0, "mount", OPTION_LIST, AT(mounts), "mount", "Attach a filesystem mount to the container"}, \
	{0, "name", OPTION_TEXT, AT(name), "string", "Assign a name to the container"}, \
	{0, "network", OPTION_LIST, AT(network), "network", "Connect a container to a network"}, \
	{0, "net", OPTION_LIST, AT(network), "network", "Connect a container to a network"}, \
	{0, "network-alias", OPTION_LIST, AT(network_alias), "list", "Add network-scoped alias for the container"}, \
	{0, "no-healthcheck", OPTION_FLAG, AT(no_healthcheck), NULL, "Disable any container-specified HEALTHCHECK"}, \
	{0, "oom-kill-disable", OPTION_FLAG, AT(oom_kill_disable), NULL, "Disable OOM Killer"}, \
	{0, "oom-score-adj", OPTION_INTEGER, AT(oom_score_adj), "int", "Tune host's OOM preferences (-1000 to 1000)"}, \
	{0, "pid", OPTION_TEXT, AT(pid), "string", "PID namespace to use"}, \
	{0, "pids-limit", OPTION_INTEGER, AT(pids_limit), "int", "Tune container pids limit (set -1 for unlimited)"}, \
	{0, "platform", OPTION_TEXT, AT(platform), "string", "Set platform if server is multi-platform capable"}, \
	{0, "privileged", OPTION_FLAG, AT(privileged), NULL, "Give extended privileges to this container"}, \
	{'p', "publish", OPTION_LIST, AT(publish), "list", "Publish a container's port(s) to the host"}, \
	{'P', "publish-all", OPTION_FLAG, AT(publish_all), NULL, "Publish all exposed ports to random ports"}, \
	{0, "pull", OPTION_TEXT, AT(pull), "string", "Pull image before running (\"always\", \"missing\", \"never\") (default \"missing\")"}, \
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL, "Suppress the pull output"}, \
	{0, "read-only", OPTION_FLAG, AT(read_only), NULL, "Mount the container's root filesystem as read only"}, \
	{0, "restart", OPTION_TEXT, AT(restart), "string", "Restart policy to apply when a container exits (default \"no\")"}, \
	{0, "rm", OPTION_FLAG, AT(rm), NULL, "Automatically remove the container and its associated anonymous volumes when it exits"}, \
	{0, "runtime", OPTION_TEXT, AT(runtime), "string", "Runtime to use for this container"}, \
	{0, "security-opt", OPTION_LIST, AT(security_opt), "list", "Security Options"}, \
	{0, "shm-size", OPTION_SIZE, AT(shm_size), "bytes", "Size of /dev/shm"}
#define ROWS_AFTER_SIG_PROXY \
	{0, "stop-signal", OPTION_TEXT, AT(stop_signal), "string", "Signal to stop the container"}, \
	{0, "stop-timeout", OPTION_INTEGER, AT(stop_timeout), "int", "Timeout (in seconds) to stop a container"}, \
	{0, "storage-opt", OPTION_LIST, AT(storage_opt), "list", "Storage driver options for the container"}, \
	{0, "sysctl", OPTION_LIST, AT(sysctl), "map", "Sysctl options"}, \
	{0, "tmpfs", OPTION_LIST, AT(tmpfs), "list", "Mount a tmpfs directory"}, \
	{'t', "tty", OPTION_FLAG, AT(tty), NULL, "Allocate a pseudo-TTY"}, \
	{0, "ulimit", OPTION_LIST, AT(ulimit), "ulimit", "Ulimit options"}, \
	{0, "use-api-socket", OPTION_FLAG, AT(use_api_socket), NULL, "Bind mount Docker API socket and required auth"}, \
	{'u', "user", OPTION_TEXT, AT(user), "string", "Username or UID (format: <name|uid>[:<group|gid>])"}, \
	{0, "userns", OPTION_TEXT, AT(userns), "string", "User namespace to use"}, \
	{0, "uts", OPTION_TEXT, AT(uts), "string", "UTS namespace to use"}, \
	{'v', "volume", OPTION_LIST, AT(volumes), "list", "Bind mount a volume"}, \
	{0, "volume-driver", OPTION_TEXT, AT(volume_driver), "string", "Optional volume driver for the container"}, \
	{0, "volumes-from", OPTION_LIST, AT(volumes_from), "list", "Mount volumes from the specified container(s)"}, \
	{'w', "workdir", OPTION_TEXT, AT(workdir), "string", "Working directory inside the container"}, \
	{0}

const struct option_row container_create_rows[] = {ROWS_BEFORE_PULL, ROWS_AFTER_SIG_PROXY};

const struct option_row container_run_rows[] = {
	{'d', "detach", OPTION_FLAG, AT(detach), NULL, "Run container in background and print container ID"},
	{0, "detach-keys", OPTION_TEXT, AT(detach_keys), "string", "Override the key sequence for detaching a container"},
	ROWS_BEFORE_PULL,
	{0, "sig-proxy", OPTION_FLAG, AT(sig_proxy), NULL, "Proxy received signals to the process (default true)"},
	ROWS_AFTER_SIG_PROXY,
};
/* clang-format on */

void container_options_init(struct container_options *options)
{
	*options = (struct container_options){
		.sig_proxy = true,
		.disable_content_trust = true,
		.pull = "missing",
		.restart = "no",
		.memory_swappiness = -1,
		.stop_timeout = INTEGER_UNSET,
	};
}

void container_options_finish(struct container_options *options)
{
	for (const struct option_row *row = container_create_rows; row->name; row++)
		if (row->kind == OPTION_LIST)
			words_finish((struct words *)((char *)options + row->offset));
}
