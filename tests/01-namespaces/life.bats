# A container's life: exit codes, signals, terminals, create and start, exec, and what is left.
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
}

@test "the exit code is the program's; 128 and the number for a signal" {
	script_is 'exit 42'
	run -42 container
	script_is 'kill -9 $$; sleep 5'
	run container
	# pid 1 does not get a SIGKILL of its own namespace.
	assert_success
	command_is sleep 1000
	in_background
	eventually status_is running
	runc kill "$ID" KILL
	assert_ends_with 137
}

@test "a program that is not there is 127, one that cannot run 126" {
	command_is nope
	run -127 container
	assert_output 'mini-runc: exec: "nope": executable file not found in $PATH'
	command_is /nope
	run -127 container
	assert_output 'mini-runc: exec: "/nope": stat /nope: no such file or directory'
	command_is /etc
	run -126 container
	command_is /etc/passwd
	run -126 container
	assert_output 'mini-runc: exec: "/etc/passwd": permission denied'
	printf 'no program' >"$B/rootfs/text"
	chmod +x "$B/rootfs/text"
	command_is /text
	run -126 container
	assert_output --partial 'exec /text: exec format error'
	printf '#!/no/interpreter\n' >"$B/rootfs/text"
	run -127 container
	assert_output --partial 'exec /text: no such file or directory'
}

@test "signals go on to the program" {
	script_is 'trap "echo got it; exit 5" TERM; echo ready; while :; do sleep 0.1; done'
	in_background >out
	eventually grep -q ready out
	kill -TERM "$BACKGROUND"
	assert_ends_with 5
	run -0 cat out
	assert_line 'got it'
}

@test "orphans are reaped and end with the container" {
	script_is 'sleep 1000 & sleep 1000 & echo started'
	run -0 container
	assert_output started
	run -1 pgrep -f '^sleep 1000$' -P $$
}

@test "stdin, stdout and stderr are ours" {
	script_is 'cat; echo error >&2'
	run -0 --separate-stderr bash -c 'echo input | runc run "$B"'
	assert_output input
	assert_equal "$stderr" error
	head -c 5000000 /dev/urandom >big
	command_is cat
	runc run "$B" <big >copy
	cmp copy big
}

@test "a terminal: the program has one, its size follows ours" {
	config '.process.terminal = true'
	script_is 'tty; stty size; test -c /dev/console && echo console; exit 3'
	run -3 script -qec "stty rows 33 cols 77; mini-runc --root '$STATES' run '$B'" /dev/null
	assert_line --partial /dev/pts/0
	assert_line --partial '33 77'
	assert_line --partial console
}

@test "a terminal that nobody would serve is refused" {
	config '.process.terminal = true'
	command_is true
	run -125 runc run --detach --bundle "$B" "$ID"
	assert_output --partial --console-socket
}

@test "a terminal is handed over by --console-socket" {
	config '.process.terminal = true'
	script_is 'echo over there; sleep 0.2'
	python3 -c '
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind("console"); s.listen()
open("listening", "w").close()
c, _ = s.accept()
_, fds, _, _ = socket.recv_fds(c, 4096, 1)
data = b""
try:
    while part := os.read(fds[0], 100): data += part
except OSError: pass
open("seen", "wb").write(data)' &
	eventually test -e listening
	runc run --detach --bundle "$B" --console-socket console "$ID"
	wait $!
	run -0 cat seen
	assert_output --partial 'over there'
}

@test "create waits, start runs, state tells" {
	script_is 'echo ran; until [ -e /go ]; do sleep 0.02; done'
	runc create --bundle "$B" --pid-file pid "$ID" >out
	run -0 runc state "$ID"
	assert_equal "$(jq -r '[.status, .id, .bundle] | join(" ")' <<<"$output")" "created $ID $B"
	assert_equal "$(jq .pid <<<"$output")" "$(cat pid)"
	assert_file_empty out
	run -125 runc create --bundle "$B" "$ID"
	assert_output --partial 'already exists'
	assert status_is created
	runc start "$ID"
	eventually grep -q ran out
	assert status_is running
	run -125 runc start "$ID"
	assert_output --partial 'cannot start an already running container'
	touch "$B/rootfs/go"
	eventually status_is stopped
	runc delete "$ID"
	run -125 runc state "$ID"
	assert_output --partial 'does not exist'
}

@test "detached: list, kill, delete" {
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID"
	run -0 runc list
	assert_line --index 1 --regexp "^$ID +[0-9]+ +running +$B"
	run -0 runc list --format json
	assert_equal "$(jq -r '.[0].status' <<<"$output")" running
	run -125 runc delete "$ID"
	assert_output --partial 'is not stopped'
	run -125 runc kill "$ID" NOSUCH
	assert_output --partial "invalid signal: NOSUCH"
	runc kill "$ID" SIGKILL
	eventually status_is stopped
	run -125 runc kill "$ID" KILL
	assert_output --partial 'container not running'
	runc delete "$ID"
	run -0 runc delete --force "$ID"
}

@test "pause stops processes, resume lets them go on" {
	script_is 'while :; do echo x; sleep 0.02; done'
	runc run --detach --bundle "$B" "$ID" >out
	eventually test -s out
	runc pause "$ID"
	assert status_is paused
	local before
	before=$(stat -c %s out)
	sleep 0.2
	assert_equal "$(stat -c %s out)" "$before"
	runc resume "$ID"
	assert status_is running
	has_grown() { [ "$(stat -c %s out)" -gt "$before" ]; }
	eventually has_grown
}

@test "exec sees the container, and has its limits and filter" {
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID"
	run -7 runc exec "$ID" sh -c 'hostname; tr "\0" " " </proc/1/cmdline; echo
		grep -E "Seccomp:|CapBnd" /proc/self/status; ls /proc/self/fd | wc -l; exit 7'
	assert_line --index 0 mini-runc
	assert_line --index 1 'sleep 1000 '
	assert_output --regexp 'Seccomp:.2'
	assert_output --regexp 'CapBnd:.00000000a80425fb'
	assert_line --index 4 4
	run -0 runc exec --user 33:34 --env A=b --cwd /tmp "$ID" sh -c 'id -u; id -g; echo $A $HOME; pwd'
	assert_output $'33\n34\nb /var/www\n/tmp'
	run -127 runc exec "$ID" nope
	run -126 runc exec "$ID" /etc
	run -0 bash -c 'echo in | runc exec "$ID" cat'
	assert_output in
	local pid group
	pid=$(runc state "$ID" | jq .pid)
	runc exec --detach --pid-file pid "$ID" sleep 50
	group=$(grep :memory: "/proc/$pid/cgroup" || cat "/proc/$pid/cgroup")
	assert_equal "$(grep :memory: "/proc/$(cat pid)/cgroup" || cat "/proc/$(cat pid)/cgroup")" "$group"
	run -0 runc ps --format json "$ID"
	assert_equal "$(jq length <<<"$output")" 2
}

@test "exec with a terminal" {
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID"
	run -4 script -qec "mini-runc --root '$STATES' exec -t $ID sh -c 'tty; exit 4'" /dev/null
	assert_line --partial /dev/pts/0
}

@test "exec in a user namespace" {
	command_is sleep 1000
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings'
	runc run --detach --bundle "$B" "$ID"
	run -0 runc exec "$ID" sh -c 'id -u; cat /proc/self/uid_map'
	assert_line --index 0 0
	assert_line --index 1 --regexp '0 +100000 +1000'
}

@test "memory over the limit is killed" {
	command_is tail /dev/zero
	config '.linux.resources.memory = {limit: 20000000, swap: 20000000}'
	run -137 container
}

@test "a limit of processes holds" {
	script_is 'for i in 1 2 3 4 5 6 7 8; do sleep 3 & done'
	config '.linux.resources.pids.limit = 4'
	run container
	assert_output --partial "can't fork"
	config '.linux.resources.pids.limit = 100'
	run -0 container
	refute_output
}

@test "a limit of processor time is set" {
	script_is 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d" " -f1 /sys/fs/cgroup/cpu.max'
	config '.linux.resources.cpu = {quota: 20000, period: 100000, shares: 512}'
	run -0 container
	assert_output 20000
}

@test "a failed start leaves nothing" {
	command_is true
	config '.mounts += [{destination: "/x", type: "bind", source: "/no/such/thing", options: ["bind"]}]'
	run -125 container
	assert_output --partial "cannot bind mount '/no/such/thing'"
	config 'del(.mounts[-1]) | .linux.resources.memory.limit = 1'
	run container
	assert_failure
	config 'del(.linux.resources.memory) | .linux.resources.cpu.cpus = "977"'
	run -125 container
	assert_output --partial 'cpu.cpus'
}

@test "kill -9 of mini-runc: the container can still be deleted" {
	command_is sleep 1000
	in_background
	eventually status_is running
	kill -9 "$BACKGROUND"
	assert status_is running
	runc delete --force "$ID"
}

@test "--explain tells each step, with sections of the book" {
	command_is true
	run -0 mini-runc --root "$STATES" --explain run "$B"
	assert_line --regexp '^\[1\.1\] +runtime +clone3\('
	assert_line --regexp '^\[1\.5\] +container +pivot_root\('
	assert_line --regexp '^\[1\.8\] +container +seccomp\('
	assert_line --regexp '^\[1\.11\] +container +execve\("/.*true"\)'
}

@test "the command line: wrong ones are told, what is not there yet too" {
	command_is true
	run -0 runc
	assert_line --partial "Commands:"
	run -125 runc nosuch
	assert_output --partial "unknown command 'nosuch'"
	run -125 runc run --bundle "$B" '../x'
	assert_output --partial 'invalid container ID'
	run -125 runc run --bundle /nowhere "$ID"
	run -125 mini-runc --log "$PWD/log" --log-format json run /nowhere
	assert_equal "$(jq -r .level log)" error
	echo '{"ociVersion": ' >"$B/config.json"
	run -125 container
	assert_output --partial config.json
	run -0 mini-runc --version
	assert_line --index 1 'spec: 1.3.0'
	run -125 runc spec --bundle "$B"
	assert_output --partial 'exists'
}
