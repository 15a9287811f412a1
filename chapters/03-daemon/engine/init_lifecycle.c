/*
 * --init: a program that knows the duties of PID 1 (mini-init.c) is mounted into the container and
 * run as its first process, with the container's own command as its arguments. Book: 3.4
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "container.h"
#include "container_record.h"
#include "engine.h"
#include "explain.h"
#include "json.h"
#include "lifecycle.h"
#include "oci_spec.h"

#define INIT_PATH "/sbin/docker-init"

/* Who joins the processes of another container, or of the host, finds a PID 1 there. */
static bool is_wanted(const struct engine *engine, const struct container *container)
{
	const json_t *wish = json_at(container->document, "HostConfig", "Init", NULL);

	if (*container_record_text(container, "HostConfig", "PidMode"))
		return false;
	return json_is_boolean(wish) ? json_is_true(wish) : engine->options.init;
}

static fallible check(const struct engine *engine)
{
	if (access(engine->options.init_path, X_OK) == 0)
		return NULL;
	return error_errno(ERROR_SYSTEM, errno,
			   "cannot use '%s' as the first process of a container (--init): install "
			   "it, or name another with --init-path of the daemon",
			   engine->options.init_path);
}

static fallible adopt(struct engine *engine, struct container *container)
{
	return is_wanted(engine, container) ? check(engine) : NULL;
}

static fallible furnish(struct engine *engine, struct container *container,
			struct furnishing *furnishing)
{
	json_t *arguments = json_at(furnishing->spec, "process", "args", NULL);
	uint64_t began = explain_clock();

	if (!is_wanted(engine, container))
		return NULL;
	TRY(check(engine));
	json_array_insert_new(arguments, 0, json_string(INIT_PATH));
	json_array_insert_new(arguments, 1, json_string("--"));
	oci_spec_add_mount(furnishing->spec, "bind", engine->options.init_path, INIT_PATH,
			   json_pack("[s, s]", "bind", "ro"));
	explain(began, "3.4", "PID 1 will be an init, and the command its child",
		"process.args = [\"" INIT_PATH "\", \"--\", ...]");
	return NULL;
}

const struct lifecycle init_lifecycle = {
	.name = "init",
	.adopt = adopt,
	.furnish = furnish,
};
