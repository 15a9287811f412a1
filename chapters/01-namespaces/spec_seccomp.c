#include <string.h>

#include "capability_name.h"
#include "seccomp_cache.h"
#include "seccomp_profile.h"
#include "spec_parts.h"

/* Docker's profile allows some calls only to who has the capability for them. */
static uint64_t bounding_mask(const struct spec_build *build)
{
	const json_t *name;
	uint64_t mask = 0;
	size_t i;

	json_array_foreach (json_at(build->process, "capabilities", "bounding", NULL), i, name) {
		int number = json_is_string(name) ? capability_number(json_string_value(name)) : -1;

		if (number >= 0)
			mask |= UINT64_C(1) << number;
	}
	return mask;
}

static void add_filter(struct spec_build *build, const struct buffer *filter, uint32_t flags,
		       bool no_new_privs)
{
	if (filter->length)
		plan_step(build->plan, STEP_SECCOMP, .number = {flags, !no_new_privs},
			  .bytes = filter->data, .bytes_length = filter->length);
}

fallible spec_add_seccomp(struct spec_build *build, bool no_new_privs)
{
	const char *tag = spec_annotation(build, "mini-docker.seccomp");
	autobuffer filter = {0};
	uint32_t flags = SECCOMP_PROFILE_FLAGS;
	json_t *profile;

	TRY(error_wrap(json_get_object(build->linux, "seccomp", &profile), "linux"));
	if (profile)
		TRY(error_wrap(seccomp_cache_compile(build->options->filters, profile, &filter,
						     &flags),
			       "linux.seccomp"));
	else if (strcmp(tag, "default") == 0)
		TRY(seccomp_default_filter(bounding_mask(build), &filter));
	else if (*tag)
		return error_new(ERROR_INVALID,
				 "annotations.mini-docker.seccomp: '%s' is no built-in profile "
				 "(default)",
				 tag);
	add_filter(build, &filter, flags, no_new_privs);
	return NULL;
}
