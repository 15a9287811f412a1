# What a process in a container sees, and what not.
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
}

@test "run BUNDLE: one argument is enough" {
	command_is echo hello
	run -0 runc run "$B"
	assert_output hello
	run -0 bash -c 'cd "$B" && runc run "$ID"'
	assert_output hello
}

@test "a host name, pid 1 and processes of its own" {
	script_is 'hostname; echo $$; all=$(ps); echo "$all" | wc -l'
	run -0 container
	assert_line --index 0 mini-runc
	assert_line --index 1 1
	assert_line --index 2 3 # a heading, sh, ps
	assert_not_equal "$(hostname)" mini-runc
}

@test "every namespace is another one than the host's" {
	script_is 'for n in cgroup ipc mnt net pid uts; do readlink /proc/self/ns/$n; done'
	run -0 container
	assert_equal "${#lines[@]}" 6
	for n in cgroup ipc mnt net pid uts; do
		refute_line "$(readlink /proc/self/ns/$n)"
	done
}

@test "the network has lo, and it is up" {
	script_is 'ls /sys/class/net; cat /sys/class/net/lo/flags; ping -c1 -w2 127.0.0.1 >/dev/null && echo pong'
	config '.process.capabilities |= map_values(. + ["CAP_NET_RAW"] | unique)'
	run -0 container
	assert_line --index 0 lo
	assert_line --index 1 0x9
	assert_line --index 2 pong
}

@test "the mounts are those of config.json and nothing of the host" {
	script_is 'cut -d" " -f2,3,4 /proc/mounts'
	run -0 container
	assert_line --partial '/proc proc rw,nosuid,nodev,noexec'
	assert_line --partial '/dev tmpfs rw,nosuid'
	assert_line --partial '/dev/pts devpts rw,nosuid,noexec'
	assert_line --partial '/dev/shm tmpfs rw,nosuid,nodev,noexec'
	assert_line --partial '/dev/mqueue mqueue'
	assert_line --partial '/sys sysfs ro,'
	refute_output --partial "$BATS_TEST_TMPDIR"
	run -1 grep -vE '^/(proc|sys|dev)?(/| )' <<<"$output"
}

@test "devices: the usual ones work, others are refused" {
	script_is 'head -c 8 /dev/zero | wc -c; echo x >/dev/null; head -c 3 /dev/urandom | wc -c
		echo y >/dev/full; readlink /dev/fd; readlink /dev/ptmx
		mknod /tmp/vda b 254 0 && cat /tmp/vda'
	config '.root.readonly = false'
	run -1 container
	assert_line 8
	assert_line 3
	assert_output --partial 'No space left on device'
	assert_line /proc/self/fd
	assert_line pts/ptmx
	assert_output --partial "can't open '/tmp/vda': Operation not permitted"
	# Also where config.json says nothing about it, or only what is allowed besides.
	script_is 'head -c 8 /dev/zero | wc -c; rm /tmp/vda; mknod /tmp/vda b 254 0 && cat /tmp/vda'
	for rules in 'del(.linux.resources)' \
		'.linux.resources.devices = [{allow: true, type: "c", major: 10, minor: 200}]'; do
		config "$rules"
		run -1 container
		assert_line 8
		assert_output --partial "can't open '/tmp/vda': Operation not permitted"
	done
}

@test "masked paths show nothing, read-only paths do not change" {
	script_is 'wc -c </proc/keys; wc -c </proc/interrupts; ls /sys/firmware | wc -l
		echo 1 >/proc/sys/kernel/panic; chmod 700 /proc/irq; touch /sys/x'
	run -1 container
	assert_line --index 0 0
	assert_line --index 1 0
	assert_line --index 2 0
	assert_output --partial '/proc/sys/kernel/panic: Read-only file system'
	assert_output --partial '/proc/irq: Read-only file system'
	assert_output --partial '/sys/x: Read-only file system'
}

@test "a read-only root, and one that is not" {
	script_is 'touch /new'
	run -1 container
	assert_output --partial 'Read-only file system'
	config '.root.readonly = false'
	run -0 container
	assert_exists "$B/rootfs/new"
}

@test "capabilities are exactly those of config.json" {
	command_is grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status
	run -0 container
	assert_line --regexp 'CapPrm:.00000000a80425fb'
	assert_line --regexp 'CapBnd:.00000000a80425fb'
	# Of root's sets execve(2) makes the others anew, out of the bounding set: this one stays.
	config '.process.capabilities = {bounding: ["CAP_KILL"], effective: [], permitted: ["CAP_KILL"],
		inheritable: ["CAP_KILL"]}'
	run -0 container
	assert_line --regexp 'CapBnd:.0000000000000020'
	assert_line --regexp 'CapInh:.0000000000000020'
	config 'del(.process.capabilities)'
	run -0 container
	assert_line --regexp 'CapBnd:.0000000000000000'
	assert_line --regexp 'CapEff:.0000000000000000'
}

@test "a user keeps ambient capabilities only" {
	command_is grep -E 'Cap(Eff|Amb)' /proc/self/status
	config '.process.user = {uid: 33, gid: 33}'
	run -0 container
	assert_line --regexp 'CapEff:.0000000000000000'
	config '.process.capabilities |= (.inheritable = ["CAP_NET_BIND_SERVICE"] |
		.ambient = ["CAP_NET_BIND_SERVICE"])'
	run -0 container
	assert_line --regexp 'CapEff:.0000000000000400'
	assert_line --regexp 'CapAmb:.0000000000000400'
}

@test "an unknown capability is warned about" {
	command_is true
	config '.process.capabilities.bounding += ["CAP_FLY"]'
	run -0 container
	assert_output --partial "there is no capability 'CAP_FLY'"
}

@test "seccomp refuses, with and without no_new_privs" {
	script_is 'grep -E "Seccomp:|NoNewPrivs" /proc/self/status; unshare -u true && mount -t tmpfs x /tmp'
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	run container
	assert_line --regexp 'Seccomp:.2'
	assert_line --regexp 'NoNewPrivs:.1'
	# With CAP_SYS_ADMIN the default profile allows these; a profile of one's own does not.
	assert_success
	config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
		{names: ["unshare", "mount"], action: "SCMP_ACT_ERRNO", errnoRet: 12}]}'
	run -1 container
	assert_output --partial 'unshare(0x4000000): Cannot allocate memory'
	config '.process.noNewPrivileges = false'
	run -1 container
	assert_line --regexp 'Seccomp:.2'
	assert_line --regexp 'NoNewPrivs:.0'
	assert_output --partial 'Cannot allocate memory'
	config 'del(.linux.seccomp, .annotations)'
	run container
	assert_line --regexp 'Seccomp:.0'
}

@test "a user of a name can be in a container without no_new_privs" {
	script_is 'id; grep Seccomp: /proc/self/status'
	config '.process.noNewPrivileges = false | .annotations["mini-docker.user"] = "www-data"'
	run -0 container
	assert_line --index 0 'uid=33(www-data) gid=33(www-data)'
	assert_line --index 1 --regexp 'Seccomp:.2'
}

@test "user, groups, working folder, environment, umask" {
	script_is 'id; pwd; echo "$A $HOME"; umask'
	config '.process.user = {uid: 33, gid: 34, additionalGids: [5, 6], umask: 63} |
		.process.cwd = "/tmp" | .process.env += ["A=b c"]'
	run -0 container
	assert_line --index 0 'uid=33(www-data) gid=34 groups=5(tty),6(disk)'
	assert_line --index 1 /tmp
	assert_line --index 2 'b c /var/www'
	assert_line --index 3 0077
}

@test "the environment is only what config.json says" {
	command_is env
	config '.process.env = ["PATH=/bin", "X=1"]'
	SECRET=1 run -0 container
	assert_equal "$(printf '%s\n' "${lines[@]}" | sort)" $'HOME=/root\nPATH=/bin\nX=1'
}

@test "a working folder that is missing is an error, unless it shall be made" {
	command_is pwd
	config '.process.cwd = "/new/folder" | .root.readonly = false'
	run -125 container
	assert_output --partial "/new/folder"
	config '.annotations["mini-docker.workdir"] = "create"'
	run -0 container
	assert_output /new/folder
}

@test "rlimits: lowered, and unlimited as other tools write it" {
	script_is 'ulimit -n; ulimit -H -n; ulimit -c'
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 64, hard: 128},
		{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	run -0 container
	assert_output $'64\n128\n0'
	# Too few for what is done after it: that has more, and the program has what it shall.
	config '.process.rlimits[0] = {type: "RLIMIT_NOFILE", soft: 3, hard: 4} | .process.user.uid = 5 |
		.process.cwd = "/" | .hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "ulimit -n"]}]'
	run -0 container
	assert_output $'3\n4\n0'
	config 'del(.hooks)'
	runc create --bundle "$B" "$ID" >out 2>&1
	runc start "$ID"
	eventually status_is stopped
	assert_equal "$(cat out)" $'3\n4\n0'
	runc delete "$ID"
	config '.process.rlimits = [{type: "RLIMIT_MEMLOCK", soft: 77777, hard: 77777}]'
	sed -i 's/77777/18446744073709551615/' "$B/config.json"
	run -0 container
}

@test "sysctls of the container's namespaces" {
	command_is cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/conf/lo/rp_filter
	local before
	before=$(cat /proc/sys/kernel/msgmax)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "12345",
		"net/ipv4/conf/lo/rp_filter": "2"}'
	run -0 container
	assert_output $'1\n12345\n2'
	assert_equal "$(cat /proc/sys/kernel/msgmax)" "$before"
}

@test "no descriptor of the runtime reaches the program" {
	command_is ls /proc/self/fd
	run -0 container 7</etc/hostname
	assert_output $'0\n1\n2\n3' # 3 is the folder that ls lists
	command_is sh -c 'cat <&3; ls /proc/self/fd | wc -l'
	echo handed on >file
	run -0 runc run --bundle "$B" --preserve-fds 1 "$ID" 3<file
	assert_output $'handed on\n5'
	run -125 runc run --bundle "$B" --preserve-fds 9999 "$ID"
	assert_output --partial 'must be 0 to 1000'
}

@test "signals: nothing is ignored or blocked in the program" {
	command_is grep -E 'Sig(Blk|Ign)' /proc/self/status
	run -0 bash -c "trap '' INT QUIT USR1; runc run \"$B\""
	assert_line --regexp 'SigBlk:.0000000000000000'
	assert_line --regexp 'SigIgn:.0000000000000000'
}

@test "a user namespace: root inside, nobody outside" {
	script_is 'id -u; cat /proc/self/uid_map; echo x >/tmp/x; ls -ln /tmp/x; head -c 1 /dev/zero | wc -c'
	config '.linux.namespaces += [{type: "user"}] | .root.readonly = false |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings'
	config '(.mounts[] | select(.destination == "/dev/pts").options) -= ["gid=5"]'
	run -0 container
	assert_line --index 0 0
	assert_line --index 1 --regexp '0 +100000 +1000'
	assert_line --index 2 --regexp '1 0 +0 '
	assert_equal "$(stat -c %u "$B/rootfs/tmp/x")" 100000
}

@test "a time namespace has its own boot time" {
	command_is cut -d. -f1 /proc/uptime
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets.boottime.secs = 1000000'
	run -0 container
	assert [ "$output" -gt 1000000 ]
}
