# What a student is given, and in which forms a report is written.

setup_file() {
	export BATS_TEST_TIMEOUT=300 # a student's archive is built twice, all of it
}

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	cd "$BATS_TEST_TMPDIR"
}

@test "a student's archive works, and the solution is not in it" {
	"$tree/labs/handout" --output lab.tar.gz 01
	tar -xzf lab.tar.gz
	cd mini-docker-01-namespaces
	[ -f LAB.md ]
	run grep -rn "test_tags=.*hidden" labs/01-namespaces/tests
	[ "$status" -eq 1 ]
	[ ! -e labs/01-namespaces/bad ]
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import lab, source
		whole = lab.Lab("01")
		bodies = []
		for function, home in whole.homes.items():
		    d = source.find(home.read_text(), function)
		    bodies.append((function, d.source[d.body:d.end]))
		for file in Path(".").rglob("*"):
		    text = file.read_text(errors="replace") if file.is_file() else ""
		    for function, body in bodies:
		        assert body not in text, f"{file} has {function}()"
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
	run labs/grade --build "$PWD/build" --json before.json --task uts 01
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(jq .earned before.json)" -eq 0 ]
	cp "$tree"/chapters/01-namespaces/*.c chapters/01-namespaces/
	run labs/grade --build "$PWD/build" --json after.json --task uts 01
	echo "$output"
	[ "$(jq .earned after.json)" -gt 0 ]
}

@test "a report in every form says the same" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import csv, io, json, sys
		import xml.etree.ElementTree as xml
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading, lab, writers
		whole = lab.Lab("01")
		whole.only(["uts"])
		report = grading.Report(whole, "class/=evil", built=True)
		states = ["passed", "failed", "timeout", "missing", "skipped", "not built"]
		for test, status in zip(whole.tests, states):
		    report.results.append(grading.Result(test, status, ["1..1", "ok 1 <forged>]]>&"]))
		earned = whole.tests[0].points
		tap = writers.as_tap(report).splitlines()
		assert tap[0] == f"1..{len(whole.tests)}"
		assert sum(l.startswith("ok ") for l in tap) == 1, tap
		suite = xml.fromstring(writers.as_junit(report))
		assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "2", "1")
		grades = json.loads(writers.as_gradescope(report))
		assert grades["score"] == earned == sum(t["score"] for t in grades["tests"])
		assert {t["visibility"] for t in grades["tests"]} == {"visible", "after_published"}
		rows = list(csv.DictReader(io.StringIO(writers.as_csv([report, report]))))
		assert len(rows) == 2 and rows[0]["submission"] == "'=evil", rows
		assert rows[0]["points"] == rows[0]["uts"] == str(earned)
		assert json.loads(writers.as_json(report))["earned"] == earned
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "what paints on a terminal is taken out of what a submission prints" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading
		status, printed = grading.run(["--", "printf", r"a\033[2Jb\rc\000d\n"], 20)
		assert printed == "a?[2Jb?c?d\n", printed
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a class is graded into one table" {
	"$tree/labs/starter" 01 anna >/dev/null
	"$tree/labs/starter" 01 bert >/dev/null
	cp "$tree/chapters/01-namespaces/hostname.c" bert/
	run "$tree/labs/grade" --build "$build" --task uts --csv class.csv 01 anna bert
	[ "$status" -eq 1 ]
	cat class.csv
	[ "$(cut -d, -f1,2 class.csv | xargs)" = "submission,points anna,0 bert,10" ]
}
