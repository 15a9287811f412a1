#include "memory_policy.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"

enum mode { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, PREFERRED_MANY, WEIGHTED_INTERLEAVE };

const struct name_row memory_policy_modes[] = {
	{"MPOL_DEFAULT", DEFAULT},
	{"MPOL_PREFERRED", PREFERRED},
	{"MPOL_BIND", BIND},
	{"MPOL_INTERLEAVE", INTERLEAVE},
	{"MPOL_LOCAL", LOCAL},
	{"MPOL_PREFERRED_MANY", PREFERRED_MANY},
	{"MPOL_WEIGHTED_INTERLEAVE", WEIGHTED_INTERLEAVE},
	{0},
};

const struct name_row memory_policy_flags[] = {
	{"MPOL_F_NUMA_BALANCING", 1 << 13},
	{"MPOL_F_RELATIVE_NODES", 1 << 14},
	{"MPOL_F_STATIC_NODES", 1 << 15},
	{0},
};

static const int wants[] = {
	[DEFAULT] = -1,       [PREFERRED] = 0,           [BIND] = 1, [INTERLEAVE] = 1, [LOCAL] = -1,
	[PREFERRED_MANY] = 1, [WEIGHTED_INTERLEAVE] = 1,
};

int64_t memory_policy_mode(const char *name)
{
	return name_number(memory_policy_modes, name);
}

int64_t memory_policy_flag(const char *name)
{
	return name_number(memory_policy_flags, name);
}

int memory_policy_wants_nodes(int64_t mode)
{
	return mode >= 0 && mode < (int64_t)countof(wants) ? wants[mode] : 0;
}

fallible memory_policy_set(int64_t mode_and_flags, const struct number_list *nodes)
{
	uint64_t began = explain_clock();

	/* The kernel takes one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, (int)mode_and_flags, nodes ? nodes->mask : NULL,
		    nodes ? NUMBER_LIST_MAX + 1UL : 0) < 0)
		return error_system("cannot set the memory policy 0x%x%s", (int)mode_and_flags,
				    errno == EINVAL ? " (does the machine have these nodes? see "
						      "/sys/devices/system/node/online)"
						    : "");
	explain(began, "1.11", "where its memory comes from",
		"set_mempolicy(0x%x, first nodes 0x%lx)", (int)mode_and_flags,
		nodes ? nodes->mask[0] : 0);
	return NULL;
}
