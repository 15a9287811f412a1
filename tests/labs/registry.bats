# Lab 04: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

setup_file() {
	export BATS_TEST_TIMEOUT=300
}

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	cd "$BATS_TEST_TMPDIR"
}

@test "an archive of lab 04 has no solution in any folder, and its points add up" {
	"$tree/labs/handout" --output lab.tar.gz 04
	tar -xzf lab.tar.gz
	cd mini-docker-04-registry
	[ -f LAB.md ]
	run grep -rn "test_tags=.*hidden" labs/04-registry/tests
	[ "$status" -eq 1 ]
	[ ! -e labs/04-registry/bad ]
	[ ! -e labs/04-registry/survivors.json ]
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import lab, source
		whole = lab.Lab("04")
		bodies = []
		for function, home in whole.homes.items():
		    d = source.find(home.read_text(), function)
		    bodies.append((function, d.source[d.body:d.end]))
		files = list(Path("chapters/04-registry").glob("**/*.c"))
		assert len(files) > 50, files
		for file in files:
		    for function, body in bodies:
		        assert body not in file.read_text(), f"{file} has {function}()"
		# What a student is told to hand in is what is asked for.
		told = Path("LAB.md").read_text()
		for name in whole.files:
		    assert f"{Path(name).name}`" in told, f"LAB.md does not name {name}"
		sys.path.insert(0, "labs/lib")
		for name in ("lab", "source"):
		    del sys.modules[name]
		import lab
		given = lab.Lab("04")
		points = sum(t.points for t in given.tests)
		assert 70 < points < 100 and points == sum(t.points for t in given.tasks), points
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a starter of lab 04 compiles and earns nothing, and files that are written earn their task" {
	"$tree/labs/starter" 04 given >/dev/null
	run "$tree/labs/grade" --build "$build" --json report.json --task names 04 given
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(jq .build.ok report.json)" = true ]
	[ "$(jq .earned report.json)" -eq 0 ]
	cp "$tree"/chapters/04-registry/{repository_name,content_range}.c given/
	run "$tree/labs/grade" --build "$build" --json report.json --task names 04 given
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(jq .earned report.json)" -eq 10 ]
}
