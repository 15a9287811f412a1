#include "dockerd_config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "dockerd_config_file.h"
#include "dockerd_settings.h"
#include "layer_form.h"
#include "log_driver.h"
#include "memory.h"
#include "runtimes.h"
#include "text.h"
#include "ulimit.h"
#include "user_namespace.h"

#define FILE_LIMIT (1 << 20)

/* -- flags -- */

static fallible refuse_later(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		size_t length = text_has_prefix(argv[i], "--") ? strcspn(argv[i], "=") : 0;
		const char *chapter =
			length ? dockerd_setting_chapter(argv[i] + 2, length - 2) : NULL;

		if (chapter)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "%.*s is not built into this mini-docker yet: it comes "
					 "with chapter %s",
					 (int)length, argv[i], chapter);
	}
	return NULL;
}

fallible dockerd_config_read_flags(struct dockerd_config *config, int argc, char **argv)
{
	int first;
	bool help = false;

	*config = (struct dockerd_config){.argc = argc,
					  .argv = argv,
					  .icc = true,
					  .ip_forward = true,
					  .ip_masq = true,
					  .iptables = true,
					  .ip6tables = true,
					  .userland_proxy = true,
					  .mtu = DOCKERD_NOT_GIVEN,
					  .shm_size = DOCKERD_NOT_GIVEN,
					  .max_downloads = DOCKERD_NOT_GIVEN,
					  .max_uploads = DOCKERD_NOT_GIVEN,
					  .max_attempts = DOCKERD_NOT_GIVEN,
					  .oom_score = DOCKERD_NOT_GIVEN,
					  .shutdown_timeout = DOCKERD_NOT_GIVEN};
	TRY(refuse_later(argc, argv));
	TRY(options_parse(dockerd_flags, config, OPTIONS_ANYWHERE, argc, argv, &first, &help));
	config->help |= help;
	if (first < argc && !config->help)
		return error_new(ERROR_INVALID, "\"%s\" accepts no arguments",
				 strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]);
	return NULL;
}

/* -- flags that are objects in the file -- */

static const char *after_equals(const char *text)
{
	const char *equals = strchr(text, '=');

	return equals && equals != text && equals[1] ? equals + 1 : NULL;
}

static void set_member(json_t *object, const char *text, const char *value, json_t *json)
{
	autofree char *name = duplicate_range(text, value - 1 - text);

	json_object_set_new(object, name, json);
}

static fallible add_runtime(json_t *runtimes, const char *text)
{
	const char *path = after_equals(text);

	if (!path)
		return error_new(ERROR_INVALID, "invalid runtime argument: %s", text);
	set_member(runtimes, text, path,
		   json_pack("{s:o}", "path", json_text_value(path, strlen(path))));
	return NULL;
}

static fallible add_feature(json_t *features, const char *text)
{
	const char *value = after_equals(text);
	bool on = value && strcmp(value, "true") == 0;

	if (!on && (!value || strcmp(value, "false") != 0))
		return error_new(ERROR_INVALID,
				 "invalid feature argument: %s: it is NAME=true or NAME=false",
				 text);
	set_member(features, text, value, json_boolean(on));
	return NULL;
}

static fallible add_ulimit(json_t *ulimits, const char *text)
{
	autojson *list = json_array();

	TRY(ulimit_parse(text, list));
	json_object_set(ulimits, json_string_at(json_array_get(list, 0), "Name", NULL),
			json_array_get(list, 0));
	return NULL;
}

static fallible add_log_option(json_t *options, const char *text)
{
	const char *value = after_equals(text);

	if (!value)
		return error_new(ERROR_INVALID, "invalid log opt: %s: it is NAME=VALUE", text);
	set_member(options, text, value, json_text_value(value, strlen(value)));
	return NULL;
}

/* "base=10.0.0.0/8,size=24" */
static fallible add_pool(json_t *pools, const char *text)
{
	const char *base = text_has_prefix(text, "base=") ? text + strlen("base=") : "";
	const char *size = strstr(base, ",size=");
	int64_t bits = 0;
	autoerror e =
		size ? integer_parse(size + strlen(",size="), "the size", 0, 128, &bits) : NULL;

	if (!size || e)
		return error_new(ERROR_INVALID,
				 "invalid default-address-pool argument: %s: it is "
				 "base=SUBNET,size=BITS",
				 text);
	json_array_append_new(pools, json_pack("{s:s%, s:I}", "base", base, (size_t)(size - base),
					       "size", (json_int_t)bits));
	return NULL;
}

static fallible read_pools(struct dockerd_config *config)
{
	if (!config->address_pools)
		config->address_pools = json_array();
	for (size_t i = 0; i < config->pool_flags.count; i++)
		TRY(add_pool(config->address_pools, config->pool_flags.items[i]));
	return NULL;
}

static fallible read_objects(struct dockerd_config *config)
{
	const struct {
		const struct words *flags;
		json_t **object;
		struct error *(*add)(json_t *, const char *);
		const char *flag;
	} rows[] = {
		{&config->runtime_flags, &config->runtimes, add_runtime, "add-runtime"},
		{&config->feature_flags, &config->features, add_feature, "feature"},
		{&config->ulimit_flags, &config->ulimits, add_ulimit, "default-ulimit"},
		{&config->log_flags, &config->log_options, add_log_option, "log-opt"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		if (!*rows[i].object)
			*rows[i].object = json_object();
		for (size_t n = 0; n < rows[i].flags->count; n++)
			TRY(error_wrap(rows[i].add(*rows[i].object, rows[i].flags->items[n]),
				       "invalid argument \"%s\" for \"--%s\" flag",
				       rows[i].flags->items[n], rows[i].flag));
	}
	return NULL;
}

/* -- both -- */

static const char *or_default(const char *text, const char *fallback)
{
	return text && *text ? text : fallback;
}

static void set_texts(struct dockerd_config *config)
{
	config->data_root = or_default(config->data_root, config->folders.data_root);
	config->exec_root = or_default(config->exec_root, config->folders.exec_root);
	config->default_pidfile = format("%s/mini-dockerd.pid", config->exec_root);
	config->pidfile = or_default(config->pidfile, config->default_pidfile);
	config->log_level_name = or_default(config->log_level_name, "info");
	config->log_format = or_default(config->log_format, "text");
	config->storage_driver = or_default(config->storage_driver, "overlay2");
	config->log_driver = or_default(config->log_driver, "json-file");
	config->default_runtime = or_default(config->default_runtime, "runc");
	config->ipc_mode = or_default(config->ipc_mode, "private");
	config->cgroupns_mode = or_default(config->cgroupns_mode, "private");
	config->seccomp_profile = or_default(config->seccomp_profile, "builtin");
	config->userns_remap = or_default(config->userns_remap, NULL);
}

static void set_numbers(struct dockerd_config *config)
{
	const struct {
		int64_t *number, fallback;
	} rows[] = {
		{&config->shutdown_timeout, 15}, {&config->shm_size, 64 << 20},
		{&config->max_downloads, 3},     {&config->max_uploads, 5},
		{&config->max_attempts, 5},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (*rows[i].number == DOCKERD_NOT_GIVEN)
			*rows[i].number = rows[i].fallback;
}

static void set_hosts(struct words *hosts, const char *fallback)
{
	if (!hosts->count)
		words_append(hosts, fallback);
	for (size_t i = 0; i < hosts->count; i++)
		if (!*hosts->items[i] || strcmp(hosts->items[i], "unix://") == 0)
			hosts->items[i] = fallback;
}

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
		const char *key, *value, *choices[3];
	} rows[] = {
		{"default-ipc-mode", config->ipc_mode, {"private", "shareable", NULL}},
		{"default-cgroupns-mode", config->cgroupns_mode, {"private", "host", NULL}},
		{"log-format", config->log_format, {"text", NULL}},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		bool known = false;

		for (size_t c = 0; rows[i].choices[c]; c++)
			known |= strcmp(rows[i].value, rows[i].choices[c]) == 0;
		if (!known)
			return error_new(ERROR_INVALID,
					 "invalid value '%s' for %s: it takes %s%s%s",
					 rows[i].value, rows[i].key, rows[i].choices[0],
					 rows[i].choices[1] ? " or " : "",
					 rows[i].choices[1] ? rows[i].choices[1] : "");
	}
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
	const struct {
		const char *name;
		bool on;
		const char *why;
	} rows[] = {
		{"selinux-enabled", config->selinux, "it labels nothing"},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].on)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "%s is not built into this mini-docker yet: %s",
					 rows[i].name, rows[i].why);
	return NULL;
}

/* What needs the machine's root. */
static fallible check_rootless(const struct dockerd_config *config)
{
	if (config->rootless && !user_namespace_is_inner())
		return error_new(ERROR_INVALID,
				 "rootless mode needs namespaces of a user's own: start it with "
				 "mini-dockerd-rootless, which makes them");
	return NULL;
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

static fallible check(struct dockerd_config *config)
{
	static struct error *(*const checks[])(const struct dockerd_config *) = {
		check_numbers,  check_addresses, check_unbuilt,  check_remap,
		check_features, check_ulimits,   check_runtimes, check_log,
	};

	TRY(log_level_parse(config->log_level_name, &config->log_level));
	if (config->debug)
		config->log_level = LOG_LEVEL_DEBUG;
	TRY(check_paths(config));
	TRY(check_drivers(config));
	TRY(check_choices(config));
	for (size_t i = 0; i < countof(checks); i++)
		TRY(checks[i](config));
	for (size_t i = 0; i < config->labels.count; i++)
		TRY(check_label(&config->labels, i));
	return read_seccomp(config);
}

fallible dockerd_config_complete(struct dockerd_config *config)
{
	TRY(check_rootless(config));
	TRY(dockerd_folders_find(config->rootless, &config->folders));
	TRY(dockerd_config_merge_file(config));
	TRY(read_objects(config));
	TRY(read_pools(config));
	set_texts(config);
	set_numbers(config);
	set_hosts(&config->hosts, config->folders.host);
	return check(config);
}

void dockerd_config_finish(struct dockerd_config *config)
{
	struct words *lists[] = {
		&config->hosts,         &config->mirrors,       &config->insecure_registries,
		&config->labels,        &config->exec_opts,     &config->runtime_flags,
		&config->feature_flags, &config->ulimit_flags,  &config->log_flags,
		&config->pool_flags,    &config->dns,           &config->dns_search,
		&config->dns_options,   &config->host_gateways, &config->authorization,
		&config->storage_opts,
	};

	for (size_t i = 0; i < countof(lists); i++)
		words_finish(lists[i]);
	json_decref(config->runtimes);
	json_decref(config->features);
	json_decref(config->ulimits);
	json_decref(config->log_options);
	json_decref(config->address_pools);
	json_decref(config->seccomp);
	json_decref(config->file);
	free(config->default_pidfile);
	dockerd_folders_finish(&config->folders);
	*config = (struct dockerd_config){0};
}

/* -- for the engine -- */

static json_t *words_json(const struct words *words)
{
	json_t *array = json_array();

	for (size_t i = 0; i < words->count; i++)
		json_array_append_new(array,
				      json_text_value(words->items[i], strlen(words->items[i])));
	return array;
}

static json_t *values_of(const json_t *object)
{
	json_t *array = json_array(), *value;
	const char *name;

	json_object_foreach ((json_t *)object, name, value)
		json_array_append(array, value);
	return array;
}

static void set_text(json_t *settings, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(settings, name, json_text_value(text, strlen(text)));
}

/* Of networks; whether they make sense is known where networks are made (chapter 05). */
static void add_network_settings(const struct dockerd_config *config, json_t *settings)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{"bridge", config->bridge},
		{"bip", config->bip},
		{"bip6", config->bip6},
		{"fixed-cidr", config->fixed_cidr},
		{"fixed-cidr-v6", config->fixed_cidr_v6},
		{"default-gateway", config->default_gateway},
		{"default-gateway-v6", config->default_gateway_v6},
		{"ip", config->host_address},
	};
	const struct {
		const char *name;
		const struct words *words;
	} lists[] = {
		{"dns", &config->dns},
		{"dns-search", &config->dns_search},
		{"dns-opts", &config->dns_options},
		{"host-gateway-ips", &config->host_gateways},
	};

	for (size_t i = 0; i < countof(texts); i++)
		set_text(settings, texts[i].name, texts[i].text);
	for (size_t i = 0; i < countof(lists); i++)
		if (lists[i].words->count)
			json_object_set_new(settings, lists[i].name, words_json(lists[i].words));
	if (config->mtu != DOCKERD_NOT_GIVEN)
		json_object_set_new(settings, "mtu", json_integer(config->mtu));
	if (json_array_size(config->address_pools))
		json_object_set(settings, "default-address-pools", config->address_pools);
	json_object_update_new(settings, json_pack("{s:b, s:b, s:b, s:b, s:b}", "icc", config->icc,
						   "ip-forward", config->ip_forward, "ip-masq",
						   config->ip_masq, "iptables", config->iptables,
						   "ipv6", config->ipv6));
}

json_t *dockerd_config_settings(const struct dockerd_config *config)
{
	json_t *settings =
		json_pack("{s:o, s:o, s:o, s:o, s:O, s:O}", "labels", words_json(&config->labels),
			  "registry-mirrors", words_json(&config->mirrors), "insecure-registries",
			  words_json(&config->insecure_registries), "default-ulimits",
			  values_of(config->ulimits), "runtimes", config->runtimes, "features",
			  config->features);
	autojson *plain =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b}",
			  "default-runtime", config->default_runtime, "default-ipc-mode",
			  config->ipc_mode, "default-cgroupns-mode", config->cgroupns_mode,
			  "seccomp-profile", config->seccomp_profile, "default-shm-size",
			  (json_int_t)config->shm_size, "max-concurrent-downloads",
			  (json_int_t)config->max_downloads, "max-concurrent-uploads",
			  (json_int_t)config->max_uploads, "max-download-attempts",
			  (json_int_t)config->max_attempts, "shutdown-timeout",
			  (json_int_t)config->shutdown_timeout, "no-new-privileges",
			  config->no_new_privileges, "experimental", config->experimental);

	json_object_update(settings, plain);
	json_object_update_new(settings,
			       json_pack("{s:s*, s:s*, s:s*}", "http-proxy", config->http_proxy,
					 "https-proxy", config->https_proxy, "no-proxy",
					 config->no_proxy));
	add_network_settings(config, settings);
	json_object_set_new(settings, "authorization-plugins", words_json(&config->authorization));
	if (config->rootless)
		json_object_set_new(settings, "rootless", json_true());
	if (config->userns_remap)
		json_object_set_new(settings, "userns-remap", json_string(config->userns_remap));
	if (config->seccomp)
		json_object_set(settings, "seccomp", config->seccomp);
	return settings;
}

void dockerd_config_help(const char *program, FILE *to)
{
	fprintf(to, "Usage:  %s [OPTIONS]\n\nA self-sufficient runtime for containers.\n\n",
		program);
	options_help(dockerd_flags, to);
}
