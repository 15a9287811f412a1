#include "remote_http.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "explain.h"
#include "memory.h"
#include "remote_curl.h"
#include "text.h"
#include "version.h"

#define REDIRECT_LIMIT  5
#define HEADER_LIMIT    100
#define HEAD_LIMIT      (64 << 10)
#define BODY_LIMIT      (64 << 10) /* where the request does not say */
#define CONNECT_SECONDS 30L
#define STALL_SECONDS   60
#define BUFFER_SIZE     (256L << 10)

struct remote_http {
	const struct remote_curl *curl;
	bool (*gone)(void *context);
	void *context;
	char *http_proxy, *https_proxy, *no_proxy; /* NULL: the environment's */
	long stall;

	pthread_mutex_t lock; /* guards the rest */
	CURL **idle;
	size_t idle_count;
};

/* One request on its way. */
struct transfer {
	struct remote_http *http;
	const struct remote_request *request;
	struct remote_reply *reply;
	CURL *handle;
	size_t head_length;
	bool begun; /* the sink has been told */
	bool cut;   /* enough of a failure's body has been read */
	bool is_gone;
	struct error *problem; /* ours, while the library was in between */
	char why[CURL_ERROR_SIZE];
};

static char *setting(const json_t *settings, const char *key)
{
	const char *text = json_string_at(settings, key, NULL);

	return *text ? duplicate(text) : NULL;
}

fallible remote_http_create(const json_t *settings, bool (*gone)(void *context), void *context,
			    struct remote_http **out)
{
	const struct remote_curl *curl;

	TRY(remote_curl(&curl));
	struct remote_http *http = allocate(sizeof(*http));
	*http = (struct remote_http){
		.curl = curl,
		.gone = gone,
		.context = context,
		.http_proxy = setting(settings, "http-proxy"),
		.https_proxy = setting(settings, "https-proxy"),
		.no_proxy = setting(settings, "no-proxy"),
		.stall = json_integer_value(json_at(settings, "stall", NULL)),
	};
	if (http->stall <= 0)
		http->stall = STALL_SECONDS;
	pthread_mutex_init(&http->lock, NULL);
	*out = http;
	return NULL;
}

void remote_http_destroy(struct remote_http *http)
{
	if (!http)
		return;
	while (http->idle_count)
		http->curl->easy_cleanup(http->idle[--http->idle_count]);
	free(http->idle);
	free(http->http_proxy);
	free(http->https_proxy);
	free(http->no_proxy);
	pthread_mutex_destroy(&http->lock);
	free(http);
}

void remote_reply_finish(struct remote_reply *reply)
{
	http_fields_finish(&reply->headers);
	buffer_finish(&reply->body);
	free(reply->url);
	*reply = (struct remote_reply){0};
}

/* -- connections -- */

static fallible take_handle(struct remote_http *http, CURL **handle)
{
	pthread_mutex_lock(&http->lock);
	*handle = http->idle_count ? http->idle[--http->idle_count] : NULL;
	pthread_mutex_unlock(&http->lock);
	if (!*handle)
		*handle = http->curl->easy_init();
	return *handle ? NULL : error_new(ERROR_SYSTEM, "libcurl gives no handle for a request");
}

/* Reset keeps the connection, and forgets all that was set. */
static void give_handle(struct remote_http *http, CURL *handle)
{
	http->curl->easy_reset(handle);
	pthread_mutex_lock(&http->lock);
	http->idle = reallocate(http->idle, http->idle_count + 1, sizeof(CURL *));
	http->idle[http->idle_count++] = handle;
	pthread_mutex_unlock(&http->lock);
}

/* -- what comes -- */

static bool is_status_line(const char *line, size_t length)
{
	return length > 5 && memcmp(line, "HTTP/", 5) == 0;
}

static void add_header(struct transfer *t, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);

	if (!colon || memchr(line, '\0', length))
		return;
	const char *end = line + length, *value = colon + 1;
	while (value < end && strchr(" \t", *value))
		value++;
	while (end > value && strchr(" \t\r\n", end[-1]))
		end--;
	autofree char *name_text = duplicate_range(line, colon - line);
	autofree char *value_text = duplicate_range(value, end - value);
	http_fields_add(&t->reply->headers, name_text, value_text);
}

/* An answer may have several heads: 100 Continue, then the one that counts. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t length = size * count;

	if (is_status_line(line, length)) {
		http_fields_finish(&t->reply->headers);
		t->head_length = 0;
	}
	t->head_length += length;
	if (t->head_length > HEAD_LIMIT || t->reply->headers.count >= HEADER_LIMIT) {
		error_free(t->problem);
		t->problem = error_new(ERROR_TOO_LARGE,
				       "the answer's head has more than %d bytes or %d lines",
				       HEAD_LIMIT, HEADER_LIMIT);
		return 0;
	}
	add_header(t, line, length);
	return length;
}

static int status_of(struct transfer *t)
{
	long status = 0;

	t->http->curl->easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static fallible take_body(struct transfer *t, const char *bytes, size_t length)
{
	const struct remote_request *request = t->request;
	struct remote_reply *reply = t->reply;
	bool good = reply->status == 200 || reply->status == 206;

	if (good && request->sink) {
		if (!t->begun && request->begin)
			TRY(request->begin(request->sink->context, reply));
		t->begun = true;
		return request->sink->write(request->sink->context, bytes, length);
	}
	size_t limit = request->limit ? request->limit : BODY_LIMIT;
	size_t room = limit - reply->body.length;
	t->cut = !good && length > room;
	if (good && length > room)
		return error_new(ERROR_TOO_LARGE, "%s \"%s\": the answer has more than %zu bytes",
				 request->method, request->url, limit);
	buffer_append(&reply->body, bytes, t->cut ? room : length);
	return NULL;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;

	t->reply->status = status_of(t);
	t->problem = take_body(t, bytes, size * count);
	return t->problem || t->cut ? 0 : size * count;
}

static size_t on_send(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t length = 0;

	t->problem =
		t->request->body->read(t->request->body->context, bytes, size * count, &length);
	return t->problem ? CURL_READFUNC_ABORT : length;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
		       curl_off_t up)
{
	struct transfer *t = context;
	(void)down_total, (void)down, (void)up_total, (void)up;

	t->is_gone = t->http->gone && t->http->gone(t->http->context);
	return t->is_gone;
}

/* -- what goes -- */

#define SET(option, value) t->http->curl->easy_setopt(t->handle, option, value)

static bool is_tls(const char *url)
{
	return text_has_prefix(url, "https://");
}

/* A proxy is for the world outside, as in Docker: never for this machine. */
static bool is_loopback(const char *url)
{
	static const char *const names[] = {"127.", "localhost", "[::1]"};
	const char *host = strstr(url, "://") + 3;

	for (size_t i = 0; i < countof(names); i++)
		if (text_has_prefix(host, names[i]))
			return true;
	return false;
}

static void set_proxy(struct transfer *t, const char *url)
{
	const char *proxy = is_tls(url) ? t->http->https_proxy : t->http->http_proxy;

	if (is_loopback(url))
		SET(CURLOPT_PROXY, "");
	else if (proxy)
		SET(CURLOPT_PROXY, proxy);
	if (t->http->no_proxy)
		SET(CURLOPT_NOPROXY, t->http->no_proxy);
}

static void set_tls(struct transfer *t, const struct remote_host *host, bool first)
{
	SET(CURLOPT_SSL_VERIFYPEER, host->insecure ? 0L : 1L);
	SET(CURLOPT_SSL_VERIFYHOST, host->insecure ? 0L : 2L);
	if (host->authorities) {
		struct curl_blob pem = {host->authorities, strlen(host->authorities),
					CURL_BLOB_COPY};

		SET(CURLOPT_CAINFO_BLOB, &pem);
	}
	if (host->certificate && first) {
		SET(CURLOPT_SSLCERT, host->certificate);
		SET(CURLOPT_SSLKEY, host->key);
	}
}

static void set_limits(struct transfer *t)
{
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, t->http->stall);
	SET(CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	SET(CURLOPT_USERAGENT, "mini-docker/" MINI_VERSION);
}

static void set_callbacks(struct transfer *t)
{
	SET(CURLOPT_ERRORBUFFER, t->why);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, t);
}

static void set_body(struct transfer *t)
{
	const struct remote_request *request = t->request;

	if (strcmp(request->method, "HEAD") == 0)
		SET(CURLOPT_NOBODY, 1L);
	if (request->body) {
		SET(CURLOPT_UPLOAD, 1L);
		SET(CURLOPT_READFUNCTION, on_send);
		SET(CURLOPT_READDATA, t);
		SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
	}
	SET(CURLOPT_CUSTOMREQUEST, request->method);
}

static void add_line(struct transfer *t, struct curl_slist **list, const char *name,
		     const char *value)
{
	autofree char *line = format("%s: %s", name, value);

	*list = t->http->curl->slist_append(*list, line);
}

static struct curl_slist *header_list(struct transfer *t, bool first)
{
	const struct remote_request *request = t->request;
	struct curl_slist *list = t->http->curl->slist_append(NULL, "Expect:");

	for (size_t i = 0; i < request->headers.count; i++)
		add_line(t, &list, request->headers.items[i].name, request->headers.items[i].value);
	if (request->authorization && first)
		add_line(t, &list, "Authorization", request->authorization);
	if (!request->body && strcmp(request->method, "GET") != 0 &&
	    strcmp(request->method, "HEAD") != 0)
		add_line(t, &list, "Content-Length", "0");
	return list;
}

/* -- what went wrong -- */

/* Nothing was said yet: at another address it may be. */
static bool is_not_reached(CURLcode code)
{
	return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	       code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
}

static fallible not_reached(struct error *e)
{
	e->errnum = REMOTE_NOT_REACHED;
	return e;
}

static fallible no_internet(const struct transfer *t, const char *url)
{
	const char *host = strstr(url, "://") + 3;

	return not_reached(
		error_new(ERROR_UNAVAILABLE,
			  "%s \"%s\": the name %.*s is not known here: is there a way to the "
			  "internet? Without one, 'docker load -i FILE' and 'docker import FILE "
			  "NAME' bring images in, a registry nearby can be a registry-mirror, and "
			  "'make demo' has busybox embedded",
			  t->request->method, url, (int)strcspn(host, "/:"), host));
}

static fallible not_trusted(const struct transfer *t, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	int length = (int)strcspn(host, "/");

	return error_new(ERROR_SYSTEM,
			 "%s \"%s\": tls: failed to verify certificate: %s; its authority belongs "
			 "into " REMOTE_CERTS_FOLDER "/%.*s/ca.crt, or the registry into "
			 "insecure-registries",
			 t->request->method, url, t->why, length, host);
}

static fallible transport_error(struct transfer *t, CURLcode code, const char *url)
{
	const char *why = *t->why ? t->why : t->http->curl->easy_strerror(code);

	if (t->problem)
		return steal(&t->problem);
	if (t->is_gone)
		return error_new(ERROR_UNAVAILABLE, "%s \"%s\": context canceled",
				 t->request->method, url);
	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return no_internet(t, url);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		return not_trusted(t, url);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return error_new(ERROR_UNAVAILABLE,
				 "%s \"%s\": the server is silent, given up after %ld seconds (%s)",
				 t->request->method, url, t->http->stall, why);
	if (!is_not_reached(code))
		return error_new(ERROR_UNAVAILABLE, "%s \"%s\": %s", t->request->method, url, why);
	struct error *e =
		error_new(ERROR_UNAVAILABLE, "%s \"%s\": %s", t->request->method, url, why);
	e->errnum = REMOTE_NOT_REACHED;
	return e;
}

/* -- one request -- */

static fallible perform_handle(struct transfer *t, const char *url, bool first, char **redirect)
{
	struct curl_slist *headers = header_list(t, first);
	const char *target = NULL;

	set_limits(t);
	set_callbacks(t);
	set_body(t);
	set_tls(t, t->request->host, first);
	set_proxy(t, url);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, headers);
	CURLcode code = t->http->curl->easy_perform(t->handle);
	t->reply->status = status_of(t);
	if (code == CURLE_OK)
		t->http->curl->easy_getinfo(t->handle, CURLINFO_REDIRECT_URL, &target);
	*redirect = target ? duplicate(target) : NULL;
	t->http->curl->slist_free_all(headers);
	return code == CURLE_OK || t->cut ? NULL : transport_error(t, code, url);
}

static fallible perform_one(struct remote_http *http, const struct remote_request *request,
			    const char *url, bool first, struct remote_reply *reply,
			    char **redirect)
{
	struct transfer t = {.http = http, .request = request, .reply = reply};
	uint64_t began = explain_clock();

	TRY(take_handle(http, &t.handle));
	struct error *e = perform_handle(&t, url, first, redirect);
	give_handle(http, t.handle);
	error_free(t.problem);
	if (!e)
		explain(began, "4.6", "a registry is spoken to in HTTP, and nothing else",
			"curl -X %s %s # %d", request->method, url, reply->status);
	return e;
}

/* Scheme, host and port: "https://host:5000". */
static size_t origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? host + 3 - url + strcspn(host + 3, "/?#") : strlen(url);
}

static bool same_origin(const char *a, const char *b)
{
	size_t length = origin_length(a);

	return length == origin_length(b) && strncasecmp(a, b, length) == 0;
}

static bool follows(const struct remote_request *request, const char *redirect)
{
	return redirect && !request->body &&
	       (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
}

static fallible check_redirect(const struct remote_request *request, const char *from,
			       const char *to, int times)
{
	if (times >= REDIRECT_LIMIT)
		return error_new(ERROR_INVALID, "%s \"%s\": stopped after %d redirects",
				 request->method, request->url, REDIRECT_LIMIT);
	if (is_tls(to) || text_has_prefix(to, "http://")) {
		if (is_tls(to) || !is_tls(from) || request->host->insecure)
			return NULL;
	}
	return error_new(ERROR_FORBIDDEN,
			 "%s \"%s\": the server redirects to \"%s\": from TLS only to TLS",
			 request->method, from, to);
}

fallible remote_http_perform(struct remote_http *http, const struct remote_request *request,
			     struct remote_reply *reply)
{
	autofree char *url = duplicate(request->url);

	*reply = (struct remote_reply){0};
	for (int times = 0;; times++) {
		autofree char *redirect = NULL;
		bool first = same_origin(url, request->host->base);

		remote_reply_finish(reply);
		reply->elsewhere = !first;
		TRY(perform_one(http, request, url, first, reply, &redirect));
		if (!follows(request, redirect)) {
			reply->url = steal(&url);
			return NULL;
		}
		TRY(check_redirect(request, url, redirect, times));
		free(url);
		url = steal(&redirect);
	}
}
