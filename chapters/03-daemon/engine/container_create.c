#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_config.h"
#include "container_endpoint.h"
#include "container_life.h"
#include "container_name.h"
#include "container_record.h"
#include "engine.h"
#include "host_config.h"
#include "image.h"
#include "image_user.h"
#include "json.h"
#include "lifecycle.h"
#include "log.h"
#include "log_driver.h"
#include "memory.h"
#include "reference.h"
#include "settings.h"
#include "store.h"
#include "trash.h"

#define NAME_ATTEMPTS 32

/* What a create request comes to, before there is a container. */
struct plan_to_create {
	struct engine *engine;
	const json_t *request; /* borrowed */
	json_t *config, *host_config, *networks, *warnings;
	struct image *image;
};
static void plan_to_create_finish(struct plan_to_create *plan)
{
	json_decref(plan->config);
	json_decref(plan->host_config);
	json_decref(plan->networks);
	json_decref(plan->warnings);
	image_free(plan->image);
}
#define auto_plan_to_create __attribute__((cleanup(plan_to_create_finish))) struct plan_to_create

static bool is_given(const json_t *value)
{
	return json_is_true(value) || json_string_length(value) || json_array_size(value) ||
	       json_object_size(value);
}

/* Who shares another's network has nothing of its own there. What the image exposes is no wish. */
static fallible check_sharing(const struct plan_to_create *plan)
{
	static const struct {
		const char *member, *what;
		bool is_config;
	} own[] = {
		{"Hostname", "hostname and the network mode", true},
		{"Links",
		 "container type network can't be used with links. This would result in "
		 "undefined behavior",
		 false},
		{"Dns", "dns and the network mode", false},
		{"ExtraHosts", "custom host-to-IP mapping and the network mode", false},
		{"MacAddress", "mac-address and the network mode", true},
		{"PortBindings", "port publishing and the container type network mode", false},
		{"PublishAllPorts", "port publishing and the container type network mode", false},
		{"ExposedPorts", "port exposing and the container type network mode", true},
	};

	for (size_t i = 0; i < countof(own); i++) {
		const json_t *config = own[i].is_config ? plan->request : plan->host_config;

		if (is_given(json_object_get(config, own[i].member)))
			return error_new(ERROR_INVALID, "conflicting options: %s", own[i].what);
	}
	return NULL;
}

/* "container:NAME" is kept as "container:ID": names may change. */
static fallible resolve_mode(struct plan_to_create *plan, const char *mode)
{
	const char *name = host_config_container(plan->host_config, mode);
	autocontainer *other = NULL;

	if (!name)
		return NULL;
	if (strcmp(mode, "NetworkMode") == 0)
		TRY(check_sharing(plan));
	TRY(container_find(plan->engine, name, &other));
	autofree char *value = format("container:%s", other->id);
	json_object_set_new(plan->host_config, mode, json_string(value));
	if (strcmp(mode, "NetworkMode") != 0)
		return NULL;
	/* Who shares a network shares the name that it is known by there. */
	container_lock(other);
	json_object_set_new(plan->config, "Hostname",
			    json_string(container_record_text(other, "Config", "Hostname")));
	container_unlock(other);
	return NULL;
}

static fallible resolve_modes(struct plan_to_create *plan)
{
	TRY(resolve_mode(plan, "NetworkMode"));
	TRY(resolve_mode(plan, "IpcMode"));
	TRY(resolve_mode(plan, "PidMode"));
	if (host_config_is_host(plan->host_config, "UTSMode") &&
	    *json_string_at(plan->config, "Hostname", NULL))
		return error_new(ERROR_INVALID, "conflicting options: hostname and the UTS mode");
	return NULL;
}

/* What cannot be a name is the client's mistake and no missing image, which it would try to pull.
 */
static fallible find_image(struct plan_to_create *plan, const char *name)
{
	autoreference ref = {0};
	autoerror e = image_resolve(plan->engine->images, name, &plan->image);

	if (e && e->class == ERROR_NOT_FOUND)
		TRY(reference_parse(name, &ref));
	return steal(&e);
}

static fallible plan_creation(struct plan_to_create *plan)
{
	const json_t *request = plan->request;
	autojson *defaults = settings_now(plan->engine->settings);
	const char *name;
	json_t *host_config;

	plan->warnings = json_array();
	TRY(json_get_string(request, "Image", "", &name));
	TRY(json_get_object(request, "HostConfig", &host_config));
	if (!*name)
		return error_new(ERROR_INVALID, "no image specified: Config.Image is empty");
	TRY(find_image(plan, name));
	TRY(container_config_make(request, json_object_get(plan->image->config, "config"),
				  &plan->config));
	TRY(host_config_make(host_config, defaults, &plan->host_config, plan->warnings));
	TRY(log_driver_settle(json_object_get(plan->host_config, "LogConfig"),
			      plan->engine->options.log_driver, plan->engine->options.log_options));
	TRY(resolve_modes(plan));
	TRY(container_endpoints_make(request, plan->host_config, &plan->networks));
	return NULL;
}

static void set_host_name(json_t *config, const json_t *host_config, const char *id)
{
	char name[65] = "";

	if (*json_string_at(config, "Hostname", NULL))
		return;
	if (host_config_is_host(host_config, "NetworkMode") ||
	    host_config_is_host(host_config, "UTSMode"))
		gethostname(name, sizeof(name) - 1);
	else
		snprintf(name, sizeof(name), "%.12s", id);
	json_object_set_new(config, "Hostname", json_string(name));
}

/* Name and container in one transaction: either both are there or neither. */
static fallible claim(struct container *container)
{
	autofree char *text = json_text(container->document);
	const struct store_change changes[] = {
		{STORE_CREATE, CONTAINER_NAME_KIND, container->name, container->id},
		{STORE_CREATE, CONTAINER_KIND, container->id, text},
	};

	return store_apply(container->engine->store, changes, countof(changes),
			   container_record_durability(container));
}

static void rename_to(struct container *container, const char *plain)
{
	free(container->name);
	container->name = format("/%s", plain);
	json_object_set_new(container->document, "Name", json_string(container->name));
}

static fallible claim_generated(struct container *container)
{
	for (unsigned int attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
		autofree char *name = container_name_generate(attempt);

		rename_to(container, name);
		autoerror e = claim(container);
		if (!e || e->class != ERROR_CONFLICT)
			return steal(&e);
	}
	return error_new(ERROR_CONFLICT,
			 "no free name was found in %d attempts: give one with --name",
			 NAME_ATTEMPTS);
}

static fallible claim_given(struct container *container, const char *name)
{
	rename_to(container, name + (*name == '/'));
	autoerror e = claim(container);
	if (e && e->class == ERROR_CONFLICT)
		return container_name_conflict(container->engine, container->name);
	return steal(&e);
}

/* The folder is made before the store knows of the container: what a daemon killed in between
 * leaves is a folder without a container, which the next one throws away. */
static fallible establish(struct container *container, const char *name)
{
	autoclose int folder = -1;

	TRY(container_open_data(container, &folder));
	TRY(lifecycle_adopt(container));
	struct error *e = name && *name ? claim_given(container, name) : claim_generated(container);
	if (e)
		lifecycle_forget(container);
	return e;
}

static void discard(struct container *container)
{
	autofree char *folder = format("containers/%s", container->id);

	log_dropped(LOG_LEVEL_WARN,
		    trash_put(container->engine->trash, container->engine->data_root, folder),
		    "what is left of container %.12s stays", container->id);
}

/* An image that went while no container was seen to have it takes this one along. */
static fallible keep_with_images(struct container *container, unsigned int before)
{
	autoerror gone = image_user_check(container, before);

	if (gone)
		log_dropped(LOG_LEVEL_WARN, container_remove(container, true, true),
			    "container %.12s stays, without its image", container->id);
	return steal(&gone);
}

fallible container_create(struct engine *engine, const char *name, const json_t *request,
			  struct container **out, json_t **warnings)
{
	auto_plan_to_create plan = {.engine = engine, .request = request};
	unsigned int before = image_removals(engine->images);
	char id[ID_LENGTH + 1];

	*out = NULL;
	*warnings = NULL;
	if (name && *name)
		TRY(container_name_check(name));
	TRY(plan_creation(&plan));
	id_generate(id);
	set_host_name(plan.config, plan.host_config, id);
	json_t *document =
		container_record_make(engine, id, "/", plan.image->id.text, steal(&plan.config),
				      steal(&plan.host_config), steal(&plan.networks));
	autocontainer *container = container_new(engine, id, document);
	container_lock(container);
	struct error *e = establish(container, name);
	if (e)
		discard(container);
	else
		container_record_event(container, "create", NULL);
	container_unlock(container);
	if (e)
		return e;
	container_enter(container);
	TRY(keep_with_images(container, before));
	*warnings = steal(&plan.warnings);
	*out = steal(&container);
	return NULL;
}
