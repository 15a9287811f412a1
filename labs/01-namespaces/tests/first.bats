load ../../lib/lab

# bats test_tags=task:first,pts:1,alone
@test "the functions alone reset signals and mark descriptors" {
	alone functions_test program_inherits_no_signals_and_descriptors
}

# bats test_tags=task:first,pts:1
@test "the program is process 1" {
	shell . 'echo $$'
	expect "its own number, after clone3(2) with CLONE_NEWPID" 1 "$output"
}

# bats test_tags=task:first,pts:2
@test "it sees no processes but its own" {
	container . ls /proc
	expect "the numbers in /proc" 1 "$(grep -x '[0-9]*' <<<"$output" || true)"
}

# bats test_tags=task:first,pts:1
@test "what it leaves running ends with it" {
	shell . 'sleep 77.7 & echo $!'
	expect "the number of its first child" 2 "$output"
	run inside pgrep -cf 'sleep 77.7'
	expect "how many of it run when process 1 has ended" 0 "$output"
}

# bats test_tags=task:first,pts:1
@test "its exit status is that of mini-runc" {
	shell . 'exit 42'
	expect "the exit status, as waitid(2) told" 42 "$status"
}

# bats test_tags=task:first,pts:1
@test "it is in the control group from its first instruction" {
	shell . 'grep -vc "mini-runc-lab$" /proc/self/cgroup'
	expect "lines of /proc/self/cgroup that name another group" 0 "$output"
}

# nobody_moves LAYOUT: the container starts while nobody can open the files by which a process is
# moved to a group.
nobody_moves() {
	local file paths=()
	for file in $(inside find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs); do
		paths+=(-P "${file%/*}/moved/cgroup.procs")
	done
	bundle /tmp/bundle '.linux.cgroupsPath = "/moved" |
		.process.args = ["/bin/busybox", "echo", "started"]'
	run inside strace -f -o /dev/null "${paths[@]}" -e inject=openat:error=EPERM \
		mini-runc run --bundle /tmp/bundle lab
	expect "what it prints while cgroup.procs cannot be opened, $1" started "$output"
}

# bats test_tags=task:first,pts:1,hidden
@test "nobody has to move it to its control group" {
	nobody_moves "as clone3(2) with CLONE_INTO_CGROUP puts it there"
	if inside umount /sys/fs/cgroup/unified; then
		nobody_moves "where there is version 1 alone, whose groups it enters by itself"
	fi
}

# bats test_tags=task:first,pts:1
@test "signals ignored outside have their standard action inside" {
	bundle /tmp/bundle '.process.args = ["/bin/busybox", "grep", "SigIgn", "/proc/self/status"]'
	run inside env --ignore-signal=TERM,INT mini-runc run --bundle /tmp/bundle lab
	# Of 32 and up, the C library keeps some for itself.
	expect "the signals below 32 that it ignores, after sigaction(2)" 0 \
		"$(calculate "0x${output#*$'\t'}" '&' 0x7fffffff)"
}

# bats test_tags=task:first,pts:1,hidden
@test "signals blocked outside are not blocked inside" {
	bundle /tmp/bundle '.process.args = ["/bin/busybox", "grep", "SigBlk", "/proc/self/status"]'
	run inside env --block-signal=USR1,HUP mini-runc run --bundle /tmp/bundle lab
	expect "the signals below 32 that it blocks, after sigprocmask(2)" 0 \
		"$(calculate "0x${output#*$'\t'}" '&' 0x7fffffff)"
}

# bats test_tags=task:first,pts:2
@test "it has the descriptors 0, 1 and 2, and no others" {
	bundle /tmp/bundle '.process.args = ["/bin/busybox", "ls", "/proc/self/fd"]'
	run inside sh -c 'exec 3</etc/passwd 9</etc/passwd
		exec mini-runc run --bundle /tmp/bundle lab'
	expect "its descriptors, with the one that ls opens" "0 1 2 3" "${output//$'\n'/ }"
	run inside sh -c 'exec 3</etc/passwd 9</etc/passwd; mini-runc run --bundle /tmp/bundle lab |
		tail -n 1'
	expect "the last of them" 3 "$output"
}

# bats test_tags=task:first,pts:1,hidden
@test "a descriptor that is asked for stays open" {
	bundle /tmp/bundle '.process.args = ["/bin/busybox", "sh", "-c", "cat <&3"]'
	run inside sh -c 'echo through >/tmp/line; exec 3</tmp/line 4</dev/null
		exec mini-runc run --preserve-fds 1 --bundle /tmp/bundle lab'
	expect "what it reads from descriptor 3" through "$output"
}

# bats test_tags=task:first,pts:1
@test "without a process there is no container" {
	starts .
	refused clone3
	run inside strace -f -o /dev/null -e "inject=pivot_root:signal=KILL" \
		mini-runc run --bundle /tmp/bundle killed
	expect_part "the message when it is killed, which waitid(2) of its pidfd tells" \
		"killed by signal 9" "$output"
}

# bats test_tags=task:first,pts:1,hidden
@test "a container that would keep descriptors does not start" {
	starts .
	refused close_range
}
