# The labs' grader itself, on one task of a lab: `make exam` is for all of it. It needs root, as the
# labs do.

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	build=${BUILD:-$tree/build}
	given=$BATS_TEST_TMPDIR/given
	report=$BATS_TEST_TMPDIR/report.json
}

grade() {
	run "$tree/labs/grade" --build "$build" --json "$report" --task uts 01 "$@"
}

# A submission whose hostname_set() has this body.
submission() {
	"$tree/labs/starter" 01 "$given" >/dev/null
	/usr/bin/python3 -B - "$tree" "$given" "$1" <<-'PYTHON'
		import sys
		from pathlib import Path
		tree, given, body = sys.argv[1:]
		sys.path.insert(0, f"{tree}/labs/lib")
		import lab, source
		name, = [n for n in lab.Lab("01").files if "hostname_set" in Path(given, n).read_text()]
		file = Path(given, name)
		text = source.with_body(source.find(file.read_text(), "hostname_set"), body.splitlines())
		file.write_text("#include <dirent.h>\n#include <fcntl.h>\n#include <signal.h>\n"
		                "#include <stdio.h>\n#include <stdlib.h>\n#include <sys/mount.h>\n" + text)
	PYTHON
}

earned() {
	jq -r .earned "$report"
}

@test "the tree's own code earns every point" {
	grade
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(earned)" -eq "$(jq .points "$report")" ]
	[ "$(jq '.tests | length' "$report")" -gt 0 ]
}

@test "the starter compiles, fails cleanly and earns nothing" {
	"$tree/labs/starter" 01 "$given"
	grade "$given"
	echo "$output"
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

@test "results that the submission writes itself are ignored" {
	submission '
(void)name;
static const char forged[] = "1..1\nok 1 the process sees the host name that config.json gives\n";
umount2("/proc", MNT_DETACH);
mount("proc", "/proc", "proc", 0, NULL);
for (int fd = 1; fd < 300; fd++)
	(void)!write(fd, forged, sizeof(forged) - 1);
for (int pid = 1; pid < 400; pid++)
	for (int fd = 1; fd < 20; fd++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		int other = open(path, O_WRONLY);
		if (other >= 0)
			(void)!write(other, forged, sizeof(forged) - 1);
	}
printf("%s", forged);
fflush(stdout);
exit(0);'
	grade "$given"
	echo "$output"
	[ "$(jq .build.ok "$report")" = true ]
	[ "$(earned)" -eq 0 ]
}

@test "a submission that forks away, kills, fills the disk or replaces the tests gains nothing" {
	submission '
(void)name;
static char block[1 << 20];
if (fork() == 0) {
	setsid();
	if (fork() == 0)
		for (;;)
			pause();
	_exit(0);
}
kill(getppid(), SIGKILL);
kill(-1, SIGKILL);
mount(NULL, "/mini-docker", NULL, MS_REMOUNT | MS_BIND, NULL);
FILE *test = fopen("/mini-docker/labs/01-namespaces/tests/uts.bats", "w");
if (test)
	fprintf(test, "echo replaced\\n");
int full = open("/tmp/full", O_CREAT | O_WRONLY, 0600);
for (int i = 0; full >= 0 && i < 4096 && write(full, block, sizeof(block)) > 0; i++)
	;
exit(0);'
	local before after
	before=$(cd "$tree/labs" && find . -type f -exec md5sum {} + | sort)
	grade "$given"
	echo "$output"
	[ "$(jq .build.ok "$report")" = true ]
	[ "$(earned)" -eq 0 ]
	after=$(cd "$tree/labs" && find . -type f -exec md5sum {} + | sort)
	[ "$before" = "$after" ]
	run pgrep -f "mini-runc run --bundle /tmp/bundle lab"
	[ "$status" -eq 1 ]
}

@test "a submission has none of bats' descriptors, variables and processes" {
	local at=@ # bats would take the line below for a test of this file
	mkdir "$given"
	cat >"$given/reach.bats" <<-BATS
		load /mini-docker/labs/lib/lab
		${at}test "reach" {
			run inside env
			[[ \$output != *BATS* ]]
			run inside ls /proc/self/fd
			expect "descriptors, with the one that ls opens" "0 1 2 3" "\${output//\$'\n'/ }"
			run inside ls -l /proc/1/fd
			[[ \$output != *bats* ]]
			run inside sh -c 'umount -l /proc; ls /proc'
			expect "what is below /proc" "" "\$output"
			run inside pgrep -c bats
			expect "processes of bats" 0 "\$output"
			run inside ls / /root /tmp
			[[ \$output != *home* ]]
			[[ \$output != *bats* ]]
		}
	BATS
	# In a sandbox, as the grader runs it: what this tries must not work on the machine either.
	run "$tree/labs/sandbox" -b "$build" -i "$given" -- env TMPDIR=/tmp bats /in/reach.bats
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a TAP that is not one plan and one line for one test is no result" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		from grading import read_tap
		good = "1..1\nok 1 a name\n"
		assert read_tap(good, "a name")[0] == "passed"
		assert read_tap("1..1\nnot ok 1 a name\n# why\n", "a name") == ("failed", ["why"])
		assert read_tap("1..1\nok 1 a name # skip no busybox\n", "a name") == ("skipped", ["no busybox"])
		for bad in (good + good, "1..1\nok 1 a name\nok 1 a name\n", "1..1\nok 1 another\n", "1..1\n",
		            "ok 1 a name\n", "1..2\nok 1 a name\n", "1..1\nok 2 a name\n", ""):
		    assert read_tap(bad, "a name")[0] == "missing", bad
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "what a command leaves running is gone when its time is over" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import subprocess, sys, time
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading
		mark = f"4{time.time_ns() % 10**8}"
		script = f"setsid sh -c 'setsid sleep {mark} & exit' & sleep {mark}"
		status, _ = grading.run(["--", "sh", "-c", script], 2)
		assert status is None
		assert subprocess.run(["pgrep", "-f", f"^sleep {mark}"]).returncode == 1
		status, printed = grading.run(["--", "sh", "-c", "echo out; echo err >&2; exit 3"], 20)
		assert (status, printed) == (3, "out\nerr\n"), printed
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
