# The labs' grader itself, on one task of a lab: `make exam` is for all of it. It needs root, as the
# labs do.

load submissions

@test "the tree's own code earns every point" {
	grade
	[ "$status" -eq 0 ]
	[ "$(earned)" -eq "$(jq .points "$report")" ]
	[ "$(jq '.tests | length' "$report")" -gt 0 ]
}

@test "the starter compiles, fails cleanly and earns nothing" {
	"$tree/labs/starter" 01 "$given"
	grade "$given"
	[ "$status" -eq 1 ]
	[ "$(jq .build.ok "$report")" = true ]
	[ "$(earned)" -eq 0 ]
	[ "$(jq -r '[.tests[].status] | unique | join(" ")' "$report")" = failed ]
	[[ $output == *"hint 1:"* ]]
}

@test "code that does not compile earns nothing, and the compiler's words are shown" {
	submission 'return this_is_not_there;'
	grade "$given"
	[ "$status" -eq 1 ]
	[[ $output == *"does not build"*this_is_not_there* ]]
	[ "$(earned)" -eq 0 ]
}

@test "only the files that are asked for are taken" {
	"$tree/labs/starter" 01 "$given"
	mkdir "$given/bin"
	printf '#!/bin/sh\necho web-7\n' >"$given/bin/mini-runc"
	chmod +x "$given/bin/mini-runc"
	echo 'all: ; true' >"$given/Makefile"
	grade "$given"
	[ "$(earned)" -eq 0 ]
}

@test "a file that is missing, or a link out of the folder, counts as not written" {
	"$tree/labs/starter" 01 "$given"
	rm -r "${given:?}"/*
	ln -s /etc/hostname "$given/$(/usr/bin/python3 -B -c "
import sys; sys.path.insert(0, '$tree/labs/lib')
import lab; lab = lab.Lab('01'); lab.only(['uts']); print(lab.files[0])")"
	grade "$given"
	[ "$status" -eq 1 ]
	[[ $output == *"graded as not written"* ]]
	[ "$(earned)" -eq 0 ]
}

@test "a TAP that is not one plan and one line for one test is no result" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		from grading import read_tap
		good = "1..1\nok 1 a name\n"
		def one(text): return read_tap(text, ["a name"])["a name"]
		assert one(good)[0] == "passed"
		assert one("1..1\nnot ok 1 a name\n# why\n") == ("failed", ["why"])
		assert one("1..1\nok 1 a name # skip no busybox\n") == ("skipped", ["no busybox"])
		for bad in (good + good, "1..1\nok 1 a name\nok 1 a name\n", "1..1\nok 1 another\n", "1..1\n",
		            "ok 1 a name\n", "1..2\nok 1 a name\n", "1..1\nok 2 a name\n", ""):
		    assert one(bad)[0] == "missing", bad
		two = read_tap("1..2\nok 1 a name\n# of 1\nnot ok 2 b\n# of 2\n", ["a name", "b"])
		assert two == {"a name": ("passed", ["of 1"]), "b": ("failed", ["of 2"])}, two
		for bad in ("1..2\nok 1 a name\n", "1..1\nok 1 a name\nok 2 b\n", "1..2\nok 1 b\nok 2 a name\n"):
		    two = read_tap(bad, ["a name", "b"])
		    assert [result for result, _ in two.values()] == ["missing"] * 2, bad
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a lab that contradicts itself is told, not graded" {
	cp -r "$tree/labs" "$tree/chapters" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR"
	jq '.tasks[0].points += 1' "$tree/labs/01-namespaces/tasks.json" >labs/01-namespaces/tasks.json
	run labs/grade 01
	[ "$status" -eq 2 ]
	[[ $output == *"points"* ]]
	jq '.tasks[0].functions = ["no_such_function"]' "$tree/labs/01-namespaces/tasks.json" \
		>labs/01-namespaces/tasks.json
	run labs/grade 01
	[ "$status" -eq 2 ]
	[[ $output == *"no_such_function"* ]]
	run labs/grade 99
	[ "$status" -eq 2 ]
}

@test "mini-docker run runs on the student's code" {
	local file
	submission '
(void)name;
return sethostname("my-own-code", 11) < 0 ? error_system("no name") : NULL;'
	for file in "$given"/*.c; do
		[ "${file##*/}" = hostname.c ] || cp "$tree/chapters/01-namespaces/${file##*/}" "$given/"
	done
	run "$tree/labs/grade" --build "$build" --task docker 01 "$given"
	echo "$output"
	[[ $output == *"expected: web-7 1"*"got: my-own-code 1"* ]]
}
