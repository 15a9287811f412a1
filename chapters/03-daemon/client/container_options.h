/*
 * container_options.h - the options of `run` and `create`, and the request body they make
 *
 * The body has the fields and types of the docker CLI's own (Config, HostConfig and
 * NetworkingConfig in one object), so that a daemon cannot tell the two apart. One table says
 * which option goes to which field and how; most of it is plain copying, the values with a
 * grammar of their own (ports, mounts, devices, ...) are in container_value.h.
 *
 * Standard: Docker Engine API 1.50, ContainerCreate. Book: 3.11
 */
#ifndef MINI_CONTAINER_OPTIONS_H
#define MINI_CONTAINER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "json.h"
#include "options.h"
#include "terminal.h"

#define INTEGER_UNSET INT64_MIN

struct container_options {
	/* of run alone */
	bool detach, sig_proxy;
	const char *detach_keys;
	/* about the request, not in the body */
	const char *name, *platform, *pull, *cidfile;
	bool quiet, explain, disable_content_trust, use_api_socket;
	/* Config */
	const char *hostname, *domainname, *user, *workdir, *entrypoint, *stop_signal;
	struct words attach, env, env_files, labels, label_files, expose;
	bool interactive, tty;
	int64_t stop_timeout;
	const char *health_cmd, *health_interval, *health_timeout, *health_start_period;
	const char *health_start_interval;
	int64_t health_retries;
	bool no_healthcheck;
	/* HostConfig */
	bool rm, privileged, read_only, init, publish_all, oom_kill_disable;
	const char *pid, *ipc, *uts, *userns, *cgroupns, *restart, *log_driver, *runtime;
	const char *cgroup_parent, *cpuset_cpus, *cpuset_mems, *cpus, *volume_driver, *isolation;
	int64_t memory, memory_swap, memory_reservation, shm_size, kernel_memory;
	int64_t memory_swappiness, cpu_shares, cpu_quota, cpu_period, cpu_rt_period;
	int64_t cpu_rt_runtime, pids_limit, oom_score_adj, blkio_weight;
	struct words cap_add, cap_drop, security_opt, device, gpus, device_cgroup_rules, group_add;
	struct words sysctl, tmpfs, ulimit, log_opt, annotation, storage_opt, add_host;
	struct words dns, dns_search, dns_option, links, volumes, volumes_from, mounts, publish;
	struct words device_read_bps, device_write_bps, device_read_iops, device_write_iops;
	struct words blkio_weight_device;
	/* NetworkingConfig */
	struct words network, network_alias, link_local_ip;
	const char *ip, *ip6, *mac_address;
};

extern const struct option_row container_run_rows[];    /* of `run` */
extern const struct option_row container_create_rows[]; /* of `create` */

void container_options_init(struct container_options *options);
void container_options_finish(struct container_options *options);
#define auto_container_options                                                                     \
	__attribute__((cleanup(container_options_finish))) struct container_options

/* The body for POST /containers/create. Reads what the options name: files of variables, labels,
 * seccomp profiles. ERROR_INVALID with the docker CLI's messages. */
fallible container_options_body(const struct container_options *options, const char *image,
				char **command, int count, struct terminal_size console,
				json_t **body);

/* Which streams the user wants to see: all but stdin unless -a says otherwise. */
struct attached_streams {
	bool in, out, err;
};
struct attached_streams container_options_streams(const struct container_options *options);

#endif
