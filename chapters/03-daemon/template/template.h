/*
 * template.h - Go's text templates over JSON values: --format
 *
 *	{{.Name}}  {{.State.Running}}  {{json .Config}}  {{index .Labels "a"}}  {{.ID | upper}}
 *	{{range .Mounts}}{{.Source}} {{end}}   {{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}
 *	{{if eq .State "running"}}...{{else if .X}}...{{else}}...{{end}}   {{with .X}}{{.Y}}{{end}}
 *	{{- trims blanks before -}} and after   {{$x := .A}}   {{/ * comments * /}}
 *
 * Functions: docker's json, split, join, title, lower, upper, pad, truncate, println, and Go's
 * and, or, not, len, index, print, printf, eq, ne, lt, le, gt, ge.
 *
 * The text is read and carried out in one pass, a loop's body once for each element: templates
 * are a line long. A value prints as Go prints it, as far as JSON tells its type: an array
 * "[a b]", an object "map[k:v]", null "<nil>" (Go prints an empty slice as "[]": JSON does not
 * tell the two apart).
 *
 * Standard: Go's package text/template. Book: 3.11
 */
#ifndef MINI_TEMPLATE_H
#define MINI_TEMPLATE_H

#include "buffer.h"
#include "error.h"
#include "json.h"

/* Appends what the template makes of the value. ERROR_INVALID: bad syntax, or a field that the
 * value does not have; out may then have the part before it. */
fallible template_execute(const char *text, json_t *value, struct buffer *out);

/* Only looks whether the syntax is right. ERROR_INVALID. */
fallible template_check(const char *text);

/* The columns of a table: the template carried out with a value whose fields are the headers,
 * where a field that has none is taken by its own name. */
fallible template_execute_header(const char *text, json_t *headers, struct buffer *out);

#endif
