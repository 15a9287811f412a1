#include <seccomp.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

#include "host_config.h"
#include "json.h"
#include "memory.h"
#include "oci_spec.h"
#include "text.h"

/* What root in a container keeps of root: enough for packages and services, nothing that reaches
 * beyond the container. */
static const char *const default_capabilities[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
	"CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
	"CAP_KILL",    "CAP_AUDIT_WRITE",
};

/* ---- capabilities ---- */

/* What this daemon itself may hand on: CAP_SYS_RESOURCE, say, is not there in every machine. */
static uint64_t bounding_set(void)
{
	uint64_t mask = 0;

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (cap_get_bound(cap) == 1)
			mask |= 1ull << cap;
	return mask;
}

static uint64_t bit_of(const char *given)
{
	autofree char *name =
		format("%s%s", strncasecmp(given, "cap_", 4) == 0 ? "" : "cap_", given);
	cap_value_t value;

	if (strcasecmp(name, "cap_all") == 0)
		return ~0ull;
	return cap_from_name(name, &value) == 0 ? 1ull << value : 0;
}

static uint64_t mask_of(const json_t *names)
{
	const json_t *name;
	uint64_t mask = 0;
	size_t i;

	json_array_foreach (names, i, name)
		mask |= bit_of(json_string_value(name));
	return mask;
}

/* Docker's rule: ALL in either list is taken first, then single names of the other. */
static uint64_t wanted(const json_t *host_config, bool privileged)
{
	uint64_t add = mask_of(json_object_get(host_config, "CapAdd"));
	uint64_t drop = mask_of(json_object_get(host_config, "CapDrop"));
	uint64_t mask = 0;

	if (privileged)
		return ~0ull;
	for (size_t i = 0; i < countof(default_capabilities); i++)
		mask |= bit_of(default_capabilities[i]);
	if (drop == ~0ull)
		return add;
	if (add == ~0ull)
		return ~drop;
	return (mask & ~drop) | add;
}

static json_t *names_of(uint64_t mask)
{
	json_t *names = json_array();

	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		char *name = mask >> cap & 1 ? cap_to_name(cap) : NULL;

		for (char *c = name; c && *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? *c - 32 : *c;
		if (name)
			json_array_append_new(names, json_string(name));
		cap_free(name);
	}
	return names;
}

json_t *oci_security_capabilities(const json_t *host_config, bool privileged)
{
	autojson *names = names_of(wanted(host_config, privileged) & bounding_set());

	return json_pack("{s:O, s:O, s:O}", "bounding", names, "effective", names, "permitted",
			 names);
}

/* ---- seccomp ---- */

static const char *native_architecture(void)
{
	switch (seccomp_arch_native()) {
	case SCMP_ARCH_X86_64:
		return "SCMP_ARCH_X86_64";
	case SCMP_ARCH_AARCH64:
		return "SCMP_ARCH_AARCH64";
	default:
		return "";
	}
}

/* Docker names architectures as Go does in "includes" and "excludes". */
static const char *go_architecture(void)
{
	return seccomp_arch_native() == SCMP_ARCH_AARCH64 ? "arm64" : "amd64";
}

static bool holds(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

static bool holds_all(const json_t *list, const json_t *capabilities)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (!json_is_string(item) || !holds(capabilities, json_string_value(item)))
			return false;
	return true;
}

static bool holds_any(const json_t *list, const json_t *capabilities)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_string(item) && holds(capabilities, json_string_value(item)))
			return true;
	return false;
}

static bool applies(const json_t *rule, const json_t *capabilities)
{
	const json_t *in = json_object_get(rule, "includes"), *out;
	const json_t *in_arches = json_object_get(in, "arches");

	out = json_object_get(rule, "excludes");
	if (json_array_size(in_arches) && !holds(in_arches, go_architecture()))
		return false;
	if (holds(json_object_get(out, "arches"), go_architecture()))
		return false;
	return holds_all(json_object_get(in, "caps"), capabilities) &&
	       !holds_any(json_object_get(out, "caps"), capabilities);
}

static void add_architectures(const json_t *profile, json_t *seccomp)
{
	const json_t *row;
	size_t i;

	json_array_foreach (json_object_get(profile, "archMap"), i, row) {
		if (strcmp(json_string_at(row, "architecture", NULL), native_architecture()) != 0)
			continue;
		json_t *list = json_pack("[O]", json_object_get(row, "architecture"));
		json_array_extend(list, json_object_get(row, "subArchitectures"));
		json_object_set_new(seccomp, "architectures", list);
	}
	if (json_object_get(profile, "architectures"))
		json_object_set(seccomp, "architectures",
				json_object_get(profile, "architectures"));
}

/* One rule in OCI's form; the oldest profiles have a single "name". */
static json_t *rule_of(const json_t *rule)
{
	static const char *const kept[] = {"names", "action", "errnoRet", "args"};
	json_t *result = json_object();

	for (size_t i = 0; i < countof(kept); i++) {
		json_t *value = json_object_get(rule, kept[i]);

		if (value && !json_is_null(value))
			json_object_set(result, kept[i], value);
	}
	if (json_is_string(json_object_get(rule, "name")))
		json_object_set_new(result, "names",
				    json_pack("[O]", json_object_get(rule, "name")));
	return result;
}

fallible oci_seccomp_convert(const json_t *profile, const json_t *capabilities, json_t **out)
{
	static const char *const kept[] = {"defaultAction", "defaultErrnoRet", "flags"};
	autojson *seccomp = json_object();
	json_t *rules = json_array();
	const json_t *rule;
	size_t i;

	json_object_set_new(seccomp, "syscalls", rules);
	if (!*json_string_at(profile, "defaultAction", NULL))
		return error_new(ERROR_INVALID, "the seccomp profile has no defaultAction");
	for (size_t k = 0; k < countof(kept); k++)
		if (json_object_get(profile, kept[k]))
			json_object_set(seccomp, kept[k], json_object_get(profile, kept[k]));
	add_architectures(profile, seccomp);
	json_array_foreach (json_object_get(profile, "syscalls"), i, rule)
		if (applies(rule, capabilities))
			json_array_append_new(rules, rule_of(rule));
	*out = steal(&seccomp);
	return NULL;
}

static fallible set_profile(const json_t *profile, json_t *spec)
{
	json_t *seccomp;

	TRY(oci_seccomp_convert(profile, json_at(spec, "process", "capabilities", "bounding", NULL),
				&seccomp));
	json_object_set_new(json_object_get(spec, "linux"), "seccomp", seccomp);
	return NULL;
}

static fallible set_profile_text(const char *text, json_t *spec)
{
	autojson *profile = NULL;

	TRY(error_wrap(json_parse(text, strlen(text), "the seccomp profile", &profile),
		       "opening seccomp profile failed"));
	return set_profile(profile, spec);
}

/* The default profile is built in (chapter 01, its filter made at build time) and has a name;
 * only another one travels in the document. */
static void set_builtin_profile(json_t *spec)
{
	json_object_set_new(json_object_get(spec, "annotations"), "mini-docker.seccomp",
			    json_string("default"));
}

static fallible set_default_profile(const json_t *settings, json_t *spec)
{
	const json_t *profile = json_object_get(settings, "seccomp");

	if (profile)
		return set_profile(profile, spec);
	if (strcmp(json_string_at(settings, "seccomp-profile", NULL), "unconfined") != 0)
		set_builtin_profile(spec);
	return NULL;
}

static fallible set_seccomp(const json_t *host_config, const json_t *settings, json_t *spec)
{
	const char *profile = host_config_security(host_config, "seccomp");
	bool privileged = json_is_true(json_object_get(host_config, "Privileged"));

	json_object_del(json_object_get(spec, "linux"), "seccomp");
	if (profile ? strcmp(profile, "unconfined") == 0 : privileged)
		return NULL;
	if (!profile || !*profile)
		return set_default_profile(settings, spec);
	if (strcmp(profile, "builtin") != 0)
		return set_profile_text(profile, spec);
	set_builtin_profile(spec);
	return NULL;
}

/* ---- all of it ---- */

bool oci_security_keeps_privileges(const json_t *host_config, const json_t *settings)
{
	const char *given = host_config_security(host_config, "no-new-privileges");

	return given ? strcmp(given, "false") != 0
		     : json_is_true(json_object_get(settings, "no-new-privileges"));
}

fallible oci_security_add(const json_t *host_config, const json_t *settings, json_t *spec)
{
	bool privileged = json_is_true(json_object_get(host_config, "Privileged"));
	json_t *process = json_object_get(spec, "process");
	json_t *linux_part = json_object_get(spec, "linux");
	json_t *masked = json_object_get(host_config, "MaskedPaths");
	json_t *readonly = json_object_get(host_config, "ReadonlyPaths");

	json_object_set_new(process, "capabilities",
			    oci_security_capabilities(host_config, privileged));
	json_object_set_new(process, "noNewPrivileges",
			    json_boolean(oci_security_keeps_privileges(host_config, settings)));
	if (privileged || host_config_security(host_config, "systempaths"))
		masked = readonly = NULL;
	json_object_set_new(linux_part, "maskedPaths",
			    masked ? json_deep_copy(masked) : json_array());
	json_object_set_new(linux_part, "readonlyPaths",
			    readonly ? json_deep_copy(readonly) : json_array());
	return set_seccomp(host_config, settings, spec);
}
