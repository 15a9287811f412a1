#include "distribution_error.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "buffer.h"
#include "http_message.h"
#include "json.h"
#include "memory.h"
#include "text.h"

const struct error_code distribution_blob_unknown = {"BLOB_UNKNOWN", ERROR_NOT_FOUND, 404};
const struct error_code distribution_upload_invalid = {"BLOB_UPLOAD_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_upload_out_of_order = {"BLOB_UPLOAD_INVALID", ERROR_INVALID,
							    416};
const struct error_code distribution_upload_busy = {"BLOB_UPLOAD_INVALID", ERROR_CONFLICT, 409};
const struct error_code distribution_upload_unknown = {"BLOB_UPLOAD_UNKNOWN", ERROR_NOT_FOUND, 404};
const struct error_code distribution_digest_invalid = {"DIGEST_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_manifest_blob_unknown = {"MANIFEST_BLOB_UNKNOWN",
							      ERROR_NOT_FOUND, 404};
const struct error_code distribution_manifest_invalid = {"MANIFEST_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_manifest_too_large = {"MANIFEST_INVALID", ERROR_TOO_LARGE,
							   413};
const struct error_code distribution_manifest_unknown = {"MANIFEST_UNKNOWN", ERROR_NOT_FOUND, 404};
const struct error_code distribution_name_invalid = {"NAME_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_name_unknown = {"NAME_UNKNOWN", ERROR_NOT_FOUND, 404};
const struct error_code distribution_size_invalid = {"SIZE_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_page_invalid = {"UNSUPPORTED", ERROR_INVALID, 400};
const struct error_code distribution_tag_invalid = {"MANIFEST_INVALID", ERROR_INVALID, 400};
const struct error_code distribution_unauthorized = {"UNAUTHORIZED", ERROR_UNAUTHORIZED, 401};
const struct error_code distribution_denied = {"DENIED", ERROR_FORBIDDEN, 403};
const struct error_code distribution_unsupported = {"UNSUPPORTED", ERROR_NOT_IMPLEMENTED, 405};
const struct error_code distribution_not_found = {"UNSUPPORTED", ERROR_NOT_FOUND, 404};
const struct error_code distribution_too_many_requests = {"TOOMANYREQUESTS", ERROR_UNAVAILABLE,
							  429};

/* One row for each name: which code an answer has. */
static const struct error_code *const codes[] = {
	&distribution_blob_unknown,     &distribution_upload_invalid,
	&distribution_upload_unknown,   &distribution_digest_invalid,
	&distribution_manifest_invalid, &distribution_manifest_blob_unknown,
	&distribution_manifest_unknown, &distribution_name_invalid,
	&distribution_name_unknown,     &distribution_size_invalid,
	&distribution_unauthorized,     &distribution_denied,
	&distribution_unsupported,      &distribution_too_many_requests,
};

/* What an error is called that was made without a code. */
static const char *name_of_class(enum error_class class)
{
	static const char *const names[ERROR_CLASS_COUNT] = {
		[ERROR_UNAUTHORIZED] = "UNAUTHORIZED",   [ERROR_FORBIDDEN] = "DENIED",
		[ERROR_TOO_LARGE] = "SIZE_INVALID",      [ERROR_INVALID] = "UNSUPPORTED",
		[ERROR_NOT_FOUND] = "UNSUPPORTED",       [ERROR_CONFLICT] = "UNSUPPORTED",
		[ERROR_NOT_IMPLEMENTED] = "UNSUPPORTED",
	};

	return names[class] ? names[class] : "UNKNOWN";
}

json_t *distribution_error_json(const struct error *e)
{
	const char *name = e->code ? e->code->name : name_of_class(e->class);

	return json_pack("{s:[{s:s, s:o}]}", "errors", "code", name, "message",
			 json_text_value(e->message, strlen(e->message)));
}

/* -- reading -- */

static const struct error_code *find_code(const char *name)
{
	for (size_t i = 0; i < countof(codes); i++)
		if (strcmp(codes[i]->name, name) == 0)
			return codes[i];
	return NULL;
}

/* What a status means when nothing more is said. */
static const struct error_code *code_of_status(int status)
{
	static const struct error_code unavailable = {"", ERROR_UNAVAILABLE, 503};
	static const struct error_code refused = {"", ERROR_INVALID, 400};
	static const struct error_code missing = {"", ERROR_NOT_FOUND, 404};
	static const struct {
		int status;
		const struct error_code *code;
	} rows[] = {
		{401, &distribution_unauthorized},
		{403, &distribution_denied},
		{404, &missing},
		{429, &distribution_too_many_requests},
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].status == status)
			return rows[i].code;
	return status >= 500 ? &unavailable : &refused;
}

/* MANIFEST_UNKNOWN is "manifest unknown". */
static void append_code(struct buffer *text, const char *code)
{
	for (; *code; code++) {
		char c = *code == '_' ? ' ' : (char)tolower((unsigned char)*code);

		buffer_append(text, &c, 1);
	}
}

/* Docker's form. A token server has {"details": ...}, or OAuth's {"error_description": ...}. */
static fallible in_dockers_words(const struct error_code *code, int status, const json_t *document,
				 const json_t *first)
{
	static const char *const others[] = {"details", "error_description", "error", "message"};
	const char *message = json_string_at(first, "message", NULL);
	autobuffer text = {0};

	append_code(&text, json_string_at(first, "code", NULL));
	if (*message)
		buffer_printf(&text, "%s%.1000s", text.length ? ": " : "", message);
	for (size_t i = 0; i < countof(others) && !text.length; i++)
		buffer_printf(&text, "%.1000s", json_string_at(document, others[i], NULL));
	if (!text.length)
		buffer_printf(&text, "received unexpected HTTP status: %d %s", status,
			      http_reason(status));
	return error_coded(code, "%s", text.data);
}

fallible distribution_error_parse(int status, const char *body, size_t length, const char *what)
{
	autojson *document = NULL;
	autoerror bad = length ? json_parse(body, length, "the answer", &document) : NULL;
	json_t *first = bad ? NULL : json_array_get(json_object_get(document, "errors"), 0);
	const char *name = json_string_at(first, "code", NULL);
	const char *message = json_string_at(first, "message", NULL);
	const struct error_code *code = find_code(name);

	if (!code)
		code = code_of_status(status);
	if (!what)
		return in_dockers_words(code, status, document, first);
	if (*name || *message)
		return error_coded(code, "%s: the registry answered %d: %.100s%s%.1000s", what,
				   status, name, *name && *message ? ": " : "", message);
	return error_coded(code, "%s: the registry answered %d", what, status);
}
