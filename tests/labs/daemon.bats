# Lab 03: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

load archive

@test "an archive of lab 03 has no solution in any folder, and its points add up" {
	student_archive 03
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
