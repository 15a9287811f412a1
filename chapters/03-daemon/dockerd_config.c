#include "dockerd_config.h"

#include <stdlib.h>
#include <string.h>

#include "dockerd_config_check.h"
#include "dockerd_config_file.h"
#include "dockerd_settings.h"
#include "layer_form.h"
#include "log_driver.h"
#include "memory.h"
#include "runtimes.h"
#include "text.h"
#include "ulimit.h"
#include "user_namespace.h"

/* -- flags -- */

static fallible refuse_absent(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		size_t length = text_has_prefix(argv[i], "--") ? strcspn(argv[i], "=") : 0;
		const char *instead =
			length ? dockerd_setting_absent(argv[i] + 2, length - 2) : NULL;

		if (instead)
			return error_new(ERROR_NOT_IMPLEMENTED,
					 "%.*s is not built into this mini-docker: %s", (int)length,
					 argv[i], instead);
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
	TRY(refuse_absent(argc, argv));
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

/* "bridge=com.docker.network.driver.mtu=1400" */
static fallible add_network_option(json_t *drivers, const char *text)
{
	const char *option = after_equals(text);
	const char *equals = option ? strchr(option, '=') : NULL;

	if (!equals || equals == option)
		return error_new(ERROR_INVALID, "it is DRIVER=OPTION=VALUE");
	autofree char *driver = duplicate_range(text, option - 1 - text);
	if (!json_object_get(drivers, driver))
		json_object_set_new(drivers, driver, json_object());
	set_member(json_object_get(drivers, driver), option, equals + 1,
		   json_text_value(equals + 1, strlen(equals + 1)));
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
		{&config->ulimit_flags, &config->ulimits, add_ulimit, "--default-ulimit"},
		{&config->log_flags, &config->log_options, add_log_option, "--log-opt"},
		{&config->network_flags, &config->network_options, add_network_option,
		 "--default-network-opt"},
	};

	for (size_t i = 0; i < countof(rows); i++) {
		if (!*rows[i].object)
			*rows[i].object = json_object();
		for (size_t n = 0; n < rows[i].flags->count; n++)
			TRY(options_wrap(rows[i].add(*rows[i].object, rows[i].flags->items[n]),
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

/* What needs the machine's root. */
static fallible check_rootless(const struct dockerd_config *config)
{
	if (config->rootless && !user_namespace_is_inner())
		return error_new(ERROR_INVALID,
				 "rootless mode needs namespaces of a user's own: start it with "
				 "mini-dockerd-rootless, which makes them");
	return NULL;
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
	return dockerd_config_check(config);
}

void dockerd_config_finish(struct dockerd_config *config)
{
	struct words *lists[] = {
		&config->hosts,         &config->mirrors,       &config->insecure_registries,
		&config->labels,        &config->exec_opts,     &config->runtime_flags,
		&config->feature_flags, &config->ulimit_flags,  &config->log_flags,
		&config->pool_flags,    &config->dns,           &config->dns_search,
		&config->dns_options,   &config->host_gateways, &config->authorization,
		&config->storage_opts,  &config->network_flags,
	};

	for (size_t i = 0; i < countof(lists); i++)
		words_finish(lists[i]);
	json_decref(config->runtimes);
	json_decref(config->features);
	json_decref(config->ulimits);
	json_decref(config->log_options);
	json_decref(config->address_pools);
	json_decref(config->network_options);
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
	if (config->mark.mask)
		json_object_set_new(settings, "bridge-accept-fwmark",
				    json_pack("{s:I, s:I}", "value", (json_int_t)config->mark.value,
					      "mask", (json_int_t)config->mark.mask));
	if (config->mtu != DOCKERD_NOT_GIVEN)
		json_object_set_new(settings, "mtu", json_integer(config->mtu));
	if (json_array_size(config->address_pools))
		json_object_set(settings, "default-address-pools", config->address_pools);
	if (json_object_size(config->network_options))
		json_object_set(settings, "default-network-opts", config->network_options);
	json_object_update_new(settings, json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}",
						   "allow-direct-routing", config->direct_routing,
						   "userland-proxy", config->userland_proxy, "icc",
						   config->icc, "ip-forward", config->ip_forward,
						   "ip-forward-no-drop", config->ip_forward_no_drop,
						   "ip-masq", config->ip_masq, "iptables",
						   config->iptables, "ipv6", config->ipv6));
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
