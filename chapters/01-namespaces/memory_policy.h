/*
 * memory_policy.h - from which nodes of the machine a process gets its memory
 *
 * On a machine of several nodes memory near to the CPU is faster. The policy is the process's
 * and stays over execve(2).
 *
 * Standard: set_mempolicy(2); OCI runtime-spec 1.3, config-linux.md, "Memory policy". Book: 1.11
 */
#ifndef MINI_MEMORY_POLICY_H
#define MINI_MEMORY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "name_table.h"
#include "number_list.h"

/* "MPOL_BIND", "MPOL_F_STATIC_NODES"; an empty row ends each. */
extern const struct name_row memory_policy_modes[], memory_policy_flags[];
/* The numbers of "MPOL_BIND" and of "MPOL_F_STATIC_NODES"; -1 when there is no such name. */
int64_t memory_policy_mode(const char *name);
int64_t memory_policy_flag(const char *name);
/* Whether the mode wants nodes (1), wants none (-1), or takes either (0). */
int memory_policy_wants_nodes(int64_t mode);
/* Of the caller. nodes NULL: none. */
fallible memory_policy_set(int64_t mode_and_flags, const struct number_list *nodes);

#endif
