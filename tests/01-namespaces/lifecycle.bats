# The rules of runtime.md, and that they hold when mini-runc is killed or called twice at once.
load runc
set -o pipefail

setup() {
	runc_setup
	command_is sleep 1000
}

teardown() {
	runc_teardown
}

created() {
	runc create --bundle "$B" "$ID"
}

# config JQ with a hook that waits for the file $PWD/go
with_a_hook_that_waits() {
	config --arg go "$PWD/go" '.hooks.createRuntime = [{path: "/bin/sh",
		args: ["sh", "-c", "touch \($go).begun; until [ -e \($go) ]; do sleep 0.02; done"]}]'
}

@test "what a state does not allow is an error with the words that callers look for" {
	run -125 runc state "$ID"
	assert_output --partial 'container does not exist'
	run -125 runc start "$ID"
	assert_output --partial 'does not exist'
	created
	run -125 created
	assert_output --partial 'container with given ID already exists'
	run -125 runc resume "$ID"
	assert_output --partial 'container not paused'
	runc kill "$ID" KILL
	eventually status_is stopped
	run -125 runc start "$ID"
	assert_output --partial 'cannot start a container that has stopped'
	run -125 runc kill "$ID" TERM
	assert_output --partial 'container not running'
	runc kill --all "$ID" KILL
	run -125 runc pause "$ID"
	assert_output --partial 'container not running'
	run -125 runc exec "$ID" true
	assert_output --partial 'cannot exec in a stopped container'
	runc delete "$ID"
	created
	runc delete "$ID"
}

@test "a paused container: exec is refused, delete too, --force works" {
	created
	runc pause "$ID"
	assert status_is paused
	run -125 runc exec "$ID" true
	assert_output --partial 'cannot exec in a paused container'
	run -125 runc delete "$ID"
	assert_output --partial "cannot delete container $ID that is not stopped: paused"
	runc delete --force "$ID"
	run -125 runc state "$ID"
}

@test "a program that is not there fails create, and leaves nothing" {
	command_is nope
	run -127 created
	assert_output --partial 'exec: "nope": executable file not found in $PATH'
	run -0 runc list -q
	assert_output ''
}

@test "start tells what the container's last steps say" {
	created
	rm "$B/rootfs/bin/sleep"
	run -127 runc start "$ID"
	assert_output --partial 'no such file or directory'
}

@test "a create that is killed can be listed and deleted, and its process goes" {
	with_a_hook_that_waits
	mini-runc --root "$STATES" create --bundle "$B" "$ID" &
	eventually test -e go.begun
	assert status_is creating
	run -125 runc start "$ID" # it waits for the create, in vain
	local pid
	pid=$(runc list --format json | jq '.[0].pid')
	kill -9 $!
	touch go
	gone() { ! grep -qs 'State:.[RSD]' "/proc/$pid/status"; }
	eventually gone
	assert status_is stopped
	runc delete --force "$ID"
	run -125 runc state "$ID"
}

@test "delete --force of one that is being created ends the create" {
	with_a_hook_that_waits
	mini-runc --root "$STATES" create --bundle "$B" "$ID" 2>errors &
	eventually test -e go.begun
	runc delete --force "$ID"
	local code=0
	wait $! || code=$?
	assert_equal "$code" 125
	run -0 cat errors
	assert_output --partial 'the container ended while it ran'
}

@test "many starts, kills and deletes at once: one of each wins" {
	created
	local _ all=()
	for _ in 1 2 3 4; do
		{ mini-runc --root "$STATES" start "$ID" 2>/dev/null && echo started >>won; } &
		all+=($!)
	done
	wait "${all[@]}" || true
	run -0 cat won
	assert_output started
	for _ in 1 2 3 4; do
		mini-runc --root "$STATES" kill "$ID" KILL 2>/dev/null &
		all+=($!)
		mini-runc --root "$STATES" delete --force "$ID" 2>>errors &
		all+=($!)
	done
	wait "${all[@]}" || true
	assert_file_empty errors
	run -125 runc state "$ID"
}

@test "a number that another process has got is never signalled" {
	created
	local state=$STATES/$ID/process.json
	sleep 0.02 # of two that begin in one tick of the clock, 10 ms, nobody can say which is which
	sleep 60 &
	jq --argjson pid $! '.pid = $pid' "$state" >new
	local real
	real=$(jq .pid "$state")
	mv new "$state"
	assert status_is stopped
	run -125 runc kill "$ID" KILL
	runc delete --force "$ID"
	kill -0 $!
	kill $!
	eventually test ! -e "/proc/$real"
}

@test "descriptors: --preserve-fds, and those of socket activation before them" {
	script_is 'cat <&3; cat <&4; echo $LISTEN_FDS $LISTEN_PID; ls /proc/self/fd | wc -l'
	echo first >one
	echo second >two
	run -0 bash -c 'export LISTEN_FDS=1; exec 3<one 4<two; LISTEN_PID=$BASHPID exec mini-runc \
		--root "$STATES" run --preserve-fds 1 "$B"'
	assert_output $'first\nsecond\n1 1\n6'
	run -125 bash -c 'exec mini-runc --root "$STATES" run --preserve-fds 90 "$B"'
	assert_output --partial 'is not open'
}

@test "the session keyring is the container's own, and exec finds it" {
	script_is 'cat /proc/keys >/keys; sleep 100'
	config '.root.readonly = false | .linux.maskedPaths = []'
	runc run --detach --bundle "$B" "$ID"
	eventually grep -q "_ses.$ID" "$B/rootfs/keys"
	run -0 runc exec "$ID" cat /proc/keys
	assert_equal "$(grep -o "^[0-9a-f]* .*_ses.$ID" <<<"$output" | cut -d' ' -f1)" \
		"$(grep "_ses.$ID" "$B/rootfs/keys" | cut -d' ' -f1)"
	runc run --detach --no-new-keyring --bundle "$B" "$ID-2"
	run -0 runc exec "$ID-2" cat /proc/keys
	refute_output --partial "_ses.$ID-2"
}

@test "--no-pivot: the root is the container's, with a warning" {
	script_is 'ls -d /bundle 2>&1; ls /bin/busybox'
	run -0 runc run --no-pivot --bundle "$B" "$ID"
	assert_output --partial 'warning: --no-pivot'
	assert_output --partial /bin/busybox
	assert_output --partial '/bundle: No such file'
}

@test "the log has the form that callers read" {
	run -125 runc --log "$PWD/log" --log-format json state "$ID"
	assert_equal "$(jq -r '[keys[]] | join(" ")' log)" 'level msg time'
	assert_equal "$(jq -r .msg log)" "container does not exist: '$ID'"
	jq -r .time log | grep -qE '^[0-9-]{10}T[0-9:]{8}Z$'
	run -125 runc --log "$PWD/text" state "$ID"
	grep -qE '^time="[^"]+" level=error msg="container does not exist' text
	run -125 runc --log-format x list
	assert_output --partial 'invalid log-format: x'
}

@test "commands: features, ps, what is refused and why" {
	run -0 runc features
	assert_equal "$(jq -r '.hooks | length' <<<"$output")" 6
	assert_equal "$(jq -r '.linux.seccomp.enabled' <<<"$output")" true
	assert_equal "$(jq -c '[.ociVersionMax, .linux.netDevices.enabled, .linux.intelRdt.monitoring, .linux.memoryPolicy.modes[2]]' \
		<<<"$output")" '["1.3.0",true,true,"MPOL_BIND"]'
	assert_equal "$(jq -r '.mountOptions | contains(["rro", "rbind"])' <<<"$output")" true
	run -125 runc checkpoint "$ID"
	assert_output --partial CRIU
	run -125 runc --cgroup-manager=systemd list
	assert_output --partial 'cgroupfs'
	run -0 runc --cgroup-manager=cgroupfs list
	mv "$B/config.json" elsewhere.json
	runc create --bundle "$B" --config elsewhere.json "$ID"
	cp elsewhere.json "$B/config.json"
	run -0 runc ps "$ID" -o ppid,pid,comm
	assert_equal "${#lines[@]}" 2
	assert_line --index 1 --regexp "^ *[0-9]+ +$(runc state "$ID" | jq .pid) "
	run -125 runc exec --cgroup ../x "$ID" true
	run -125 runc exec --cgroup nowhere "$ID" true
	assert_output --partial '/nowhere'
	run -0 runc exec --additional-gids 7 --cap CAP_SYS_TIME "$ID" sh -c 'id -G; grep CapEff /proc/self/status'
	assert_line --index 0 '0 7'
	assert_line --index 1 --regexp 'CapEff:.00000000aa0425fb'
}

@test "exec --cgroup: a group below the container's, of all controllers or of one" {
	command_is sleep 300
	runc run --detach --bundle "$B" "$ID" >log 2>&1 3>&-
	local group tree
	group=$(grep -m 1 -o '/mini-runc-.*' "/proc/$(runc state "$ID" | jq .pid)/cgroup")
	for tree in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -d "$tree$group" ] || mkdir "$tree$group/below"
	done
	# A new group of this controller has neither processors nor memory, and takes nobody.
	for tree in cpus mems; do
		cp "/sys/fs/cgroup/cpuset$group/cpuset.$tree" "/sys/fs/cgroup/cpuset$group/below" 2>/dev/null || true
	done
	run -0 runc exec --cgroup below "$ID" grep -c '/below$' /proc/self/cgroup
	assert [ "$output" -ge 1 ]
	run -125 runc exec --cgroup below --cgroup / "$ID" true
	assert_output --partial 'two paths for all controllers'
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		run -125 runc exec --cgroup pids:below "$ID" true
		assert_output --partial 'give the path alone'
		return
	fi
	run -0 runc exec --cgroup pids,memory:/below "$ID" grep '/below$' /proc/self/cgroup
	assert_equal "${#lines[@]}" 2
	assert_output --partial ':pids:'
	run -0 runc exec --cgroup below --cgroup pids:/ "$ID" grep -E ':(pids|memory):' /proc/self/cgroup
	assert_output --partial 'below'
	refute_line --regexp ':pids:.*below'
	run -125 runc exec --cgroup pids:below --cgroup memory,pids:/ "$ID" true
	assert_output --partial "'pids' is there twice"
	run -125 runc exec --cgroup nosuch:below "$ID" true
	assert_output --partial "controller 'nosuch' has no tree"
}

@test "--debug says what is done, in the log and its format" {
	command_is sh -c 'exit 3'
	run -3 --separate-stderr runc --debug --log file --log-format json run --bundle "$B" "$ID"
	run -0 jq -r 'select(.level == "debug").msg' file
	assert_line --index 0 --regexp "^mini-runc .*, root $STATES: run --bundle $B $ID$"
	assert_line --index 1 --regexp "^bundle $B, state $STATES/$ID, cgroup /mini-runc-$ID$"
	assert_line --index 2 --regexp '^created: process [0-9]+ waits'
	assert_line --index 3 --regexp '^started: process [0-9]+ runs'
	assert_line --index 4 'ended: exit code 3'
	assert_line --index 5 "deleted: $STATES/$ID"
}
