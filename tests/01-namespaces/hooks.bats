# Hooks: the order, the namespaces, the state on stdin, and what a failing one stops.
# Written from the runtime-spec: config.md, "POSIX-platform Hooks", and runtime.md, "Lifecycle".
load runc
set -o pipefail

setup() {
	runc_setup
	mkdir "$B/rootfs/log"
	cat >"$B/rootfs/hook" <<'HOOK'
#!/bin/sh
# hook LOG NAME: what it sees as one line of LOG/order, the state in LOG/NAME
echo "$2 $(readlink /proc/self/ns/mnt) $(id -u) $(pwd) ${A-none}" >>"$1/order"
cat >"$1/$2"
HOOK
	chmod +x "$B/rootfs/hook"
	touch "$B/rootfs/log/order"
	chmod -R a+rwx "$B/rootfs/log"
	config '.root.readonly = false'
}

teardown() {
	runc_teardown
}

# hook POINT [JQ of its members]: outside, with the paths of the host
hook() {
	# shellcheck disable=SC2016 # the variables are jq's
	config --arg b "$B/rootfs" --arg p "$1" '.hooks[$p] += [{path: ($b + "/hook"),
		args: ["hook", ($b + "/log"), $p]} + '"${2-{\}}"']'
}

all_hooks() {
	local point
	for point in prestart createRuntime createContainer poststart poststop; do
		hook $point
	done
	config '.hooks.startContainer = [{path: "/hook", args: ["hook", "/log", "startContainer"]}] |
		.process.user = {uid: 7, gid: 7} | .annotations.key = "value"'
}

log() {
	cat "$B/rootfs/log/$1"
}

@test "six hooks, in their order, in their namespaces, with the state" {
	all_hooks
	script_is 'until [ -e /go ]; do sleep 0.02; done'
	runc create --bundle "$B" "$ID"
	run -0 bash -c "cut -d' ' -f1 '$B/rootfs/log/order'"
	assert_output $'prestart\ncreateRuntime\ncreateContainer'
	runc start "$ID"
	local pid host
	pid=$(runc state "$ID" | jq .pid)
	host=$(readlink /proc/self/ns/mnt)
	touch "$B/rootfs/go"
	eventually status_is stopped
	assert_not_exist "$B/rootfs/log/poststop"
	runc delete "$ID"
	run -0 log order
	assert_line --index 0 "prestart $host 0 $B none"
	assert_line --index 1 "createRuntime $host 0 $B none"
	assert_line --index 2 --regexp "^createContainer mnt:.* 0 $B/rootfs none"
	refute_line --index 2 --partial "$host"
	assert_line --index 3 --regexp '^startContainer mnt:.* 7 / none'
	assert_line --index 4 "poststart $host 0 $B none"
	assert_line --index 5 "poststop $host 0 $B none"
	assert_equal "$(log prestart | jq -r '[.id, .status, .pid, .bundle, .annotations.key] | join(" ")')" \
		"$ID creating $pid $B value"
	assert_equal "$(log createContainer | jq -c '[.status, .pid]')" '["creating",1]'
	assert_equal "$(log startContainer | jq -c '[.status, .pid]')" '["created",1]'
	assert_equal "$(log poststart | jq -c '[.status, .pid]')" "[\"running\",$pid]"
	assert_equal "$(log poststop | jq -c '[.status, .id]')" "[\"stopped\",\"$ID\"]"
}

@test "arguments and environment are exactly those given" {
	command_is true
	config --arg b "$B/rootfs" '.hooks.createRuntime = [
		{path: "/usr/bin/env", args: ["env", "-0"], env: ["A=b c", "D="]},
		{path: "/bin/sh", args: ["x", "-c", "echo $0 $# >\($b)/log/args; env >\($b)/log/env", "n", "1", "2"], env: ["A=b c"]}]'
	run -0 container
	assert_equal "$(log args)" 'n 2'
	assert_equal "$(grep -v -e ^PWD= -e ^SHLVL= -e ^_= "$B/rootfs/log/env")" 'A=b c'
}

@test "a hook that fails while the container is made: an error, nothing is left, poststop is run" {
	local point
	for point in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		hook poststop
		hook "$point" '{path: "/bin/sh", args: ["sh", "-c", "echo because >&2; exit 3"]}'
		hook "$point"
		run -125 runc create --bundle "$B" "$ID"
		assert_output --partial "hooks.${point}[0]: '/bin/sh': ended with code 3, and said: because"
		run -125 runc state "$ID"
		run -0 log order
		assert_output --regexp '^poststop [^'$'\n'']*$'
		rm "$B/rootfs/log/order"
	done
}

@test "a failing startContainer or poststart hook stops the container and takes it away" {
	local point
	for point in startContainer poststart; do
		command_is sleep 1000
		config 'del(.hooks)'
		hook poststop
		hook "$point" '{path: "/bin/sh", args: ["sh", "-c", "exit 4"]}'
		runc create --bundle "$B" "$ID"
		local pid
		pid=$(runc state "$ID" | jq .pid)
		run -125 runc start "$ID"
		assert_output --partial "hooks.${point}[0]: '/bin/sh': ended with code 4"
		run -125 runc state "$ID"
		assert_output --partial 'does not exist'
		run ! grep -s State:.[RS] "/proc/$pid/status"
		assert_exist "$B/rootfs/log/poststop"
		rm "$B/rootfs/log/poststop"
	done
}

@test "a failing poststop hook is a warning, and the others are run" {
	command_is true
	hook poststop '{path: "/bin/false", args: ["false"]}'
	hook poststop
	run -0 container
	assert_output --partial "warning: hooks.poststop[0]: '/bin/false': ended with code 1"
	assert_exist "$B/rootfs/log/poststop"
}

@test "a hook that takes longer than its timeout is killed, with what it started" {
	command_is true
	hook prestart '{path: "/bin/sh", args: ["sh", "-c", "sleep 31.7 & wait"], timeout: 1}'
	run -125 container
	assert_output --partial 'did not end in its timeout of 1 seconds'
	run -1 pgrep -f '^sleep 31.7$'
}

@test "a hook that is not there, and one that is wrong" {
	command_is true
	hook createRuntime '{path: "/no/such"}'
	run -125 container
	assert_output --partial "hooks.createRuntime[0]: '/no/such': cannot be run: No such file or directory"
	config '.hooks.createRuntime[0].path = "relative"'
	run -125 container
	assert_output --partial "hooks: createRuntime[0]: path: 'relative' is not an absolute path"
}
