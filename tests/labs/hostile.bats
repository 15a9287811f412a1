# Submissions that want points without work, the grader's files, or the machine. Root, as the labs.

load submissions

setup_file() {
	export BATS_TEST_TIMEOUT=300 # some build one submission after the other
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
	[ "$(jq .build.ok "$report")" = true ]
	[ "$(earned)" -eq 0 ]
}

# A constructor runs before main(), in the sandbox of a test, as its root.
attacks='
static int tried;
static void harm(const char *what, int succeeded)
{
	tried++;
	if (succeeded)
		printf("HARM: %s\n", what);
}
static int writes(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}
static int connects(const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	memcpy(to.sun_path + 1, name, strlen(name));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(fd, (struct sockaddr *)&to, 3 + strlen(name)) == 0;
}
static int lists(const char *path)
{
	DIR *dir = opendir(path);
	return dir && readdir(dir) && readdir(dir) && readdir(dir);
}
__attribute__((constructor)) static void attack(void)
{
	char path[256];
	static const char *const controllers[] = {"memory", "pids", "cpu", "unified", "."};
	static const char *const limits[] = {"memory.limit_in_bytes", "pids.max", "memory.max",
		"release_agent", "notify_on_release", "cpu.shares", "devices.allow"};
	for (int c = 0; c < 5; c++)
		for (int l = 0; l < 7; l++) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/%s", controllers[c], limits[l]);
			harm(path, writes(path, "1073741824"));
		}
	harm("sysrq", writes("/proc/sysrq-trigger", "h"));
	harm("a sysctl of the machine", writes("/proc/sys/kernel/panic", "0"));
	harm("core_pattern", writes("/proc/sys/kernel/core_pattern", "|/bin/true"));
	harm("kernel messages", writes("/dev/kmsg", "hello"));
	harm("a driver", writes("/sys/power/state", "x"));
	harm("host keys and hashes", open("/etc/shadow", O_RDONLY) >= 0);
	harm("the tests", lists("/mini-docker/labs"));
	harm("the reference", lists("/mini-docker/chapters"));
	harm("what is handed in by others", lists("/in"));
	harm("homes", lists("/home"));
	harm("the system", writes("/usr/bin/env", "#!/bin/sh"));
	harm("the system, remounted", mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0) == 0 &&
	     open("/usr/bin/zzz", O_CREAT | O_WRONLY, 0755) >= 0);
	harm("its own programs", open("/mini-docker/build/bin/zzz", O_CREAT | O_WRONLY, 0755) >= 0);
	harm("a disk", mknod("/tmp/disk", S_IFBLK | 0600, makedev(254, 0)) == 0);
	harm("the clock", settimeofday(&(struct timeval){1}, 0) == 0);
	harm("the hypervisor", socket(AF_VSOCK, SOCK_STREAM, 0) >= 0);
	harm("io_uring", syscall(SYS_io_uring_setup, 1, path) >= 0 || errno != EPERM);
	harm("userfaultfd", syscall(SYS_userfaultfd, 0) >= 0);
	harm("an abstract socket", connects("mini-lab-socket"));
	harm("shared memory of others", access("/dev/shm/mini-lab-left", F_OK) == 0);
	creat("/dev/shm/mini-lab-left", 0600);
	harm("another runtime", access("/usr/sbin/runc", X_OK) == 0 || access("/usr/bin/crun", X_OK) == 0);
	harm("process 1 of the machine", kill(1, SIGSTOP) == 0 && lists("/proc/1/root/home"));
	mount("tmpfs", "/mnt", "tmpfs", 0, 0);
	mount("tmpfs", "/usr/bin", "tmpfs", 0, 0);
	printf("TRIED %d\n", tried);
	fflush(stdout);
	_exit(0);
}'

@test "root in there is nobody: no test, no reference, no limit and nothing of the machine is in reach" {
	local listener
	submission '(void)name; return NULL;' "$attacks"
	# What it must not find: a socket without a file.
	exec {listener}< <(exec /usr/bin/python3 -c 'if True:
		import socket, time
		here = socket.socket(socket.AF_UNIX)
		here.bind("\0mini-lab-socket")
		here.listen()
		print("ready", flush=True)
		time.sleep(300)' 3>&- 4>&-)
	listening=$!
	read -r -t 20 -u "$listener" _
	grade "$given"
	kill "$listening"
	[ "$(jq .build.ok "$report")" = true ]
	[[ $output == *"TRIED 57"* ]]
	[[ $output != *HARM* ]]
	[ "$(earned)" -eq 0 ]
}

@test "a submission that forks away and kills all it sees outlives nothing" {
	local mark=$((RANDOM * 32768 + RANDOM))
	submission "
(void)name;
if (fork() == 0) {
	setsid();
	if (fork() == 0)
		execlp(\"sleep\", \"sleep\", \"7$mark\", NULL);
	_exit(0);
}
kill(getppid(), SIGKILL);
kill(-1, SIGKILL);
exit(0);"
	local before after
	before=$(cd "$tree/labs" && find . -type f -exec md5sum {} + | sort)
	grade "$given"
	[ "$(jq .build.ok "$report")" = true ]
	[ "$(earned)" -eq 0 ]
	after=$(cd "$tree/labs" && find . -type f -exec md5sum {} + | sort)
	[ "$before" = "$after" ]
	run pgrep -f "sleep 7$mark"
	[ "$status" -eq 1 ]
}

# compiles: builds what is in the submission, as the grader does, and no more.
compiles() {
	run /usr/bin/python3 -B - "$tree" "$build" "$given" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading, lab
		whole = lab.Lab("01")
		whole.only(["uts"])
		with grading.Workshop(whole, sys.argv[2]) as workshop:
		    key = workshop.changed(grading.collect(whole, sys.argv[3])[0]), ("bin/mini-runc",)
		    status, printed = workshop.build(key).result()
		print(printed)
		sys.exit(0 if status == 0 else 1)
	PYTHON
	echo "$output"
}

# What must not compile, with what the compiler must say and must not.
refuses() {
	submission 'return error_new(ERROR_SYSTEM, "%s", name);' "$1"
	compiles
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
	[[ $output != *"$3"* ]]
}

@test "the compiler reads no files of the machine and no solution" {
	local path text=
	refuses '#include "/etc/shadow"' "No such file" "root:"
	refuses '#include "/mini-docker/labs/01-namespaces/tests/uts.bats"' "No such file" "bats test_tags"
	for path in /mini-docker/build/bin/mini-runc /in/kit/bin/mini-runc \
		{/in/kit,/mini-docker/build}/{,static/}{obj/01-namespaces/hostname.o,01-namespaces.a} \
		/mini-docker/labs/01-namespaces/bad/uts-length.patch; do
		text+="asm(\".incbin \\\"$path\\\"\");"$'\n'
	done
	refuses "$text" "file not found: /in/kit/obj/01-namespaces/hostname.o" "nothing can be said"
	# One of them is there: the object that the assembler writes just then.
	[ "$(grep -c 'file not found' <<<"$output")" -eq 10 ]
	# The place of the solution has the starter.
	refuses '
#define hostname_set hostname_of_reference
#define hostname_set_domain hostname_of_reference_domain
#include "/mini-docker/chapters/01-namespaces/hostname.c"
#undef hostname_set
#undef hostname_set_domain
#define error_new(class, text, word) hostname_of_reference(word)' "not written yet" "web-7 "
}

@test "the compiler runs nothing for the submission" {
	refuses '
_Pragma("GCC plugin \"/in/given/plugin.so\"")
#pragma GCC plugin "/in/given/plugin.so"
#include "|touch /tmp/ran"
#include "$(touch /tmp/ran)"
#embed "/etc/shadow"' "No such file" "root:"
	[ ! -e /tmp/ran ]
	# Nothing but the files that are asked for is taken: no Makefile, no header, no plugin.
	submission 'return this_is_not_there;'
	printf '%s\n' '$(shell touch /tmp/ran)' 'all: ; touch /tmp/ran' >"$given/Makefile"
	cp "$given/Makefile" "$given/hostname.d"
	printf '#error taken\n' >"$given/hostname.h"
	compiles
	[ "$status" -eq 1 ]
	[[ $output == *this_is_not_there* ]]
	[[ $output != *"#error"* ]]
	[ ! -e /tmp/ran ]
}

@test "a source without an end is no build, and ends" {
	local began=$SECONDS
	refuses '#include "/dev/zero"' "make: ***" "nothing can be said"
	refuses '#include __FILE__' "make: ***" "nothing can be said"
	[ $((SECONDS - began)) -lt 100 ]
}

@test "links, devices, pipes, folders and huge files are not taken, whatever their names" {
	local names
	mkdir "$given"
	mapfile -t names < <("$tree/labs/starter" 01 "$BATS_TEST_TMPDIR/starter" | sed -n 's/.*starter\///p' | sort -u)
	[ "${#names[@]}" -ge 6 ]
	echo secret >"$BATS_TEST_TMPDIR/secret"
	ln -s "$BATS_TEST_TMPDIR/secret" "$given/${names[0]}"
	ln "$BATS_TEST_TMPDIR/secret" "$given/${names[1]}"
	mknod "$given/${names[2]}" c 1 5
	mkfifo "$given/${names[3]}"
	mkdir "$given/${names[4]}"
	truncate -s 8G "$given/${names[5]}"
	touch "$given/"$'a name\nwith lines\e[2J' "$given/-rf"
	run /usr/bin/python3 -B - "$tree" "$given" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading, lab
		whole = lab.Lab("01")
		texts, notes = grading.collect(whole, sys.argv[2])
		assert texts == whole.starter() and all(f in " ".join(notes) for f in whole.files), notes
		print("\n".join(notes))
		assert "secret" not in "".join(texts.values())
		link = grading.Path(sys.argv[2] + "-link")
		link.symlink_to(sys.argv[2])
		report = grading.Report(whole, grading.plain("class/a name\nwith lines\033[2J"))
		assert report.submission == "class/a name?with lines?[2J", report.submission
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "time, memory, processes, disk and output have an end, and nothing is left" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import os, subprocess, sys, time
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading
		mark = f"4{time.time_ns() % 10**8}"

		def hog(what, script, seconds):
		    began = time.time()
		    status, printed = grading.run(["--", "bash", "-c", script], seconds)
		    print(what, status, printed[-200:].strip(), f"{time.time() - began:.0f} s", flush=True)
		    assert time.time() - began < seconds * grading.MOST_BUSY + 15
		    groups = subprocess.run(["find", "/sys/fs/cgroup", "-name", f"mini-lab-{os.getpid()}"],
		                            stdout=subprocess.PIPE, text=True).stdout
		    assert not groups, groups  # a group goes only when all of its processes have
		    return status, printed

		status, _ = hog("away", f"setsid sh -c 'setsid sleep {mark} & exit' & sleep {mark}", 2)
		assert status is None
		assert subprocess.run(["pgrep", "-f", f"^sleep {mark}"]).returncode == 1
		status, printed = hog("status", "echo out; echo err >&2; exit 3", 20)
		assert (status, printed) == (3, "out\nerr\n"), printed
		status, _ = hog("processes", "bomb() { bomb | bomb & }; bomb; sleep 60", 3)
		assert status is None or status > 0
		status, _ = hog("memory", "exec tail /dev/zero", 30)
		assert status == 137, status
		status, _ = hog("disk", "for n in 1 2 3 4; do head -c 1G /dev/zero >/tmp/$n || exit 9; done", 60)
		assert status in (9, 137), status
		status, printed = hog("output", "yes", 4)
		assert len(printed) <= grading.MOST_OUTPUT
		status, printed = hog("immutable", "touch /tmp/f; chattr +i /tmp/f", 20)
		assert status != 0
		hog("groups", """cd /sys/fs/cgroup/pids || cd /sys/fs/cgroup
		    for n in {1..40}; do mkdir $(printf 'n%.0s' {1..200}) && cd -P n* || exit; done""", 20)
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the keys of who grades are not in reach" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import ctypes, platform, sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading
		add, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
		call = ctypes.CDLL(None).syscall
		assert call(keyctl, 1, None) > 0  # a session's keyring of our own, and a key in it
		assert call(add, b"user", b"mini-lab-key", b"secret", 6, -3) > 0
		search = f"import ctypes; print(ctypes.CDLL(None).syscall({keyctl}, 10, -3, b'user', b'mini-lab-key', 0))"
		exec(search.replace("print(", "found = ("))
		assert found > 0
		status, printed = grading.run(["--", "/usr/bin/python3", "-c", search], 20)
		assert (status, printed) == (0, "-1\n"), printed
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "what a submission prints is not evaluated" {
	# bash runs the command in an index wherever it expects a number.
	local printed='SigIgn:	0+a[$(touch /tmp/ran)0]'
	run bash -c '. "$1/labs/lib/lab.bash" && calculate "0x${2#*$'"'\\t'"'}" "&" 7 && calculate 0x1f "&" 7' sh "$tree" "$printed"
	echo "$output"
	[ "$output" = "'0x0+a[\$(touch /tmp/ran)0]', which is no number"$'\n'7 ]
	[ ! -e /tmp/ran ]
	run "$tree/tests/check" --bats "$tree"/labs/*/tests/*.bats
	[ "$status" -eq 0 ]
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
	run "$tree/labs/sandbox" -u -b "$build" -i "$given" -- env TMPDIR=/tmp bats /in/reach.bats
	echo "$output"
	[ "$status" -eq 0 ]
}
