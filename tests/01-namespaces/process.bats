# What config.json says of the process (OCI runtime-spec, config.md, "Process").
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
}

# Field 41 of /proc/PID/stat is the policy, 40 the real-time priority, 19 the nice value; the
# name in brackets is busybox's own and has no blank.
scheduling() {
	command_is cut -d' ' -f19,40,41 /proc/self/stat
}

@test "scheduler: batch with a nice value, idle, and what a fork resets" {
	scheduling
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
	run -0 container
	assert_output '7 0 3'
	config '.process.scheduler = {policy: "SCHED_IDLE"}'
	run -0 container
	assert_output '0 0 5'
	config '.process.scheduler = {policy: "SCHED_OTHER", nice: 3, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	run -0 container
	assert_output '3 0 0'
}

@test "scheduler: a real-time policy, or what it would take" {
	scheduling
	config '.process.scheduler = {policy: "SCHED_RR", priority: 12}'
	run container
	if [ "$status" = 0 ]; then
		assert_output '0 12 2'
		return
	fi
	# Kernels may give real-time run time by cgroup, and a new one has none: either the policy
	# or the group is refused, whichever comes second.
	assert_output --regexp 'linux.resources.cpu.realtimeRuntime|/tasks.: Invalid argument'
}

@test "ioPriority" {
	command -v ionice >/dev/null || skip 'ionice is not installed'
	command_is sleep 1000
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	runc run --detach --bundle "$B" --pid-file pid "$ID" >log 2>&1 3>&-
	run -0 ionice -p "$(cat pid)"
	assert_output 'best-effort: prio 6'
	runc delete --force "$ID"
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
	runc run --detach --bundle "$B" --pid-file pid "$ID" >log 2>&1 3>&-
	run -0 ionice -p "$(cat pid)"
	assert_output idle
}

@test "execCPUAffinity is of exec alone" {
	[ "$(nproc)" -gt 1 ] || skip 'there is one CPU'
	command_is sleep 1000
	config '.process.execCPUAffinity = {initial: "0-1", final: "1"}'
	runc run --detach --bundle "$B" "$ID" >log 2>&1 3>&-
	run -0 runc exec "$ID" grep Cpus_allowed_list /proc/1/status /proc/self/status
	assert_line --index 0 --regexp "$(grep -o 'Cpus_allowed_list.*' /proc/self/status)\$"
	assert_line --index 1 --regexp 'Cpus_allowed_list:.1$'
	# Without `final` it keeps what it began with.
	jq '.process | .execCPUAffinity = {initial: "0"} |
		.args = ["grep", "Cpus_allowed_list", "/proc/self/status"]' "$B/config.json" >process.json
	run -0 runc exec --process process.json "$ID"
	assert_line --regexp 'Cpus_allowed_list:.0$'
	jq '.execCPUAffinity = {final: "1000"}' process.json >far.json
	run ! runc exec --process far.json "$ID"
	assert_output --partial 'process.execCPUAffinity'
}

@test "personality: LINUX32 says that the machine has 32 bits" {
	[ "$(uname -m)" = x86_64 ] || skip 'the name is that of x86'
	command_is uname -m
	run -0 container
	assert_output x86_64
	config '.linux.personality.domain = "LINUX32"'
	run -0 container
	assert_output i686
	config '.linux.personality.domain = "LINUX"'
	run -0 container
	assert_output x86_64
}

@test "memoryPolicy: the pages of the program say where they are from" {
	[ -e /proc/self/numa_maps ] || skip 'the kernel is not for machines with nodes'
	command_is sh -c 'cut -d" " -f2 /proc/self/numa_maps | sort | uniq -c | sort -n | tail -n 1'
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	run -0 container
	assert_output --partial 'bind=static:0'
	config '.linux.memoryPolicy = {mode: "MPOL_LOCAL"}'
	run -0 container
	assert_output --partial local
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	run -125 container
	assert_output --partial 'does the machine have these nodes'
}

@test "a security module that the kernel does not have cannot be asked for" {
	command_is true
	if [ ! -e /sys/module/apparmor ]; then
		config '.process.apparmorProfile = "acme"'
		run -125 container
		assert_output --partial "process.apparmorProfile: 'acme' cannot be applied"
		config 'del(.process.apparmorProfile)'
	fi
	if [ ! -e /sys/fs/selinux/enforce ]; then
		config '.process.selinuxLabel = "system_u:system_r:svirt_lxc_net_t:s0:c124,c675"'
		run -125 container
		assert_output --partial 'process.selinuxLabel'
	fi
}

@test "oomScoreAdj is set, or left as it is" {
	command_is cat /proc/self/oom_score_adj
	config '.process.oomScoreAdj = 321'
	run -0 container
	assert_output 321
	config 'del(.process.oomScoreAdj)'
	run -0 bash -c 'echo 111 >/proc/self/oom_score_adj; runc run "$B"'
	assert_output 111
}

@test "a capability can only be ambient when it is permitted and inheritable" {
	command_is grep CapAmb /proc/self/status
	config '.process.capabilities.ambient = ["CAP_KILL", "CAP_CHOWN"] |
		.process.capabilities.inheritable = ["CAP_CHOWN"]'
	run -0 container
	assert_output --partial 'ambient: CAP_KILL is left out'
	refute_output --partial 'CAP_CHOWN is left out'
	assert_line --regexp 'CapAmb:.0000000000000001'
}

@test "the console has the size that was asked for, and none without a terminal" {
	command_is stty size
	config '.process.consoleSize = {height: 31, width: 77} | .process.terminal = true'
	run -0 bash -c 'runc run "$B" </dev/null'
	assert_output --regexp '^31 77.$'
	config '.process.terminal = false | .process.consoleSize = {height: -5}'
	command_is echo ignored
	run -0 container
	assert_output ignored
}

@test "every member that is wrong is named, and nothing has been done" {
	command_is true
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 2}, {type: "RLIMIT_NOFILE", soft: 1, hard: 2}]'
	run -125 container
	assert_output --partial "process.rlimits[1]: type: 'RLIMIT_NOFILE' is there twice"
	config '.process.rlimits = [{type: "RLIMIT_BEER", soft: 1, hard: 2}]'
	run -125 container
	assert_output --partial 'RLIMIT_BEER'
	config 'del(.process.rlimits) | .process.env = ["NOTHING"]'
	run -125 container
	assert_output --partial 'process.env'
	config '.process.env = [] | .process.args = []'
	run -125 container
	assert_output --partial 'process.args'
	config '.process.args = ["true"] | .process.cwd = ""'
	run -125 container
	assert_output --partial 'process.cwd'
}

@test "unknown members are ignored" {
	command_is echo fine
	config '.vendor = {x: 1} | .process.vendor = 2 | .linux.vendor = [3] | .annotations["com.example"] = ""'
	run -0 container
	assert_output fine
}
