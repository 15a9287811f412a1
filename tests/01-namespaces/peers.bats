# The same bundle under mini-runc, runc and crun: what a program in it sees, line by line.
#
# Each test changes one part of config.json, and the probe looks at everything. Where a difference
# is right, `alike` has it and says why; there is no other way to pass.
load runc
set -o pipefail

setup() {
	runc_setup
	# Not in every version: the profile as an annotation, cgroup namespaces; limits are the
	# kernel's to show, and tests of cgroups look at them.
	config 'del(.annotations, .linux.resources) |
		.linux.namespaces -= [{type: "cgroup"}] |
		.mounts |= map(select(.type != "cgroup")) |
		.root.readonly = false | .hostname = "same" |
		.process.capabilities |= (.inheritable = [] | .ambient = []) |
		.linux.cgroupsPath = "/mini-runc-'"$ID"'"'
}

teardown() {
	runc_teardown
}

# It is run by sh in the container; $HOST has the namespaces of the host.
probe() {
	cat <<'PROBE'
exec 2>&1
echo "== process"
hostname; id; pwd; umask
grep -E '^(Uid|Gid|Groups|Cap|NoNew|Seccomp:|SigBlk|SigIgn|Cpus_allowed_list|Mems_allowed_list)' /proc/self/status
cut -d' ' -f5-8,18,19 /proc/$$/stat | sed 's/^\([0-9]*\) \([0-9]*\)/group \1 session \2 terminal/'
cat /proc/$$/limits /proc/$$/oom_score_adj /proc/$$/personality /proc/$$/uid_map /proc/$$/gid_map
tr '\0' '\n' </proc/$$/environ | sort
ls /proc/self/fd
echo "== namespaces and group"
for n in user mnt pid uts ipc net cgroup; do
	case "$HOST" in
	*"$(readlink /proc/self/ns/$n)"*) echo "$n the host's" ;;
	*) echo "$n of its own" ;;
	esac
done
cat /proc/self/cgroup
echo "== mounts"
cut -d' ' -f5- /proc/self/mountinfo | sort
echo "== devices"
stat -c '%n %F %a %u:%g %t:%T' /dev /dev/* /dev/pts/ptmx /nodes/* | sort
echo "== files of the kernel"
find /sys/firmware /proc/acpi /proc/scsi /hidden -maxdepth 1
head -c 100 /proc/keys /proc/kcore /proc/timer_list /proc/sched_debug | wc -c
for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq /proc/bus /fixed /fixed/below /rootfile; do
	[ ! -e $f ] || { [ -d $f ] && touch $f/x || : >>$f; } 2>&1 | sed 's/.*: //; s/^/not written: /'
done
cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/fs/mqueue/msg_max
mkdir /made && rmdir /made
true
PROBE
}

# What is right to differ, from either:
# - Both hand on that the C library's two signals are ignored in what bats starts.
# - runc makes the whole sysfs read-only, not its mount alone.
# - A mask is a mask: its source and its size are each one's own, and runc's has no flags.
# - A tmpfs over a folder has its mode among its options since runc 1.1.8, and with later cruns.
# - Numbers of groups of mounts are the kernel's.
alike() {
	sed -E 's/^(SigIgn:.)0000000[01]80000000$/\10000000000000000/
		s/ - sysfs sysfs r[ow]$/ - sysfs/
		/^\/(proc|sys|hidden)/s/ (ro|rw)[a-z,]* - (tmpfs|devtmpfs) .*$/ - a mask/
		s/ - tmpfs t rw,mode=755$/ - tmpfs t rw/
		s/(master|shared):[0-9]+/\1:N/
		s/,?(size|nr_inodes|nr_blocks|inode64)=?[0-9]*k?//g' "$2" | "alike_$1"
}

# From runc 1.1: the message queues of a user namespace belong to a group that it does not have.
alike_runc() {
	sed -E 's/^(\/dev\/mqueue .*) 0:65534 /\1 0:0 /'
}

# From crun 1.8, which
# - makes /dev/core, which Docker's containers do not have;
# - sees one version of cgroups here, so its container is not in a group of the other;
# - drops the flags of /proc from what it makes read-only below: nosuid and its like were meant;
# - lends devices to a user namespace nosuid and noexec, which means nothing for a device;
# - gives no HOME to a user whom the image does not know, and the container's /dev/null, when stdin is
#   a null device, to the user.
alike_crun() {
	sed -E '/^\/dev\/core /d
		s/^0::.*$/0::/
		s/^(\/proc\/[a-z]+ ro),(nosuid,nodev,noexec,)?relatime/\1/
		s/^(\/dev\/[a-z]+ rw),(nosuid,noexec,)?relatime - devtmpfs/\1 - devtmpfs/
		/^HOME=\/$/d
		s/^(\/dev\/null .*) 7:8 /\1 0:0 /'
}

# Runs it by each of the three and compares.
differ() {
	local peer
	config --arg host "HOST=$(readlink /proc/self/ns/* | tr '\n' ' ')" \
		'.process.env |= map(select(startswith("HOST=") | not)) + [$host]'
	script_is "$(probe)"
	runc run --bundle "$B" "$ID" >ours
	for peer in runc crun; do
		command -v $peer >/dev/null || skip "$peer is not installed"
		as_peer $peer >theirs
		diff <(alike $peer theirs) <(alike $peer ours)
	done
}

# crun refuses a machine that has both versions of cgroups, so it gets a view with one; and it gives
# what stdin is to the container's user: a null device that is not the machine's.
as_peer() {
	local program null=$BATS_TEST_TMPDIR/null
	program=$(type -P "$1")
	[ -e "$null" ] || mknod -m 666 "$null" c 1 3
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -c '
		[ "$1" != crun ] || umount /sys/fs/cgroup/unified 2>/dev/null
		exec "$2" --root "$PWD/$1" run --bundle "$B" "$ID"' - "$1" "$program" <"$null"
}

@test "the usual container" {
	differ
}

@test "user, groups, umask, folder, environment" {
	config '.process.user = {uid: 7, gid: 8, additionalGids: [9, 10], umask: 63} |
		.process.cwd = "/tmp" | .process.env += ["A=b=c", "EMPTY=", "A=again", "AA=other"]'
	differ
}

@test "capabilities, and no new privileges" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
		effective: ["CAP_KILL"], permitted: ["CAP_KILL", "CAP_CHOWN"],
		inheritable: ["CAP_CHOWN"], ambient: ["CAP_CHOWN"]} | .process.noNewPrivileges = true'
	differ
	config '.process.noNewPrivileges = false | .process.user = {uid: 7, gid: 8}'
	differ
}

@test "limits, and the score of being killed" {
	config '.process.oomScoreAdj = 500 | .process.rlimits = [
		{type: "RLIMIT_NOFILE", soft: 64, hard: 128}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_NPROC", soft: 500, hard: 600}, {type: "RLIMIT_STACK", soft: 4194304, hard: 4194304}]'
	differ
}

@test "mounts: kinds, options, binds, propagation" {
	mkdir -p "$B/data/below"
	config '.mounts += [
		{destination: "/t", type: "tmpfs", source: "t", options: ["size=1m", "mode=711", "nosuid", "noexec"]},
		{destination: "/t/b", type: "bind", source: "data", options: ["rbind", "ro"]},
		{destination: "/shared", type: "bind", source: "data", options: ["bind", "rslave", "nodev"]},
		{destination: "/file", type: "bind", source: "config.json", options: ["bind", "ro", "noatime"]}]'
	differ
}

@test "a root that is read-only, and private to the host" {
	config '.root.readonly = true | .linux.rootfsPropagation = "private"'
	differ
}

@test "devices of its own" {
	config '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 384, uid: 7, gid: 8},
		{path: "/nodes/p", type: "p", fileMode: 420}]'
	differ
}

@test "masked and read-only paths: not what is mounted below" {
	mkdir -p "$B/rootfs/fixed/below" "$B/rootfs/hidden"
	touch "$B/rootfs/rootfile" "$B/rootfs/hidden/f"
	config '.mounts += [{destination: "/fixed/below", type: "tmpfs", source: "t"}] |
		.linux.maskedPaths = ["/proc/kcore", "/hidden", "/none"] |
		.linux.readonlyPaths = ["/fixed", "/rootfile", "/proc/irq", "/none"]'
	differ
}

@test "sysctls, with dots and with slashes" {
	config '.linux.sysctl = {"kernel.msgmax": "12345", "net.ipv4.ip_forward": "1",
		"net/ipv4/ip_unprivileged_port_start": "80", "fs.mqueue.msg_max": "11"}'
	differ
}

@test "the host's network, IPC and host name" {
	config 'del(.hostname) | .linux.namespaces |= map(select(.type | IN("network", "ipc", "uts") | not)) |
		.mounts |= map(select(.type != "mqueue" and .type != "sysfs"))'
	differ
}

@test "a user namespace" {
	local folder
	for folder in "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"; do
		chmod go+x "$folder"
	done
	chown -R 100000:100000 "$B/rootfs"
	config '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings'
	differ
}

@test "a filter of system calls" {
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
	differ
}

@test "a config.json that runc wrote runs here" {
	local runc
	runc=$(type -P runc) || skip 'runc is not installed'
	rm "$B/config.json"
	"$runc" spec --bundle "$B"
	config '.process.terminal = false'
	script_is 'echo from runc; grep CapEff /proc/self/status'
	run -0 --separate-stderr container # a warning: what runc writes here is not consistent
	assert_line --index 0 'from runc'
	assert_line --index 1 --regexp 'CapEff:.0000000020000420'
}
