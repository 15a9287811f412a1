# Filters of config.json (OCI runtime-spec, config-linux.md, "Seccomp").
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
}

# One rule for a call, with everything else allowed.
rule() {
	config --argjson rule "$1" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [$rule]}'
}

# Waits for one connection on `sock`, keeps what comes in `state`, and answers one call of the
# filter's listener: with the errno $1.
agent() {
	python3 - "$1" <<'PY' &
import array, fcntl, json, os, socket, struct, sys
server = socket.socket(socket.AF_UNIX)
server.bind("sock")
server.listen(1)
peer, _ = server.accept()
text, fds, _, _ = socket.recv_fds(peer, 65536, 4)
rest = peer.recv(65536)
open("state", "w").write(json.dumps({"state": json.loads(text), "fds": len(fds), "rest": len(rest)}))
request = bytearray(80)
fcntl.ioctl(fds[0], 0xC0502100, request)
id = struct.unpack_from("Q", request)[0]
fcntl.ioctl(fds[0], 0xC0182101, bytearray(struct.pack("QqiI", id, 0, -int(sys.argv[1]), 0)))
PY
	AGENT=$!
	eventually test -S sock
}

@test "every action that ends a call or a process" {
	script_is 'mkdir /tmp/x; echo survived'
	config '.root.readonly = false'
	local action
	for action in SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
		rule "{\"names\": [\"mkdir\", \"mkdirat\"], \"action\": \"$action\"}"
		run -0 container # the shell lives on, its child does not
		assert_output --partial 'Bad system call'
		assert_output --partial survived
	done
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}'
	run -0 container
	assert_output --partial 'Operation not permitted'
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}'
	run -0 container
	assert_output --partial 'No space left on device'
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_TRACE", "errnoRet": 4}'
	run -0 container
	assert_output --partial 'Function not implemented' # without a tracer
	rule '{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_LOG"}'
	run -0 container
	assert_output survived
}

@test "the default action, its errno, and flags" {
	script_is 'mkdir /tmp/x; true'
	config '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 38,
		flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
		architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_S390X"],
		syscalls: [{names: ["execve", "read", "write", "open", "openat", "close", "fstat", "newfstatat", "stat", "mmap", "mprotect", "brk",
			"arch_prctl", "prctl", "set_tid_address", "exit_group", "exit", "fork", "clone", "vfork", "wait4", "rt_sigaction", "rt_sigprocmask",
			"rt_sigreturn", "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "capset", "capget", "sendmsg", "chdir", "getcwd", "fcntl",
			"ioctl", "dup2", "umask", "set_robust_list", "rseq", "prlimit64", "getrandom", "uname", "access", "faccessat", "faccessat2", "setgroups",
			"setresuid", "setresgid", "setuid", "setgid", "close_range", "gettid", "tgkill", "clock_gettime"], action: "SCMP_ACT_ALLOW"}]}'
	run -0 container
	assert_output --partial 'Function not implemented'
}

@test "every operator compares all 64 bits" {
	# prlimit64(pid, resource ...): busybox's ulimit reads RLIMIT_CORE, number 4.
	local row
	for row in 'EQ 4 yes' 'EQ 5 no' 'NE 4 no' 'NE 5 yes' 'LT 5 yes' 'LT 4 no' 'LE 4 yes' 'LE 3 no' 'GE 4 yes' 'GE 5 no' 'GT 3 yes' 'GT 4 no' \
		'LT 18446744073709551615 yes' 'GT 9223372036854775808 no'; do
		read -r op value hit <<<"$row"
		script_is 'dd if=/dev/zero of=/dev/null bs=1 count=1 seek=4 2>/dev/null && echo no || echo yes'
		rule "{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1, \"args\": [{\"index\": 1, \"value\": 0, \"op\": \"SCMP_CMP_$op\"}]}"
		# The number as it is, which jq would round.
		sed -i "s/\"value\": 0/\"value\": $value/" "$B/config.json"
		run -0 container
		assert_equal "$row $output" "$row $hit"
	done
	rule '{"names": ["lseek"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 6, "valueTwo": 4, "op": "SCMP_CMP_MASKED_EQ"}]}'
	run -0 container
	assert_output yes
}

@test "SCMP_ACT_NOTIFY: an agent gets the listener and the state, and decides" {
	local nnp
	script_is 'mkdir /tmp/x; echo went on'
	config '.root.readonly = false | .annotations = {"com.example": "value"}'
	config --arg s "$PWD/sock" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $s, listenerMetadata: "MKNOD=\"x\"",
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}'
	for nnp in true false; do
		config --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
		rm -f sock state
		agent 28
		run -0 container
		assert_output --partial 'No space left on device'
		assert_output --partial 'went on'
		wait "$AGENT"
		run -0 jq -r '.fds, .rest, .state.fds[], .state.metadata, .state.state.status, .state.state.annotations["com.example"], .state.state.id, .state.state.bundle' state
		assert_output "1
0
seccompFd
MKNOD=\"x\"
creating
value
$ID
$B"
		run -0 jq -e '.state.pid == .state.state.pid and .state.pid > 1 and (.state.ociVersion | length) > 0' state
	done
}

@test "SCMP_ACT_NOTIFY is also of a container that another process starts" {
	script_is 'mkdir /tmp/x'
	config --arg s "$PWD/sock" '.root.readonly = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $s,
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}'
	agent 28
	runc create --bundle "$B" "$ID" >out 2>&1 3>&-
	eventually test -e state
	runc start "$ID" 3>&-
	eventually grep 'No space left on device' out
	wait "$AGENT"
}

@test "without an agent there is no container" {
	command_is true
	config --arg s "$PWD/sock" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $s, syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
	run -125 container
	assert_output --partial "linux.seccomp.listenerPath: cannot connect to '$PWD/sock'"
	config 'del(.linux.seccomp.listenerPath)'
	run -125 container
	assert_output --partial 'listenerPath'
	config '.linux.seccomp.syscalls = [] | .linux.seccomp.listenerMetadata = "x"'
	run -125 container
	assert_output --partial 'listenerMetadata'
	# Where nothing asks for it, nobody is asked.
	config --arg s "$PWD/sock" '.linux.seccomp.listenerPath = $s'
	run -0 container
}

@test "profiles that cannot be are refused, and the member is named" {
	command_is true
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1}'
	run -125 container
	assert_output --partial 'linux.seccomp: syscalls[0]: errnoRet: SCMP_ACT_ALLOW does not take one'
	rule '{"names": [], "action": "SCMP_ACT_KILL"}'
	run -125 container
	assert_output --partial 'names'
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_KILL", "args": [{"index": 0, "op": "SCMP_CMP_EQ"}]}'
	run -125 container
	assert_output --partial 'args[0]: value'
	rule '{"names": ["mkdir"], "action": "SCMP_ACT_KILL", "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}'
	run -125 container
	assert_output --partial 'args[0]: index'
	rule '{"names": ["sendmsg"], "action": "SCMP_ACT_NOTIFY"}'
	run -125 container
	assert_output --partial sendmsg
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_NOTIFY"}'
	run -125 container
	assert_output --partial defaultAction
}
