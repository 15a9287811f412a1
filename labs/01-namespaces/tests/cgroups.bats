load ../../lib/lab

# bats test_tags=task:cgroups,pts:1,alone
@test "the functions alone tell why a limit failed" {
	alone functions_test limit_that_fails_says_how
}

# bats test_tags=task:cgroups,pts:2
@test "more processes than allowed cannot be made" {
	shell '.linux.resources.pids.limit = 3' \
		'sleep 9 & sleep 9 & sleep 9 & sleep 9 & echo all of them'
	expect_part "what the shell says when fork(2) gives EAGAIN" "can't fork" "$output"
	shell '.linux.resources.pids.limit = 9' 'sleep 0 & sleep 0 & sleep 0 & wait; echo all of them'
	expect "with room for them" "all of them" "$output"
}

# bats test_tags=task:cgroups,pts:1
@test "more memory than allowed ends the process" {
	container '.linux.resources.memory.limit = 8388608' tail /dev/zero
	expect "the exit status: 128 and SIGKILL" 137 "$status"
}

# bats test_tags=task:cgroups,pts:1
@test "the group has the path that config.json gives" {
	container '.linux.cgroupsPath = "/lab/deep/group"' grep -vc ":/lab/deep/group$" /proc/self/cgroup
	expect "lines of /proc/self/cgroup that name another group" 0 "$output"
}

# bats test_tags=task:cgroups,pts:1
@test "no group is left when the container is gone" {
	container . true
	expect "the exit status" 0 "$status"
	run inside find /sys/fs/cgroup -name 'mini-runc*'
	expect "the groups, after rmdir(2)" "" "$output"
}

# bats test_tags=task:cgroups,pts:1,hidden
@test "a path that leads out of the tree is refused" {
	container '.linux.cgroupsPath = "/lab/../../up"' echo started
	expect_part "the message" "/lab/../../up" "$output"
	expect "whether mini-runc fails" yes "$([ "$status" -ne 0 ] && echo yes || echo no)"
}

# bats test_tags=task:cgroups,pts:1
@test "a limit that the kernel refuses is an error" {
	container '.linux.resources.cpu.cpus = "9000"' echo started
	expect_part "the message, with the limit's name" "cpu.cpus" "$output"
	expect "whether mini-runc fails when write(2) does" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
	run inside find /sys/fs/cgroup -name 'mini-runc*'
	expect "the groups that are left" "" "$output"
}

# bats test_tags=task:cgroups,pts:1,hidden
@test "a limit that the machine does not have is done without" {
	local tree=/sys/fs/cgroup
	if inside test -d $tree/pids; then
		tree+=/pids
	fi
	starts '.linux.cgroupsPath = "/limited" | .linux.resources.pids.limit = 9'
	run inside strace -f -o /dev/null -P "$tree/limited/pids.max" \
		-e inject=openat:error=ENOENT mini-runc run --bundle /tmp/bundle lab
	expect_part "whether the container starts when open(2) of pids.max gives ENOENT" started \
		"$output"
}

# bats test_tags=task:cgroups,pts:1,hidden
@test "no half a group, when one hierarchy refuses the others are cleaned" {
	starts '.linux.cgroupsPath = "/half"'
	run inside strace -f -o /dev/null -P /sys/fs/cgroup/pids/half -P /sys/fs/cgroup/half \
		-e inject=mkdir:error=ENOSPC mini-runc run --bundle /tmp/bundle lab
	expect_part "the message" "No space left on device" "$output"
	run inside find /sys/fs/cgroup -name half
	expect "the groups that are left" "" "$output"
	# Version 1: the process enters by itself.
	if inside test -e /sys/fs/cgroup/pids; then
		run inside strace -f -o /dev/null -P /sys/fs/cgroup/pids/half/tasks \
			-e inject=openat:error=ENOSPC mini-runc run --bundle /tmp/bundle lab
		expect_part "the message when the group cannot be entered" "No space left on device" \
			"$output"
	fi
}
