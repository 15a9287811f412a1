# Namespaces, id maps, devices, sysctls (OCI runtime-spec, config-linux.md), by the specification.
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	if [ -n "${HOLDER-}" ]; then
		kill "$HOLDER"
		wait "$HOLDER" 2>/dev/null || true
	fi
	runc_teardown
}

# A process in new namespaces, $HOLDER; the words are flags of unshare.
hold() {
	unshare "$@" sleep 300 3>&- &
	HOLDER=$!
	eventually in_other_namespace
}

in_other_namespace() {
	[ "$(readlink "/proc/$HOLDER/exe")" != "$(readlink /proc/$$/exe)" ] && [ "$(cat "/proc/$HOLDER/comm")" = sleep ]
}

# namespace TYPE PATH: joined instead of made.
join() {
	config --arg type "$1" --arg path "$2" '.linux.namespaces |= (map(select(.type != $type)) + [{type: $type, path: $path}])'
}

@test "namespaces are joined by their path" {
	hold --net --ipc --uts
	nsenter --target "$HOLDER" --uts hostname joined
	config 'del(.hostname)'
	join network "/proc/$HOLDER/ns/net"
	join ipc "/proc/$HOLDER/ns/ipc"
	join uts "/proc/$HOLDER/ns/uts"
	script_is 'hostname; for n in net ipc uts; do readlink /proc/self/ns/$n; done'
	run -0 container
	assert_output "joined
$(readlink "/proc/$HOLDER/ns/net")
$(readlink "/proc/$HOLDER/ns/ipc")
$(readlink "/proc/$HOLDER/ns/uts")"
}

@test "a PID namespace is joined by its path" {
	command_is sleep 300
	runc run --detach --bundle "$B" --pid-file pid "$ID" >log 2>&1 3>&-
	join pid "/proc/$(cat pid)/ns/pid"
	script_is 'ps | grep -c "[s]leep 300"; readlink /proc/self/ns/pid'
	run -0 runc run --bundle "$B" "$ID-2"
	assert_output "1
$(readlink "/proc/$(cat pid)/ns/pid")"
}

@test "a path that is missing, is of another kind, or is relative" {
	hold --net
	command_is true
	join network /proc/none/ns/net
	run -125 container
	assert_output --partial "/proc/none/ns/net"
	join network "/proc/$HOLDER/ns/uts"
	run -125 container
	assert_output --partial 'as a network namespace'
	join network /etc/passwd
	run -125 container
	assert_output --partial /etc/passwd
	join network proc/self/ns/net
	run -125 container
	assert_output --partial 'is not absolute'
}

@test "one that is not named stays the host's" {
	command_is readlink /proc/self/ns/ipc
	config 'del(.linux.namespaces[] | select(.type == "ipc")) | del(.mounts[] | select(.type == "mqueue"))'
	run -0 container
	assert_output "$(readlink /proc/self/ns/ipc)"
}

@test "a user namespace with many ranges, and with too many" {
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [range(0; 200) | {containerID: ., hostID: (100000 + . * 3), size: 1}] |
		.linux.gidMappings = .linux.uidMappings |
		(.mounts[] | select(.destination == "/dev/pts").options) -= ["gid=5"]'
	script_is 'wc -l </proc/self/uid_map; id -u'
	run -0 container
	assert_output $'200\n0'
	config '.linux.uidMappings = [range(0; 341) | {containerID: ., hostID: ., size: 1}]'
	run -125 container
	assert_output --partial 'linux: uidMappings: the kernel takes at most 340 ranges'
	config '.linux.uidMappings = [{containerID: 0, size: 1}]'
	run -125 container
	assert_output --partial 'uidMappings[0]: hostID is missing'
}

@test "devices: kinds, modes, owners, anywhere, and what is there already" {
	config '.root.readonly = false | .linux.devices = [
		{path: "/dev/c", type: "c", major: 1, minor: 3, fileMode: 384, uid: 7, gid: 8},
		{path: "/dev/u", type: "u", major: 1, minor: 5},
		{path: "/nodes/b", type: "b", major: 7, minor: 0, fileMode: 25008},
		{path: "/nodes/p", type: "p"}]'
	script_is 'stat -c "%F %a %t:%T %u:%g" /dev/c /dev/u /nodes/b /nodes/p'
	run -0 container
	assert_output "character special file 600 1:3 7:8
character special file 666 1:5 0:0
block special file 660 7:0 0:0
fifo 666 0:0 0:0"
	# The same again is taken, and anything else there is an error.
	run -0 container
	config '.linux.devices[2].minor = 1'
	run -125 container
	assert_output --partial "cannot create the device '/nodes/b': the image has something else there"
}

@test "sysctl: what does not belong to a namespace of the container is refused" {
	command_is true
	config '.linux.sysctl = {"kernel.panic": "1"}'
	run -125 container
	assert_output --partial "'kernel.panic' does not belong to any namespace"
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces -= [{type: "network"}]'
	run -125 container
	assert_output --partial 'needs a namespace of type network'
	config '.linux.sysctl = {"kernel.msgmax": 5}'
	run -125 container
	assert_output --partial 'linux.sysctl'
}

@test "masked and read-only paths: folders, files, what is below, and what is not there" {
	mkdir -p "$B/rootfs/secret/below" "$B/rootfs/fixed/below"
	echo s >"$B/rootfs/secret/below/f"
	echo s >"$B/rootfs/file"
	config '.root.readonly = false | .linux.maskedPaths = ["/secret", "/file", "/not/there"] |
		.linux.readonlyPaths = ["/fixed", "/not/there/either"]'
	script_is 'ls -A /secret | wc -l; wc -c </file; touch /secret/x; touch /fixed/below/x; touch /tmp/x && echo free'
	run -0 container
	assert_line --index 0 0
	assert_line --index 1 0
	assert_output --partial '/secret/x: Read-only file system'
	assert_output --partial '/fixed/below/x: Read-only file system'
	assert_line free
	run -0 cat "$B/rootfs/secret/below/f"
	config '.linux.maskedPaths = ["relative"]'
	run -125 container
	assert_output --partial 'linux.maskedPaths[0]'
}
