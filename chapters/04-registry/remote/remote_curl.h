/*
 * remote_curl.h - libcurl, loaded when the first registry is spoken to
 *
 * The library brings thirty others along (TLS, HTTP/2, Kerberos, LDAP ...). Linked in the usual way
 * they would cost each start of the daemon 20 ms and its memory, also where nobody ever pulls. So
 * it is opened with dlopen(3) at the first request, and stays.
 *
 * Standard: libcurl, libcurl-easy(3). Book: 4.6
 */
#ifndef MINI_REMOTE_CURL_H
#define MINI_REMOTE_CURL_H

#include <curl/curl.h>

#include "error.h"

/* The functions of the library that are used here, by their own names. Options that are numbers
 * must be given as long. */
struct remote_curl {
	CURL *(*easy_init)(void);
	void (*easy_reset)(CURL *);
	void (*easy_cleanup)(CURL *);
	CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
	CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
	CURLcode (*easy_perform)(CURL *);
	const char *(*easy_strerror)(CURLcode);
	struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
	void (*slist_free_all)(struct curl_slist *);
	CURLcode (*global_init)(long);
};

/* From any thread. ERROR_UNAVAILABLE when the library is not installed. */
fallible remote_curl(const struct remote_curl **curl);

#endif
