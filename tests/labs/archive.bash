# Loaded by the tests of the labs: what a student gets of one (labs/handout).

bats_require_minimum_version 1.5.0

setup_file() {
	export BATS_TEST_TIMEOUT=300 # some of them build a chapter and all that stands on it, twice
}

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	cd "$BATS_TEST_TMPDIR"
}

# $1: a lab's number. Unpacks its archive and goes into it: no file of it has the body of a function
# that is to be written, nothing else in it tells of solutions, it names the files that are to be
# handed in, and the points of its tasks are those of its public tests: most of 100.
student_archive() {
	"$tree/labs/handout" --output lab.tar.gz "$1"
	tar -xzf lab.tar.gz
	cd mini-docker-"$1"-*
	[ -f LAB.md ]
	run ! grep -rn "test_tags=.*hidden" labs/"$1"-*/tests
	[ -z "$(ls -d labs/"$1"-*/{bad,survivors.json} 2>/dev/null)" ]
	run -0 /usr/bin/python3 -B - "$tree" "$1" <<-'PYTHON'
		import sys
		from pathlib import Path
		tree, number = sys.argv[1:]
		sys.path.insert(0, f"{tree}/labs/lib")
		import lab, source
		whole = lab.Lab(number)
		bodies = []
		for function, home in whole.homes.items():
		    d = source.find(home.read_text(), function)
		    bodies.append((function, d.source[d.body:d.end]))
		files = [f for f in Path(".").rglob("*") if f.is_file()]
		assert len(files) > 500, files
		for file in files:
		    text = file.read_text(errors="replace")
		    for function, body in bodies:
		        assert body not in text, f"{file} has {function}()"
		told = Path("LAB.md").read_text()
		for name in whole.files:
		    assert Path(name).name in told, f"LAB.md does not name {name}"
		# What is in the archive reads its own plan.
		sys.path.insert(0, "labs/lib")
		for name in ("lab", "source"):
		    del sys.modules[name]
		import lab
		given = lab.Lab(number)
		points = sum(t.points for t in given.tests)
		assert 60 < points < 100 and points == sum(t.points for t in given.tasks), points
	PYTHON
}

# $1: lab, $2: task, then the files that solve it. What is given compiles and earns nothing; with the
# files it earns all.
starter_earns() {
	local lab=$1 task=$2 file
	shift 2
	"$tree/labs/starter" "$lab" given >/dev/null
	run -1 "$tree/labs/grade" --build "$build" --json report.json --task "$task" "$lab" given
	[ "$(jq -c '[.build.ok, .earned]' report.json)" = '[true,0]' ]
	for file; do
		cp "$file" "$(find given -name "${file##*/}")"
	done
	run -0 "$tree/labs/grade" --build "$build" --json report.json --task "$task" "$lab" given
	[ "$(jq '.earned > 0 and .earned == .points' report.json)" = true ]
}
