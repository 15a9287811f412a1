# Lab 03: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

setup_file() {
	export BATS_TEST_TIMEOUT=300
}

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	cd "$BATS_TEST_TMPDIR"
}

@test "an archive of lab 03 has no solution in any folder, and its points add up" {
	"$tree/labs/handout" --output lab.tar.gz 03
	tar -xzf lab.tar.gz
	cd mini-docker-03-daemon
	[ -f LAB.md ]
	run grep -rn "test_tags=.*hidden" labs/03-daemon/tests
	[ "$status" -eq 1 ]
	[ ! -e labs/03-daemon/bad ]
	[ ! -e labs/03-daemon/survivors.json ]
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import lab, source
		bodies = []
		for function, home in lab.Lab("03").homes.items():
		    d = source.find(home.read_text(), function)
		    bodies.append((function, d.source[d.body:d.end]))
		files = list(Path("chapters/03-daemon").glob("**/*.c"))
		assert len(files) > 100, files
		for file in files:
		    for function, body in bodies:
		        assert body not in file.read_text(), f"{file} has {function}()"
		sys.path.insert(0, "labs/lib")
		for name in ("lab", "source"):
		    del sys.modules[name]
		import lab
		given = lab.Lab("03")
		points = sum(t.points for t in given.tests)
		assert 70 < points < 100 and points == sum(t.points for t in given.tasks), points
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "files of a submission are found in the folders of the chapter" {
	"$tree/labs/starter" 03 "$PWD/one/deeper" >/dev/null
	echo '/* mine */' >>one/deeper/http/http_message.c
	rm one/deeper/shim/attached.c
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import handed_in, lab
		whole = lab.Lab("03")
		texts, notes = handed_in.collect(whole, "one")
		assert sorted(texts) == whole.files, texts.keys()
		assert texts["http/http_message.c"].endswith("/* mine */\n")
		assert texts["shim/attached.c"] == whole.starter()["shim/attached.c"]
		assert any("shim/attached.c" in note for note in notes), notes
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a daemon that forks away and kills all it sees costs its points, and leaves nothing" {
	local mark=$((RANDOM * 32768 + RANDOM)) file=given/http/http_message.c
	"$tree/labs/starter" 03 given >/dev/null
	/usr/bin/python3 -B - "$tree" "$file" "$mark" <<-'PYTHON'
		import sys
		from pathlib import Path
		tree, file, mark = sys.argv[1:]
		sys.path.insert(0, f"{tree}/labs/lib")
		import source
		name = "http_unescape"
		Path(file).write_text("#include <signal.h>\n#include <unistd.h>\n" + source.with_body(
		    source.find(Path(file).read_text(), name), f"""
		(void)text, (void)length, (void)plus, (void)out;
		if (fork() == 0) {{
		    setsid();
		    if (fork() == 0)
		        execlp("sleep", "sleep", "7{mark}", NULL);
		    _exit(0);
		}}
		kill(-1, SIGKILL);
		_exit(0);""".splitlines()))
	PYTHON
	run "$tree/labs/grade" --build "$build" --json report.json --task target 03 given
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(jq .build.ok report.json)" = true ]
	[ "$(jq .earned report.json)" -eq 0 ]
	run pgrep -f "sleep 7$mark"
	[ "$status" -eq 1 ]
}
