# Lab 02: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	cd "$BATS_TEST_TMPDIR"
}

@test "an archive of lab 02 has no solution, and its points add up" {
	"$tree/labs/handout" --output lab.tar.gz 02
	tar -xzf lab.tar.gz
	cd mini-docker-02-images
	[ -f LAB.md ]
	run grep -rn "test_tags=.*hidden" labs/02-images/tests
	[ "$status" -eq 1 ]
	[ ! -e labs/02-images/bad ]
	[ ! -e labs/02-images/survivors.json ]
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import lab, source
		bodies = []
		for function, home in lab.Lab("02").homes.items():
		    d = source.find(home.read_text(), function)
		    bodies.append((function, d.source[d.body:d.end]))
		for file in Path("chapters/02-images").glob("*.c"):
		    for function, body in bodies:
		        assert body not in file.read_text(), f"{file} has {function}()"
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
	# It reads the plan of what is left, which has to fit its tasks.
	run /usr/bin/python3 -B -c 'if True:
		import sys
		sys.path.insert(0, "labs/lib")
		import lab
		given = lab.Lab("02")
		print(sum(t.points for t in given.tests), len(given.tasks))'
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${output% *}" -gt 60 ]
	[ "${output% *}" -lt 100 ]
}

@test "a starter of lab 02 compiles and earns nothing, and a file that is written earns its task" {
	"$tree/labs/starter" 02 given >/dev/null
	run "$tree/labs/grade" --build "$build" --json report.json --task reference 02 given
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(jq .build.ok report.json)" = true ]
	[ "$(jq .earned report.json)" -eq 0 ]
	cp "$tree/chapters/02-images/reference.c" given/
	run "$tree/labs/grade" --build "$build" --json report.json --task reference 02 given
	[ "$status" -eq 0 ]
	[ "$(jq .earned report.json)" -eq 10 ]
}

@test "hostile archives are made as they are asked for" {
	run /usr/bin/python3 -B "$tree/labs/lib/archives.py" tar 'file ../evil x' 'link /out /etc' \
		'hard a /etc/passwd' 'char null 1:3' 'file:4755:7 tool hello'
	[ "$status" -eq 0 ]
	/usr/bin/python3 -B "$tree/labs/lib/archives.py" tar 'file ../evil x' 'link /out /etc' \
		'hard a /etc/passwd' 'char null 1:3' 'file:4755:7 tool hello' >made.tar
	run tar --absolute-names -tvf made.tar
	echo "$output"
	[[ $output == *"../evil"*"/out -> /etc"*"a link to /etc/passwd"*"crw-r--r-- 0/0"*"1,3"*"-rwsr-xr-x 7/7"* ]]
}
