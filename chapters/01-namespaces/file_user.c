#include "file_user.h"

#include <sys/capability.h>
#include <sys/fsuid.h>
#include <unistd.h>

/* With user 0 the kernel takes the capabilities over files away. */
static int take_back_capabilities(void)
{
	cap_t now = cap_get_proc();

	for (cap_value_t cap = 0; now && cap < cap_max_bits(); cap++) {
		cap_flag_value_t permitted = CAP_CLEAR;

		cap_get_flag(now, cap, CAP_PERMITTED, &permitted);
		if (permitted == CAP_SET)
			cap_set_flag(now, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	}
	int result = now ? cap_set_proc(now) : -1;
	cap_free(now);
	return result;
}

fallible file_user_become(uid_t uid, gid_t gid)
{
	setfsgid(gid);
	setfsuid(uid);
	if (take_back_capabilities() == 0)
		return NULL;
	struct error *e = error_system("cannot make files as user %u", uid);
	file_user_return();
	return e;
}

/* The capabilities come back with user 0. */
void file_user_return(void)
{
	setfsuid(geteuid());
	setfsgid(getegid());
}
