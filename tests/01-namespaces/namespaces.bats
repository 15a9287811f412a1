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
	script_is 'wc -l </proc/self/uid_map; id -u; stat -c %u:%g /dev/mqueue'
	run -0 container
	assert_output $'200\n0\n0:0'
	config '.linux.uidMappings = [range(0; 341) | {containerID: ., hostID: ., size: 1}]'
	run -125 container
	assert_output --partial 'linux: uidMappings: the kernel takes at most 340 ranges'
	config '.linux.uidMappings = [{containerID: 0, size: 1}]'
	run -125 container
	assert_output --partial 'uidMappings[0]: hostID is missing'
}

# A host network of the test's own, with one end of a cable that may be given away.
on_a_network() {
	unshare --net bash -c 'set -e
		ip link add cable type veth peer name wall
		ip address add 10.9.8.7/24 dev cable
		ip address add 10.9.8.8/32 dev cable scope link
		ip address add 2001:db8::7/64 dev cable nodad
		ip link set cable mtu 1400 up
		eval "$1"' - "$1"
}

@test "netDevices: a device moves, with its name, its number of bytes and its lasting addresses" {
	config '.linux.netDevices = {cable: {name: "inside"}}'
	script_is 'ip -o address show dev inside | sed "s/ \+/ /g" | cut -d" " -f3,4 | grep -v fe80; cat /sys/class/net/inside/mtu /sys/class/net/inside/address'
	run -0 on_a_network 'ip -o link show cable | sed "s/.*ether //; s/ .*//"; container; ! ip link show cable 2>&1'
	assert_line --index 1 'inet 10.9.8.7/24'
	assert_line --index 2 'inet6 2001:db8::7/64'
	assert_line --index 3 1400
	assert_line --index 4 "${lines[0]}"
	assert_line --index 5 --partial 'does not exist'
}

@test "netDevices: a name that is taken, a template, and a namespace that is joined" {
	config '.linux.netDevices = {cable: {name: "lo"}}'
	script_is 'ls /sys/class/net; grep -l up /sys/class/net/n*/operstate; true'
	run -0 on_a_network 'container || ip -o address show dev cable | grep -c "10.9.8.7/24"'
	assert_line --index -1 1
	assert_output --partial "cannot move the network device 'cable' into the container: the container has a device 'lo' already"
	config '.linux.netDevices.cable.name = "n%d"'
	run -0 on_a_network 'ip link set wall up; container'
	assert_line /sys/class/net/n0/operstate
	hold --net
	config '.linux.netDevices.cable.name = "joined"'
	join network "/proc/$HOLDER/ns/net"
	run -0 on_a_network container
	assert_line joined
	config '.linux.netDevices = {missing: {}}'
	run -125 container
	assert_output --partial "cannot move the network device 'missing' into the container: there is no such device"
	join network /proc/self/ns/net
	config '.linux.netDevices = {lo: {}}'
	run -125 container
	assert_output --partial 'is the one that the device is in'
}

@test "netDevices: what fails later gives them back, as they were" {
	config '.linux.netDevices = {cable: {name: "inside"}, wall: {}} | .process.args = ["/not/there"]'
	run -127 --separate-stderr on_a_network 'container || code=$?
		ip -o address show dev cable; ip -o link show cable; ip -o link show wall; exit $code'
	[[ $stderr == *"/not/there: no such file"* ]]
	assert_output --partial 'inet 10.9.8.7/24'
	assert_output --partial 'inet6 2001:db8::7/64'
	assert_output --regexp 'cable@wall: <[^>]*UP[^>]*> mtu 1400'
	refute_output --regexp 'wall@cable: <[^>]*UP'
	# One that cannot be moved leaves none behind that was moved before it.
	config '.linux.netDevices = {cable: {name: "inside"}, wall: {name: "lo"}}'
	run -125 --separate-stderr on_a_network 'container || code=$?; ip -o address show dev cable; exit $code'
	[[ $stderr == *"the container has a device 'lo' already"* ]]
	assert_output --partial 'inet 10.9.8.7/24'
}

@test "intelRdt: without its file system nothing is created" {
	command_is true
	config '.linux.intelRdt = {closID: "gold", schemata: ["L3:0=f"]}'
	run -125 container
	assert_output --partial 'linux.intelRdt: no resctrl file system is mounted'
}

# A machine whose mounts are the test's own.
on_private_mounts() {
	unshare --mount --propagation private bash -c 'set -e
		eval "$1"' - "$1"
}

mounted_below() {
	grep -c "$B/rootfs" /proc/self/mountinfo || true
}
export -f mounted_below

@test "without a mount namespace: mounts on the host until it is deleted, a chroot, and exec into it" {
	config '.linux.namespaces -= [{type: "mount"}]'
	script_is 'ls -d /proc/1 /dev/null; readlink /proc/self/ns/mnt; touch /x || exit 7'
	run -7 --separate-stderr on_private_mounts 'mount --bind $B/rootfs $B/rootfs; readlink /proc/self/ns/mnt; container || code=$?; mounted_below; exit $code'
	assert_line --index 1 /dev/null
	assert_line --index 2 /proc/1
	assert_line --index 3 "${lines[0]}"
	# The one that was there before it came is there after it has gone.
	assert_line --index 4 1
	[[ $stderr == *'without one of type mount'*'touch: /x: Read-only file system'* ]]
	command_is sleep 300
	run -0 --separate-stderr on_private_mounts 'mini-runc --root $STATES run -d -b $B $ID >log 2>&1
		mounted_below | grep -qv ^0; runc exec $ID sh -c "ls /; ls /proc/1/root/bin | wc -l"
		runc delete -f $ID; mounted_below'
	assert_line bin
	refute_line boot
	assert_line --index -1 0
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	run -125 container
	assert_output --partial 'may not mount on the host'
}

@test "without a mount namespace: what fails on the way leaves nothing mounted" {
	config '.linux.namespaces -= [{type: "mount"}] | .mounts += [{destination: "/x", type: "none such", source: "x"}]'
	command_is true
	run -0 --separate-stderr on_private_mounts 'container || mounted_below'
	assert_output 0
	[[ $stderr == *"cannot mount none such 'x'"* ]]
	command_is /not/there
	config '.mounts |= .[:-1]'
	run -0 --separate-stderr on_private_mounts 'container || mounted_below'
	assert_output 0
	[[ $stderr == *"/not/there: no such file"* ]]
}

@test "a mount namespace is joined by its path, and not the machine's" {
	hold --mount --propagation private
	join mount "/proc/$HOLDER/ns/mnt"
	join ipc "/proc/$HOLDER/ns/ipc"
	config '.mounts |= map(select(.type != "mqueue"))'
	script_is 'readlink /proc/self/ns/mnt; ls -d /boot /bin; touch /x'
	run -1 --separate-stderr container
	assert_line --index 0 "$(readlink "/proc/$HOLDER/ns/mnt")"
	assert_line --index 1 /bin
	[[ $stderr == *'/x: Read-only file system'* ]]
	# As with runc and crun: its root is the container's from now on.
	run -0 ls "/proc/$HOLDER/root"
	refute_line boot
	config '.linux.namespaces |= map(select(.type != "ipc"))'
	join mount /proc/1/ns/mnt
	run -125 unshare --pid --fork --mount-proc bash -c 'unshare --mount mini-runc --root "$STATES" run -b "$B" "$ID"; exit $?'
	assert_output --partial "'/proc/1/ns/mnt' is the mount namespace of process 1"
	join mount /proc/self/ns/mnt
	run -1 on_private_mounts 'container; exit $(mounted_below)'
	assert_output --partial 'without one of type mount'
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
