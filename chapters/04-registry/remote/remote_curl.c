#include "remote_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "memory.h"

#define LIBRARY "libcurl.so.4"

static struct remote_curl table;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static bool table_filled;

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	{"curl_easy_init", offsetof(struct remote_curl, easy_init)},
	{"curl_easy_reset", offsetof(struct remote_curl, easy_reset)},
	{"curl_easy_cleanup", offsetof(struct remote_curl, easy_cleanup)},
	{"curl_easy_setopt", offsetof(struct remote_curl, easy_setopt)},
	{"curl_easy_getinfo", offsetof(struct remote_curl, easy_getinfo)},
	{"curl_easy_perform", offsetof(struct remote_curl, easy_perform)},
	{"curl_easy_strerror", offsetof(struct remote_curl, easy_strerror)},
	{"curl_slist_append", offsetof(struct remote_curl, slist_append)},
	{"curl_slist_free_all", offsetof(struct remote_curl, slist_free_all)},
	{"curl_global_init", offsetof(struct remote_curl, global_init)},
};

static fallible cannot_load(const char *why)
{
	return error_new(ERROR_UNAVAILABLE,
			 "cannot speak to a registry: the library " LIBRARY
			 " cannot be loaded (%s); install the package libcurl4, on Fedora libcurl",
			 why ? why : "a symbol is missing");
}

static fallible fill_table(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return cannot_load(dlerror());
	for (size_t i = 0; i < countof(symbols); i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return cannot_load(dlerror());
		/* POSIX promises that a pointer to a function fits; C does not let it be cast. */
		memcpy((char *)&table + symbols[i].offset, &symbol, sizeof(symbol));
	}
	table_filled = table.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	return table_filled ? NULL : cannot_load("it cannot be initialized");
}

fallible remote_curl(const struct remote_curl **curl)
{
	pthread_mutex_lock(&table_lock);
	struct error *e = table_filled ? NULL : fill_table();
	pthread_mutex_unlock(&table_lock);
	*curl = &table;
	return e;
}
