#include <string.h>

#include "memory.h"
#include "seccomp_cache.h"
#include "seccomp_profile.h"
#include "spec_parts.h"

#define FLAG_NEW_LISTENER (1u << 3) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */

/* The container process state, in parts: the process id is known when there is one. */
static fallible add_listener(struct spec_build *build, const json_t *profile)
{
	const char *version = json_string_at(build->spec, "ociVersion", NULL);
	const char *bundle = build->options->bundle, *id = build->options->id, *path, *metadata;

	TRY(json_get_string(profile, "listenerPath", "", &path));
	TRY(json_get_string(profile, "listenerMetadata", "", &metadata));
	if (*path != '/')
		return error_new(
			ERROR_INVALID,
			"listenerPath: '%s' is no absolute path; SCMP_ACT_NOTIFY needs one", path);
	autojson *outer = json_pack("{s:s, s:[s], s:s}", "ociVersion", version, "fds", "seccompFd",
				    "metadata", metadata);
	autojson *state =
		json_pack("{s:s, s:s, s:s, s:s, s:O*}", "ociVersion", version, "id", id ? id : "",
			  "status", build->init_pid ? "running" : "creating", "bundle",
			  bundle ? bundle : "", "annotations", build->annotations);
	if (!outer || !state)
		return error_new(ERROR_INVALID, "listenerPath: the state is not UTF-8");
	autofree char *first = json_text(outer), *second = json_text(state);
	first[strlen(first) - 1] = '\0';
	second[strlen(second) - 1] = '\0';
	autofree char *head = format("%s,\"pid\":", first);
	autofree char *middle =
		build->init_pid ? format(",\"state\":%s,\"pid\":%d}}", second, build->init_pid)
				: format(",\"state\":%s,\"pid\":", second);
	plan_step(build->plan, STEP_SECCOMP_LISTENER,
		  .text = {path, head, middle, build->init_pid ? "" : "}}"});
	return NULL;
}

static fallible read_profile(struct spec_build *build, const json_t *profile,
			     struct spec_filter *filter)
{
	const char *path, *metadata;

	TRY(json_get_string(profile, "listenerPath", "", &path));
	TRY(json_get_string(profile, "listenerMetadata", "", &metadata));
	if (*metadata && !*path)
		return error_new(ERROR_INVALID,
				 "listenerMetadata: it goes with listenerPath, which "
				 "is missing");
	TRY(seccomp_cache_compile(build->options->filters, profile, &filter->bpf, &filter->flags));
	filter->notifies = filter->flags & FLAG_NEW_LISTENER;
	return filter->notifies ? add_listener(build, profile) : NULL;
}

fallible spec_read_seccomp(struct spec_build *build, struct spec_filter *filter)
{
	const char *tag = spec_annotation(build, "mini-docker.seccomp");
	json_t *profile;

	filter->flags = SECCOMP_PROFILE_FLAGS;
	TRY(error_wrap(json_get_object(build->linux, "seccomp", &profile), "linux"));
	if (profile)
		return error_wrap(read_profile(build, profile, filter), "linux.seccomp");
	if (strcmp(tag, "default") == 0)
		return seccomp_default_filter(seccomp_capability_mask(json_at(build->process,
									      "capabilities",
									      "bounding", NULL)),
					      &filter->bpf);
	if (*tag)
		return error_new(ERROR_INVALID,
				 "annotations.mini-docker.seccomp: '%s' is no built-in profile "
				 "(default)",
				 tag);
	return NULL;
}

void spec_add_seccomp(struct spec_build *build, const struct spec_filter *filter, bool no_new_privs)
{
	if (filter->bpf.length)
		plan_step(build->plan, STEP_SECCOMP, .number = {filter->flags, !no_new_privs},
			  .bytes = filter->bpf.data, .bytes_length = filter->bpf.length);
}

void spec_filter_finish(struct spec_filter *filter)
{
	buffer_finish(&filter->bpf);
}
