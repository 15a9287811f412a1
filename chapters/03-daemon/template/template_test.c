#include "template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"

static const char document[] =
	"{\"Name\":\"/web\",\"N\":3,\"F\":1.5,\"Yes\":true,\"No\":false,\"Null\":null,\"E\":\"\","
	"\"List\":[\"a\",\"b\"],\"Empty\":[],\"Map\":{\"y\":\"2\",\"x\":\"1\"},"
	"\"In\":{\"Deep\":{\"K\":\"v\"}},"
	"\"Mounts\":[{\"S\":\"/a\"},{\"S\":\"/b\"}]}";

static const struct {
	const char *text, *result;
} good[] = {
	{"", ""},
	{"plain }} text", "plain }} text"},
	{"{{.Name}}", "/web"},
	{"a{{ .N }}b{{.F}}{{.Yes}}", "a3b1.5true"},
	{"{{.In.Deep.K}}", "v"},
	{"{{.List}} {{.Map}} {{.Mounts}}", "[a b] map[x:1 y:2] [map[S:/a] map[S:/b]]"},
	{"{{json .Map}} {{json .List}} {{json .Null}}",
	 "{\"y\":\"2\",\"x\":\"1\"} [\"a\",\"b\"] null"},
	{"{{.Map | json}}", "{\"y\":\"2\",\"x\":\"1\"}"},
	{"{{index .Map \"x\"}}{{index .List 1}}{{index .Map \"none\"}}", "1b"},
	{"{{(index .Mounts 1).S}}", "/b"},
	{"{{range .List}}<{{.}}>{{end}}", "<a><b>"},
	{"{{range .Empty}}x{{else}}none{{end}}", "none"},
	{"{{range .Null}}x{{end}}!", "!"},
	{"{{range $i, $m := .Mounts}}{{$i}}={{$m.S}};{{end}}", "0=/a;1=/b;"},
	{"{{range $k, $v := .Map}}{{$k}}{{$v}} {{end}}", "x1 y2 "},
	{"{{range .Mounts}}{{$.N}}{{.S}}{{end}}", "3/a3/b"},
	{"{{if .Yes}}y{{else}}n{{end}}{{if .No}}y{{else}}n{{end}}", "yn"},
	{"{{if .E}}1{{else if .Empty}}2{{else if .N}}3{{else}}4{{end}}", "3"},
	{"{{if .No}}{{range .List}}{{if .}}x{{end}}{{end}}{{.Nope}}{{end}}ok", "ok"},
	{"{{with .In.Deep}}{{.K}}{{end}}{{with .Null}}x{{else}}-{{end}}", "v-"},
	{"{{if eq .N 3}}eq{{end}}{{if and .Yes (not .No)}}and{{end}}", "eqand"},
	{"{{if or .No (gt .N 2)}}or{{end}}{{eq .Name \"x\" \"/web\"}}", "ortrue"},
	{"{{len .List}}{{len .Name}}{{len .Map}}", "242"},
	{"{{join .List \", \"}}|{{upper .Name}}|{{lower \"AB\"}}|{{title \"a b\"}}",
	 "a, b|/WEB|ab|A B"},
	{"{{split \"a/b/c\" \"/\"}}", "[a b c]"},
	{"{{println .Name}}{{print 1 2 \"x\" 3}}", "/web\n1 2x3"},
	{"{{printf \"%s-%d %-5s|%5v|%q%%\" .Name .N \"ab\" .Yes \"q\"}}",
	 "/web-3 ab   | true|\"q\"%"},
	{"{{truncate \"abcdef\" 3}}{{pad \"x\" 1 2}}|", "abc x  |"},
	{"a  {{- .N -}}  b", "a3b"},
	{"{{/* a comment */}}x{{- /* y */ -}} z", "xz"},
	{"{{$x := .N}}{{$x}}{{$x}}", "33"},
	{"{{.Null}}", "<nil>"},
	{"{{`raw\\n`}}{{\"a\\tb\"}}", "raw\\na\tb"},
	{"{{range .List}}{{range $.List}}{{.}}{{end}};{{end}}", "ab;ab;"},
	{"{{ .Name | printf \"%s!\" }}", "/web!"},
};

static void test_templates(void **state)
{
	json_error_t why;
	autojson *value = json_loads(document, 0, &why);

	(void)state;
	for (size_t i = 0; i < countof(good); i++) {
		autobuffer out = {0};
		autoerror e = template_execute(good[i].text, value, &out);

		if (e)
			fail_msg("%s: %s", good[i].text, e->message);
		buffer_append_string(&out, "");
		assert_string_equal(out.data, good[i].result);
		assert_null(template_check(good[i].text));
	}
}

static void test_bad_syntax(void **state)
{
	static const char *const bad[] = {
		"{{",
		"{{.Name",
		"{{.Name}",
		"{{if .X}}",
		"{{range .X}}a",
		"{{end}}",
		"{{else}}",
		"{{nope .X}}",
		"{{json}}",
		"{{json .A .B}}",
		"{{\"abc}}",
		"{{(.A}}",
		"{{/* x }}",
		"{{.A .B}}",
		"{{.A | .B}}",
		"{{if}}x{{end}}",
		"{{|}}",
		"{{)}}",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		autoerror e = template_check(bad[i]);

		if (!e)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(e->class, ERROR_INVALID);
	}
}

/* However deep a template nests, the stack is bounded. */
static void test_depth_is_bounded(void **state)
{
	autobuffer deep = {0};

	(void)state;
	buffer_append_string(&deep, "{{");
	for (int i = 0; i < 100000; i++)
		buffer_append_string(&deep, "(");
	autoerror e = template_check(deep.data);
	assert_non_null(e);
	buffer_finish(&deep);
	for (int i = 0; i < 100000; i++)
		buffer_append_string(&deep, "{{if .X}}");
	autoerror e2 = template_check(deep.data);
	assert_non_null(e2);
}

static void test_missing_fields(void **state)
{
	json_error_t why;
	autojson *value = json_loads(document, 0, &why);
	autobuffer out = {0};

	(void)state;
	autoerror e = template_execute("{{.Nope}}", value, &out);
	assert_non_null(e);
	assert_non_null(strstr(e->message, "map has no entry for key \"Nope\""));
	autoerror e2 = template_execute("{{.Name.X}}", value, &out);
	assert_non_null(e2);
	autoerror e3 = template_execute("{{index .List 7}}", value, &out);
	assert_non_null(e3);
}

static void test_header(void **state)
{
	autojson *headers = json_pack("{s:s}", "ID", "CONTAINER ID");
	autobuffer out = {0};

	(void)state;
	assert_null(template_execute_header("{{.ID}}\t{{upper .Names}}", headers, &out));
	assert_string_equal(out.data, "CONTAINER ID\tNAMES");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),        cmocka_unit_test(test_bad_syntax),
		cmocka_unit_test(test_depth_is_bounded), cmocka_unit_test(test_missing_fields),
		cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
