#include "restart_policy.h"

#include <string.h>

#include "json.h"
#include "memory.h"

#define DELAY_LEAST   100
#define DELAY_MOST    60000
#define SETTLED_AFTER 10 /* seconds */

struct rule {
	const char *name;
	bool any_exit; /* also of code 0 */
	bool failure;
	bool at_boot; /* when the daemon starts */
	bool remembers_stop;
};
static const struct rule rules[] = {
	{"no", .any_exit = false},
	{"always", .any_exit = true, .at_boot = true},
	{"on-failure", .failure = true},
	{"unless-stopped", .any_exit = true, .at_boot = true, .remembers_stop = true},
};

static const struct rule *find(const char *name)
{
	for (size_t i = 0; i < countof(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

/* What an older daemon has kept may have no policy. */
static const struct rule *rule_of(const json_t *policy)
{
	const struct rule *rule = find(json_string_at(policy, "Name", NULL));

	return rule ? rule : &rules[0];
}

static int64_t most_of(const json_t *policy)
{
	return json_integer_value(json_object_get(policy, "MaximumRetryCount"));
}

fallible restart_policy_check(const json_t *policy)
{
	const char *name = json_string_at(policy, "Name", NULL);
	const struct rule *rule = find(name);
	int64_t most = most_of(policy);

	if (!rule)
		return error_new(ERROR_INVALID,
				 "invalid restart policy: unknown policy '%s'; use one of 'no', "
				 "'always', 'on-failure', or 'unless-stopped'",
				 name);
	if (most && !rule->failure)
		return error_new(
			ERROR_INVALID,
			"invalid restart policy: maximum retry count can only be used with "
			"'on-failure'%s",
			most < 0 ? " and cannot be negative" : "");
	if (most < 0)
		return error_new(ERROR_INVALID, "invalid restart policy: maximum retry count "
						"cannot be negative");
	return NULL;
}

bool restart_policy_is_set(const json_t *policy)
{
	return rule_of(policy) != &rules[0];
}

bool restart_policy_remembers_stop(const json_t *policy)
{
	return rule_of(policy)->remembers_stop;
}

bool restart_policy_wants(const json_t *policy, int exit_code, int64_t restarts)
{
	const struct rule *rule = rule_of(policy);

	if (rule->any_exit)
		return true;
	return rule->failure && exit_code != 0 && (!most_of(policy) || restarts < most_of(policy));
}

bool restart_policy_wants_at_boot(const json_t *policy, bool stopped_by_hand)
{
	const struct rule *rule = rule_of(policy);

	return rule->at_boot && !(rule->remembers_stop && stopped_by_hand);
}

int64_t restart_policy_delay(int64_t before, int64_t seconds_it_ran)
{
	if (!before || seconds_it_ran >= SETTLED_AFTER)
		return DELAY_LEAST;
	return before * 2 < DELAY_MOST ? before * 2 : DELAY_MOST;
}
