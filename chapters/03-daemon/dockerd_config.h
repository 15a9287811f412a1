/*
 * dockerd_config.h - what the daemon was told: its flags and its configuration file together
 *
 * Names, letters and defaults of the flags are dockerd's. The file is JSON with the flags' names
 * as keys, in the plural where a flag can be given several times. An option that is both on the
 * command line and in the file is refused, whatever the values: silent precedence would hide one
 * of them. So is a key that is not known.
 *
 * Strings are borrowed from argv and from the file's JSON, which the struct keeps.
 *
 * Standard: Docker's dockerd reference. Book: 3.1
 */
#ifndef MINI_DOCKERD_CONFIG_H
#define MINI_DOCKERD_CONFIG_H

#include <stdbool.h>

#include "dockerd_folders.h"
#include "error.h"
#include "json.h"
#include "log.h"
#include "options.h"

#define DOCKERD_DEFAULT_HOST        "unix:///var/run/mini-docker.sock"
#define DOCKERD_DEFAULT_CONFIG_FILE "/etc/mini-docker/daemon.json"

struct dockerd_config {
	struct words hosts; /* never empty once read */
	const char *data_root, *exec_root;
	const char *pidfile;       /* never NULL once read */
	const char *cgroup_parent; /* NULL: the engine's default */
	const char *group;         /* of unix sockets; NULL: "docker" where there is one */
	const char *log_level_name;
	enum log_level log_level;
	struct words mirrors, insecure_registries, labels;
	bool debug, version, validate, help, man, live_restore, init, experimental, raw_logs;
	bool no_new_privileges;
	bool rootless;                                  /* root of a user's namespaces only */
	bool selinux;                                   /* not built in: it may be turned off */
	bool tls, tls_verify;                           /* the second one implies the first */
	const char *tls_ca, *tls_certificate, *tls_key; /* NULL: files in ~/.docker */
	const char *init_path;                          /* NULL: ours */
	const char *completion;                         /* of which shell */
	const char *storage_driver, *log_driver, *log_format;
	const char *http_proxy, *https_proxy, *no_proxy; /* NULL: the environment's */
	struct words exec_opts, storage_opts;
	int64_t storage_size;       /* of storage_opts: bytes that a container may write; 0: all */
	struct words authorization; /* plugins that are asked about requests, in this order */

	/* Networks (chapter 05). NULL, empty: nothing was said. */
	bool icc, ip_forward, ip_masq, ip6tables, iptables, ipv6, userland_proxy;
	bool ip_forward_no_drop, direct_routing;
	const char *accept_mark; /* "0x1/0xff"; ... */
	struct firewall_mark {
		uint32_t value, mask;
	} mark;                          /* ... read; the mask 0: none */
	const char *firewall_backend;    /* there is one */
	const char *userland_proxy_path; /* let pass: no program is started for a port */
	const char *bridge;     /* the device of the default network; "none": there is none */
	const char *bip, *bip6; /* its address, with the length of its subnet */
	const char *fixed_cidr, *fixed_cidr_v6, *default_gateway, *default_gateway_v6;
	const char *host_address; /* of published ports that name none */
	int64_t mtu;              /* bytes; DOCKERD_NOT_GIVEN */
	struct words pool_flags, network_flags, dns, dns_search, dns_options, host_gateways;
	json_t *address_pools;   /* [{"base", "size"}]; owned */
	json_t *network_options; /* {DRIVER: {OPTION: text}}; owned */

	/* What a container gets that does not say. */
	const char *default_runtime, *ipc_mode, *cgroupns_mode;
	const char *userns_remap;    /* NULL: none */
	const char *seccomp_profile; /* "builtin", "unconfined", or the file it is in ... */
	json_t *seccomp;             /* ... and its content; owned */
	int64_t shm_size;            /* bytes */
	struct words runtime_flags, ulimit_flags, feature_flags,
		log_flags;   /* into the objects below */
	json_t *runtimes;    /* {NAME: {"path", "runtimeArgs"}}; owned, as are the next ones */
	json_t *ulimits;     /* {NAME: {"Name", "Soft", "Hard"}} */
	json_t *features;    /* {NAME: bool} */
	json_t *log_options; /* {NAME: text}, of the log driver */

	int64_t shutdown_timeout; /* seconds */
	int64_t max_downloads, max_uploads, max_attempts;
	int64_t oom_score; /* INT64_MIN: as it is */

	int argc; /* the command line; borrowed */
	char **argv;
	const char *config_file;        /* NULL: the default one, which need not be there */
	struct dockerd_folders folders; /* the defaults */
	json_t *file;                   /* its content; owned */
	char *default_pidfile;          /* owned */
};
#define auto_dockerd_config __attribute__((cleanup(dockerd_config_finish))) struct dockerd_config

/* The flags alone. ERROR_INVALID in dockerd's words. */
fallible dockerd_config_read_flags(struct dockerd_config *config, int argc, char **argv);
/* Adds the file, defaults, and checks all. ERROR_INVALID. */
fallible dockerd_config_complete(struct dockerd_config *config);
void dockerd_config_finish(struct dockerd_config *config);

/* What of it may change while the daemon runs, for settings.h; new. */
json_t *dockerd_config_settings(const struct dockerd_config *config);

void dockerd_config_help(const char *program, FILE *to);

#endif
