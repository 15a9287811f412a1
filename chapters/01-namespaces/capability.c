#include "capability.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "explain.h"
#include "memory.h"

static uint64_t bit(int capability)
{
	return UINT64_C(1) << capability;
}

uint64_t capability_bounding(uint64_t asked)
{
	uint64_t held = 0;

	for (int c = 0; c < CAPABILITY_COUNT; c++)
		if (asked & bit(c) && prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1)
			held |= bit(c);
	return held;
}

fallible capability_limit(uint64_t bounding)
{
	uint64_t began = explain_clock();

	/* A kernel newer than this table has more: those are dropped too, up to its end. */
	for (int c = 0; c < 64; c++) {
		if (bounding & bit(c) || prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL && c > 0)
			break;
		return error_system("cannot drop capability %d from the bounding set", c);
	}
	explain(began, "1.7", "not even a setuid program gets the others back",
		"prctl(PR_CAPBSET_DROP) leaves 0x%" PRIx64, bounding);
	return NULL;
}

fallible capability_keep(void)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_system("cannot keep capabilities over the change of user");
	return NULL;
}

static uint64_t held(cap_t caps, cap_flag_t set)
{
	uint64_t mask = 0;

	for (int c = 0; c < CAPABILITY_COUNT; c++) {
		cap_flag_value_t value;

		if (cap_get_flag(caps, c, set, &value) == 0 && value == CAP_SET)
			mask |= bit(c);
	}
	return mask;
}

static int fill(cap_t caps, cap_flag_t set, uint64_t mask)
{
	cap_value_t values[CAPABILITY_COUNT];
	int count = 0;

	for (int c = 0; c < CAPABILITY_COUNT; c++)
		if (mask & bit(c))
			values[count++] = c;
	return count ? cap_set_flag(caps, set, count, values, CAP_SET) : 0;
}

fallible capability_raise(void)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		return error_system("cannot read the capabilities of this process");
	int result = fill(caps, CAP_EFFECTIVE, held(caps, CAP_PERMITTED));
	if (result == 0)
		result = cap_set_proc(caps);
	cap_free(caps);
	return result < 0 ? error_system("cannot raise the capabilities of this process") : NULL;
}

static int raise_ambient(uint64_t mask)
{
	for (int c = 0; c < CAPABILITY_COUNT; c++)
		if (mask & bit(c) && cap_set_ambient(c, CAP_SET) < 0)
			return -1;
	return 0;
}

static int set_all(cap_t caps, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	if (cap_clear(caps) < 0 || fill(caps, CAP_EFFECTIVE, effective & permitted) < 0 ||
	    fill(caps, CAP_PERMITTED, permitted) < 0 ||
	    fill(caps, CAP_INHERITABLE, inheritable) < 0)
		return -1;
	return cap_set_proc(caps);
}

fallible capability_apply(uint64_t effective, uint64_t permitted, uint64_t inheritable,
			  uint64_t ambient)
{
	uint64_t began = explain_clock();
	cap_t caps = cap_get_proc();

	if (!caps)
		return error_system("cannot read the capabilities of this process");
	permitted &= held(caps, CAP_PERMITTED);
	inheritable &= capability_bounding(inheritable) | held(caps, CAP_INHERITABLE);
	int result = set_all(caps, effective, permitted, inheritable);
	cap_free(caps);
	if (result < 0)
		return error_system("cannot set the capabilities to 0x%" PRIx64, permitted);
	/* The kernel lets only what is permitted and inheritable be ambient. */
	if (raise_ambient(ambient & permitted & inheritable) < 0)
		return error_system("cannot set the ambient capabilities");
	explain(began, "1.7", "what is left of root's power",
		"capset(effective 0x%" PRIx64 ", permitted 0x%" PRIx64 ")", effective & permitted,
		permitted);
	return NULL;
}
