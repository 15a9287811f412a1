#include "dockerd_config_check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "dockerd_config_file.h"
#include "layer_form.h"
#include "log_driver.h"
#include "memory.h"
#include "runtimes.h"
#include "text.h"
#include "ulimit.h"

#define FILE_LIMIT (1 << 20)

static fallible check_label(const struct words *labels, size_t at)
{
	const char *label = labels->items[at];
	size_t key = strcspn(label, "=");

	if (!label[key] || !key)
		return error_new(ERROR_INVALID, "bad attribute format: %s: a label is key=value",
				 label);
	for (size_t i = 0; i < at; i++)
		if (strncmp(labels->items[i], label, key + 1) == 0 &&
		    strcmp(labels->items[i], label) != 0)
			return error_new(ERROR_INVALID, "conflict labels for %s and %s",
					 labels->items[i], label);
	return NULL;
}

static fallible check_exec_opt(const char *option)
{
	if (strcmp(option, "native.cgroupdriver=cgroupfs") == 0)
		return NULL;
	return error_new(ERROR_NOT_IMPLEMENTED,
			 "the option --exec-opt %s is not built into this mini-docker: it takes "
			 "native.cgroupdriver=cgroupfs",
			 option);
}

/* What Docker's kernel check was for is long part of every kernel. */
static fallible read_storage_opt(struct dockerd_config *config, const char *option)
{
	static const char size[] = "overlay2.size=", idle[] = "overlay2.override_kernel_check=";

	if (text_has_prefix(option, idle))
		return NULL;
	if (text_has_prefix(option, size))
		return error_wrap(size_parse(option + strlen(size), &config->storage_size),
				  "error initializing graphdriver: --storage-opt %s", option);
	return error_new(ERROR_INVALID,
			 "error initializing graphdriver: overlay2: unknown option %s: it takes "
			 "overlay2.size=SIZE",
			 option);
}

static fallible check_paths(struct dockerd_config *config)
{
	if (config->data_root[0] != '/' || config->exec_root[0] != '/')
		return error_new(ERROR_INVALID,
				 "the data root '%s' and the exec root '%s' must be absolute paths",
				 config->data_root, config->exec_root);
	if (config->init_path && config->init_path[0] != '/')
		return error_new(ERROR_INVALID,
				 "the path of the init '%s' must be absolute: it is mounted into "
				 "containers",
				 config->init_path);
	return NULL;
}

static fallible check_drivers(struct dockerd_config *config)
{
	if (!layer_form_of_driver(config->storage_driver))
		return error_new(ERROR_INVALID,
				 "error initializing graphdriver: driver not supported: %s; this "
				 "mini-docker has overlay2 and erofs",
				 config->storage_driver);
	for (size_t i = 0; i < config->exec_opts.count; i++)
		TRY(check_exec_opt(config->exec_opts.items[i]));
	for (size_t i = 0; i < config->storage_opts.count; i++)
		TRY(read_storage_opt(config, config->storage_opts.items[i]));
	return NULL;
}

static fallible check_choices(struct dockerd_config *config)
{
	const struct {
		const char *key, *value, *one, *other;
	} rows[] = {
		{"default-ipc-mode", config->ipc_mode, "private", "shareable"},
		{"default-cgroupns-mode", config->cgroupns_mode, "private", "host"},
		{"log-format", config->log_format, "text", "json"},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].value, rows[i].one) != 0 &&
		    strcmp(rows[i].value, rows[i].other) != 0)
			return error_new(ERROR_INVALID,
					 "invalid value '%s' for %s: it takes %s or %s",
					 rows[i].value, rows[i].key, rows[i].one, rows[i].other);
	return NULL;
}

static fallible check_numbers(const struct dockerd_config *config)
{
	const struct {
		const char *what;
		int64_t value, least;
		const char *why;
	} rows[] = {
		{"max concurrent downloads", config->max_downloads, 0, "it is not negative"},
		{"max concurrent uploads", config->max_uploads, 0, "it is not negative"},
		{"max download attempts", config->max_attempts, 1, "it is at least 1"},
		{"default shm size", config->shm_size, 0, "it is not negative"},
		{"shutdown timeout", config->shutdown_timeout, -1,
		 "it is seconds, or -1 for any time"},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].value < rows[i].least)
			return error_new(ERROR_INVALID, "invalid %s: %lld: %s", rows[i].what,
					 (long long)rows[i].value, rows[i].why);
	if (config->oom_score != DOCKERD_NOT_GIVEN &&
	    (config->oom_score < -1000 || config->oom_score > 1000))
		return error_new(ERROR_INVALID,
				 "invalid oom score adjust: %lld: it is from -1000 to 1000",
				 (long long)config->oom_score);
	return NULL;
}

static fallible check_addresses(const struct dockerd_config *config)
{
	const struct {
		const char *name;
		const struct words *words;
	} lists[] = {{"dns", &config->dns}, {"host-gateway-ip", &config->host_gateways}};
	struct in6_addr address;

	for (size_t i = 0; i < countof(lists); i++)
		for (size_t j = 0; j < lists[i].words->count; j++) {
			const char *text = lists[i].words->items[j];

			if (inet_pton(AF_INET, text, &address) != 1 &&
			    inet_pton(AF_INET6, text, &address) != 1)
				return error_new(ERROR_INVALID, "%s: '%s' is not an IP address",
						 lists[i].name, text);
		}
	return NULL;
}

/* What is on in Docker by default may be turned off; here it is off. */
static fallible check_unbuilt(const struct dockerd_config *config)
{
	if (config->selinux)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "selinux-enabled is not built into this mini-docker yet: it "
				 "labels nothing");
	return NULL;
}

/* "16", "0x10": the base is the number's own. */
static bool read_mark(const char *text, size_t length, uint32_t *number)
{
	bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
	const char *digits = text + (hex ? 2 : 0);
	unsigned long long value;

	length -= digits - text;
	if (!length || length > 10 ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != length)
		return false;
	value = strtoull(digits, NULL, hex ? 16 : 10);
	*number = value;
	return value <= UINT32_MAX;
}

static fallible check_mark(struct dockerd_config *config)
{
	const char *text = config->accept_mark ? config->accept_mark : "";
	const char *slash = strchr(text, '/');
	struct firewall_mark mark = {.mask = UINT32_MAX};

	if (!*text)
		return NULL;
	if (!read_mark(text, strcspn(text, "/"), &mark.value) ||
	    (slash && !read_mark(slash + 1, strlen(slash + 1), &mark.mask)))
		return error_new(
			ERROR_INVALID,
			"invalid bridge-accept-fwmark '%s': it is MARK or MARK/MASK, numbers "
			"of 32 bits, decimal or 0x...",
			text);
	if (mark.value & ~mark.mask)
		return error_new(
			ERROR_INVALID,
			"invalid bridge-accept-fwmark '%s': no packet has a mark with bits "
			"that the mask takes away",
			text);
	if (!mark.mask)
		return error_new(ERROR_INVALID,
				 "invalid bridge-accept-fwmark '%s': the mask 0 lets in everything",
				 text);
	config->mark = mark;
	return NULL;
}

static fallible check_firewall(const struct dockerd_config *config)
{
	const char *backend = config->firewall_backend;

	if (!backend || !*backend || strcmp(backend, "nftables") == 0)
		return NULL;
	if (strcmp(backend, "iptables") == 0)
		return error_new(ERROR_NOT_IMPLEMENTED,
				 "firewall-backend: iptables is not built into this mini-docker: "
				 "it keeps one nftables table of its own, in the daemon, and never "
				 "touches iptables; leave it out, or say nftables");
	return error_new(ERROR_INVALID, "invalid firewall-backend '%s': it is nftables", backend);
}

static fallible check_remap(const struct dockerd_config *config)
{
	if (config->rootless && config->userns_remap)
		return error_new(ERROR_INVALID,
				 "cannot use userns-remap in rootless mode: containers are in a "
				 "user namespace as it is");
	return NULL;
}

static fallible check_features(const struct dockerd_config *config)
{
	const char *name;
	json_t *value;

	json_object_foreach (config->features, name, value)
		if (!json_is_boolean(value))
			return error_new(ERROR_INVALID, "the feature '%s' must be true or false",
					 name);
	return NULL;
}

static fallible check_options_of(const char *driver, json_t *options)
{
	const char *name;
	json_t *value;

	if (!json_is_object(options))
		return error_new(ERROR_INVALID,
				 "the member 'default-network-opts': the options of the driver "
				 "'%s' must be an object",
				 driver);
	json_object_foreach (options, name, value)
		if (!json_is_string(value))
			return error_new(ERROR_INVALID,
					 "the member 'default-network-opts': the option '%s' of "
					 "the driver '%s' must be a text, \"1400\"",
					 name, driver);
	return NULL;
}

static fallible check_network_options(const struct dockerd_config *config)
{
	const char *driver;
	json_t *options;

	json_object_foreach (config->network_options, driver, options)
		TRY(check_options_of(driver, options));
	return NULL;
}

static fallible check_ulimits(const struct dockerd_config *config)
{
	const char *name;
	json_t *limit;

	json_object_foreach (config->ulimits, name, limit)
		TRY(error_wrap(ulimit_check(limit), "the member 'default-ulimits'"));
	return NULL;
}

static fallible check_log(const struct dockerd_config *config)
{
	return error_wrap(log_driver_check(config->log_driver, config->log_options),
			  "failed to set log opts");
}

static fallible check_runtimes(const struct dockerd_config *config)
{
	return runtimes_check(config->runtimes, config->default_runtime);
}

static fallible read_seccomp(struct dockerd_config *config)
{
	const char *path = config->seccomp_profile;

	if (strcmp(path, "builtin") == 0 || strcmp(path, "unconfined") == 0)
		return NULL;
	return error_wrap(json_read(AT_FDCWD, path, FILE_LIMIT, &config->seccomp),
			  "opening seccomp profile (%s) failed", path);
}

fallible dockerd_config_check(struct dockerd_config *config)
{
	static struct error *(*const checks[])(const struct dockerd_config *) = {
		check_numbers,         check_addresses, check_unbuilt,  check_remap,
		check_features,        check_ulimits,   check_runtimes, check_log,
		check_network_options, check_firewall,
	};

	TRY(log_level_parse(config->log_level_name, &config->log_level));
	if (config->debug)
		config->log_level = LOG_LEVEL_DEBUG;
	TRY(check_paths(config));
	TRY(check_drivers(config));
	TRY(check_choices(config));
	TRY(check_mark(config));
	for (size_t i = 0; i < countof(checks); i++)
		TRY(checks[i](config));
	for (size_t i = 0; i < config->labels.count; i++)
		TRY(check_label(&config->labels, i));
	return read_seccomp(config);
}
