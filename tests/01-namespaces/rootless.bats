# mini-runc without root: by users who may map one id or many, and as root of a user namespace.
load runc
set -o pipefail

# There are two users. `plain` may map his own id only, `ranger` also 300000 to 365535. The machine
# does not know them: each command runs where files of this test lie over those of /etc.
setup() {
	runc_setup
	local folder
	for folder in "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" \
		"${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"; do
		chmod go+x "$folder"
	done
	mkdir etc bin
	cp "$(command -v mini-runc)" bin
	cp /etc/passwd /etc/group etc
	printf '%s\n' plain:x:4343:4343::/:/bin/sh ranger:x:4242:4242::/:/bin/sh >>etc/passwd
	printf '%s\n' plain:x:4343: ranger:x:4242: >>etc/group
	echo ranger:300000:65536 | tee etc/subuid >etc/subgid
	for user in 4242 4343; do
		mkdir "run-$user"
		chown "$user:$user" "run-$user"
	done
	give_to plain
}

teardown() {
	local user id
	for user in plain ranger; do
		for id in $(as "$user" mini-runc list -q); do
			as "$user" mini-runc delete --force "$id"
		done
	done
	run -0 find run-4242 run-4343 -mindepth 2
	assert_output ''
	run -1 pgrep -u 4242,4343
	runc_teardown
}

# as USER COMMAND... ; $BEFORE is what root does in the mount namespace of the command first
as() {
	local user=$1 id
	shift
	id=$(awk -F: -v user="$user" '$1 == user { print $3 }' etc/passwd)
	# shellcheck disable=SC2016
	unshare --mount --propagation private -- bash -ec '
		for file in passwd group subuid subgid; do
			mount --bind "$1/etc/$file" "/etc/$file"
		done
		eval "${BEFORE:-true}"
		XDG_RUNTIME_DIR=$1/run-$2 PATH=$1/bin:/usr/sbin:/usr/bin:/sbin:/bin
		export XDG_RUNTIME_DIR PATH
		exec setpriv --reuid "$2" --regid "$2" --clear-groups -- "${@:3}"' \
		as "$BATS_TEST_TMPDIR" "$id" "$@"
}
export -f as

# The bundle becomes the user's, and the one that `spec --rootless` makes.
give_to() {
	local id
	id=$(awk -F: -v user="$1" '$1 == user { print $3 }' etc/passwd)
	chown -R "$id:$id" "$B"
	rm -f "$B/config.json"
	as "$1" mini-runc spec --rootless --bundle "$B"
	config '.process.terminal = false'
}

with_range() {
	give_to ranger
	config '.linux.uidMappings += [{containerID: 1, hostID: 300000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings'
}

is_in_state() {
	[ "$(as "$1" mini-runc state "$ID" 2>/dev/null | jq -r .status)" = "$2" ]
}

@test "a user with his own id only" {
	script_is 'id -u; cat /proc/self/uid_map /proc/self/setgroups; hostname
		echo x >/dev/null && head -c 3 /dev/zero | wc -c; touch /root-was-here; exit 7'
	config '.root.readonly = false'
	run -7 as plain mini-runc run --bundle "$B" "$ID"
	assert_line --index 0 0
	assert_line --index 1 --regexp '^ +0 +4343 +1$'
	assert_line --index 2 deny
	assert_line --index 3 mini-runc
	assert_line --index 4 3
	assert_equal "$(stat -c %u:%g "$B/rootfs/root-was-here")" 4343:4343
	assert_dir_exists run-4343/mini-runc
}

@test "a user with a range of ids" {
	with_range
	script_is 'cat /proc/self/uid_map; touch /file; chown 33:34 /file; id -u; id -G'
	config '.root.readonly = false | .process.user = {uid: 0, gid: 0, additionalGids: [5, 6]}'
	run -0 as ranger mini-runc --explain run --bundle "$B" "$ID"
	assert_line --regexp '^\[1\.9\] +runtime +newgidmap [0-9]+ 0 4242 1 '
	assert_line --regexp '^ +1 +300000 +65536$'
	assert_line '0 5 6'
	assert_equal "$(stat -c %u:%g "$B/rootfs/file")" 300032:300033
	config '.process.user = {uid: 33, gid: 33} | .process.args = ["id"]'
	run -0 as ranger mini-runc run --bundle "$B" "$ID"
	assert_output 'uid=33(www-data) gid=33(www-data)'
}

has_members() {
	[ "$(as ranger mini-runc ps --format json "$ID" | jq length)" = "$1" ]
}

@test "create, start, exec, ps, kill, delete" {
	with_range
	command_is sleep 300
	as ranger mini-runc create --bundle "$B" --pid-file run-4242/pid "$ID"
	assert is_in_state ranger created
	as ranger mini-runc start "$ID"
	assert is_in_state ranger running
	assert_equal "$(stat -c %u "/proc/$(cat run-4242/pid)")" 4242
	run -0 as ranger mini-runc list
	assert_line --index 1 --regexp "^$ID +[0-9]+ +running .* ranger *$"
	run -5 as ranger mini-runc exec "$ID" sh -c 'id -u; tr "\0" " " </proc/1/cmdline; echo
		grep CapBnd /proc/self/status; cat /proc/self/gid_map; ls /proc/self/fd | wc -l; exit 5'
	assert_line --index 0 0
	assert_line --index 1 'sleep 300 '
	assert_line --index 2 --regexp 00000000a80425fb
	assert_line --index 4 --regexp '^ +1 +300000 +65536$'
	assert_line --index 5 4
	run -0 as ranger mini-runc exec --user 33:34 "$ID" id
	assert_output 'uid=33(www-data) gid=34'
	as ranger mini-runc exec --detach "$ID" sleep 101
	run -0 as ranger mini-runc ps --format json "$ID"
	assert_equal "$(jq length <<<"$output")" 2
	# Process 1 has no handler for it, the other ends.
	run -0 as ranger mini-runc kill --all "$ID" USR1
	eventually has_members 1
	# Somebody else has no business there, and root does not do what a user wrote down.
	run -125 as plain mini-runc --root run-4242/mini-runc exec "$ID" true
	run -125 mini-runc --root run-4242/mini-runc exec "$ID" true
	assert_output --partial 'belongs to user 4242'
	as ranger mini-runc kill "$ID" KILL
	eventually is_in_state ranger stopped
	as ranger mini-runc delete "$ID"
}

@test "terminals: of run, of exec, and one that is handed over" {
	config '.process.terminal = true'
	script_is 'tty; test -c /dev/console && echo console; stty size'
	run -0 as plain script -qec "stty rows 33 cols 77; mini-runc run --bundle '$B' $ID" /dev/null
	assert_line --partial /dev/pts/0
	assert_line --partial console
	assert_line --partial '33 77'
	command_is sleep 300
	as plain python3 -c '
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
made = subprocess.Popen(["mini-runc", "create", "--bundle", sys.argv[2], "--console-socket",
	sys.argv[1], sys.argv[3]])
_, fds, _, _ = socket.recv_fds(s.accept()[0], 4096, 1)
assert made.wait() == 0 and len(fds) == 1' run-4343/socket "$B" "$ID"
	rm run-4343/socket
	run -4 as plain script -qec "mini-runc exec -t $ID sh -c 'tty; exit 4'" /dev/null
	assert_line --partial /dev/pts/1
}

@test "a map that the user has no right to" {
	command_is true
	local map
	for map in '0 0 1' '0 4242 1' '0 4343 2' '1 1 5'; do
		# shellcheck disable=SC2086 # three numbers
		set -- $map
		config ".linux.uidMappings = [{containerID: $1, hostID: $2, size: $3}] |
			.process.user.uid = $1"
		run -125 as plain mini-runc run --bundle "$B" "$ID"
		assert_output --partial "mini-runc: cannot map ids: newuidmap: uid range [$1-"
		assert_output --partial 'usermod --add-subuids 100000-165535 plain'
	done
	with_range
	command_is true
	config '.linux.gidMappings[1].size = 65537'
	run -125 as ranger mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'newgidmap: gid range'
	config '.linux.gidMappings[1] = {containerID: 1, hostID: 0, size: 1}'
	run -125 as ranger mini-runc run --bundle "$B" "$ID"
	assert_output --partial '/etc/subgid'
}

@test "what is missing is named, with the way out" {
	with_range
	command_is true
	run -125 as ranger env PATH=/nowhere "$PWD/bin/mini-runc" run --bundle "$B" "$ID"
	assert_output --partial 'cannot run newuidmap'
	assert_output --partial 'install the package uidmap'
	run -125 as ranger env -u XDG_RUNTIME_DIR mini-runc list
	assert_output --partial 'XDG_RUNTIME_DIR is not set'
	run -125 as ranger mini-runc --rootless perhaps list
	assert_output --partial 'not true, false or auto'
	config '.linux.namespaces -= [{type: "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
	run -125 as ranger mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'spec --rootless'
	give_to plain
	command_is true
	config '.process.user.uid = 5'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'process.user: uid: 5 is nobody in the container: linux.uidMappings'
	config '.process.user = {uid: 0, gid: 0, additionalGids: [5]}'
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'additional groups are left out'
}

@test "limits are done without, and told; what there is not cannot be paused" {
	command_is sleep 300
	config '.linux.resources = {memory: {limit: 100000000}, pids: {limit: 100},
		devices: [{allow: false, access: "rwm"}]} | .process.oomScoreAdj = -600 |
		.process.rlimits = [{type: "RLIMIT_NPROC", soft: 4000000, hard: 4000000}]'
	as plain bash -c 'ulimit -u 5000; exec "$@"' - \
		mini-runc run --detach --bundle "$B" "$ID" >warnings 2>&1
	run -0 as plain mini-runc exec "$ID" cat /proc/1/limits
	assert_line --regexp '^Max processes +5000 +5000 '
	if [ ! -f /sys/fs/cgroup/cgroup.controllers ]; then
		run -125 as plain mini-runc pause "$ID"
		assert_output --partial "$ID: it has no cgroup"
	fi
	as plain mini-runc delete --force "$ID"
	command_is true
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_line --partial 'memory.limit'
	assert_line --partial 'pids.limit'
	assert_line --partial 'oom_score_adj stays as it is'
	refute_line --partial devices
	run -125 as plain mini-runc --rootless false run --bundle "$B" "$ID"
	assert_output --partial 'cannot create the cgroup'
	assert_output --partial 'is not ours: choose a linux.cgroupsPath below'
}

@test "a group of version 2 that the user was given is used, and goes" {
	command_is sleep 300
	# A view of the machine as if version 2 were alone; its groups are the machine's.
	local group="mini-runc-$ID-session" BEFORE
	BEFORE="mount -t cgroup2 none /sys/fs/cgroup; mkdir -p /sys/fs/cgroup/$group/self
		chown 4343 /sys/fs/cgroup/$group /sys/fs/cgroup/$group/cgroup.procs \
			/sys/fs/cgroup/$group/cgroup.subtree_control
		echo \$\$ >/sys/fs/cgroup/$group/self/cgroup.procs"
	export BEFORE
	as plain mini-runc run --detach --bundle "$B" "$ID"
	run -0 as plain sh -c "cat /sys/fs/cgroup/$group/mini-runc-$ID/cgroup.procs | wc -l"
	assert_output 1
	as plain mini-runc pause "$ID"
	assert is_in_state plain paused
	as plain mini-runc resume "$ID"
	as plain mini-runc exec --detach "$ID" sleep 101
	run -0 as plain mini-runc ps --format json "$ID"
	assert_equal "$(jq length <<<"$output")" 2
	as plain mini-runc delete --force "$ID"
	# shellcheck disable=SC2016
	run -0 unshare --mount --propagation private sh -c 'mount -t cgroup2 none /sys/fs/cgroup
		rmdir "/sys/fs/cgroup/$1/self" "/sys/fs/cgroup/$1"' - "$group"
}

@test "mounts: what the owner of a user namespace may not is told" {
	command_is true
	config '.linux.namespaces -= [{type: "pid"}]'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial "cannot mount proc 'proc' on '/proc'"
	assert_output --partial 'a new namespace of type pid'
	config '.linux.namespaces += [{type: "pid"}] | .mounts[0].type = "sysfs"'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'a new namespace of type network'
	config '.mounts[0].type = "proc" | .mounts[2].options += ["gid=5"]'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'in a user namespace without that gid the option has to go'
	config '.mounts[2].options -= ["gid=5"] |
		.mounts += [{destination: "/mnt", type: "bind", source: "/sys", options: ["bind"]}]'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'use the option rbind'
	config '.mounts[-1].options = ["rbind"] | .linux.namespaces += [{type: "network"}] |
		.mounts[5] = {destination: "/sys", type: "sysfs", source: "sysfs"}'
	run -0 as plain mini-runc run --bundle "$B" "$ID"
}

@test "flags of a mount that came from outside stay" {
	mkdir locked
	chmod 755 locked
	command_is grep ' /x[12] ' /proc/mounts
	config '.mounts += ([["bind", "rw", "suid", "dev", "relatime"], ["bind", "ro", "noexec", "strictatime"]] |
		to_entries | map({destination: "/x\(.key + 1)", type: "bind",
			source: "'"$PWD"'/locked", options: .value}))'
	BEFORE="mount -t tmpfs -o nosuid,nodev,noatime,mode=755 locked $PWD/locked" \
		run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_line --regexp '^locked /x1 tmpfs rw,nosuid,nodev,noatime,'
	assert_line --regexp '^locked /x2 tmpfs ro,nosuid,nodev,noexec,noatime,'
}

@test "an overlay of the user's" {
	mkdir "$B/lower" "$B/upper" "$B/work"
	echo low >"$B/lower/file"
	chown -R 4343:4343 "$B"
	config --arg b "$B" '.mounts += [
		{destination: "/tmp/o", type: "tmpfs", source: "x", options: ["mode=755"]},
		{destination: "/mnt", type: "overlay", source: "x", options: ["userxattr",
			"lowerdir=\($b)/lower", "upperdir=\($b)/upper", "workdir=\($b)/work"]}]'
	script_is 'cat /mnt/file; echo high >/mnt/file; cat /mnt/file'
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_output $'low\nhigh'
	assert_equal "$(cat "$B/lower/file")" low
}

@test "devices are the host's own, and no others" {
	command_is ls -l /dev/vnull
	config '.linux.devices = [{path: "/dev/vnull", type: "c", major: 1, minor: 3}]'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial "cannot create the device '/dev/vnull': mknod(2) takes root"
	config '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 5}]'
	run -125 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --partial "is not the device c 1:5"
	config '.linux.devices = [{path: "/dev/loop-control", type: "c", major: 10, minor: 237},
		{path: "/dev/pipe", type: "p"}]'
	[ -c /dev/loop-control ] || config 'del(.linux.devices[0])'
	# A /dev of the root itself: what the first start left there is taken by the second.
	config 'del(.mounts[] | select(.destination | startswith("/dev"))) | .root.readonly = false'
	script_is 'test -p /dev/pipe && echo x >/dev/null && ls -l /dev/null'
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --regexp '^crw-rw-rw-.* 1, +3 '
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	assert_output --regexp '^crw-rw-rw-.* 1, +3 '
}

@test "inside of a user namespace, as its root" {
	with_range
	command_is sleep 300
	# As podman does: the namespace is there already, and config.json has none.
	config '.linux.namespaces -= [{type: "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
	cat >inside <<-'END'
		set -e
		mini-runc run --detach --bundle "$B" "$ID"
		mini-runc exec --user 33 "$ID" sh -c 'id -u; cat /proc/self/uid_map'
		mini-runc list -q
		mini-runc kill "$ID" KILL
		until mini-runc delete "$ID" 2>/dev/null; do sleep 0.1; done
		mini-runc run --bundle "$B/nested" "$ID"
		id -u
	END
	mkdir "$B/nested"
	cp -r "$B/rootfs" "$B/nested"
	jq '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 5, size: 10}] |
		.linux.gidMappings = .linux.uidMappings |
		.process.args = ["cat", "/proc/self/uid_map"]' <"$B/config.json" >"$B/nested/config.json"
	chown -R 4242:4242 "$B"
	run -0 as ranger unshare --user --map-root-user --map-auto --mount --pid --fork \
		--mount-proc sh inside
	assert_line --index 0 33
	assert_line --index 1 --regexp '^ +0 +4242 +1$'
	assert_line --index 3 "$ID"
	assert_line --index 4 --regexp '^ +0 +5 +10$'
	assert_line --index 5 0
	config '.process.user = {uid: 33, gid: 33}'
	run -125 as ranger unshare --user --map-root-user --mount --pid --fork --mount-proc \
		mini-runc run --bundle "$B" "$ID"
	assert_output --partial 'cannot become group 33: Invalid argument (the user namespace has no'
}

@test "root: a container in the user namespace of another" {
	config '.process.args = ["sleep", "100"] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$B"
	runc run --detach --bundle "$B" "$ID"
	local pid
	pid=$(runc state "$ID" | jq .pid)
	# What is new beside it belongs to it: only so can its root mount a /proc and name the host.
	config --arg path "/proc/$pid/ns/user" 'del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces |= map(if .type == "user" then .path = $path else . end) |
		.hostname = "second"'
	script_is 'readlink /proc/self/ns/user; id -u; hostname; hostname third && hostname; ps -o pid'
	config '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
	run -0 runc run --bundle "$B" "$ID-2"
	assert_line --index 0 "$(readlink "/proc/$pid/ns/user")"
	assert_line --index 1 0
	assert_line --index 2 second
	assert_line --index 3 third
	assert_line --regexp '^ +1$'
}

@test "a runtime that is the user's own cannot be written to" {
	command_is sleep 300
	cp bin/mini-runc run-4343/mine
	chown 4343:4343 run-4343/mine
	as plain run-4343/mine run --bundle "$B" "$ID" &
	eventually is_in_state plain running
	run -0 pgrep -u 4343 -f "^run-4343/mine"
	local runtime=$output
	run -0 readlink "/proc/$runtime/exe"
	assert_output --partial memfd:
	run -1 as plain bash -c "echo x >>/proc/$runtime/exe"
	assert_output --partial 'busy'
	exec 8<"/proc/$runtime/exe"
	as plain mini-runc delete --force "$ID"
	wait $! || true
	run -1 bash -c 'echo x >>/proc/self/fd/8'
	exec 8<&-
	assert_output --partial 'not permitted'
	rm run-4343/mine
}

@test "the user sees what he sees with crun and runc" {
	script_is 'id; cat /proc/self/uid_map /proc/self/setgroups; hostname; ls -l /dev | cut -c 1-10,58-
		grep -E "Cap|NoNew" /proc/self/status; ls /proc/self/fd
		cut -d" " -f2,3 /proc/mounts | grep -v -e cgroup -e /proc/ -e /sys | sort'
	config 'del(.annotations) | .linux.namespaces -= [{type: "cgroup"}] |
		.mounts |= map(select(.type != "cgroup"))'
	run -0 as plain mini-runc run --bundle "$B" "$ID"
	grep -v 'core -> ' <<<"$output" >ours
	local other
	for other in 'crun --cgroup-manager=disabled' runc; do
		command -v "${other%% *}" >/dev/null || skip "$other is not installed"
		# crun refuses a machine that has both versions of cgroups.
		# shellcheck disable=SC2086
		BEFORE=$([ ! -d /sys/fs/cgroup/unified ] || echo umount /sys/fs/cgroup/unified) \
			run -0 as plain $other --root "$PWD/run-4343" run --bundle "$B" "$ID"
		grep -v 'core -> ' <<<"$output" >theirs
		diff theirs ours
	done
}
