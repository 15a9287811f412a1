# Control groups: every limit, on version 1, version 2 and both. `make test-vm` runs the tests
# tagged `v2` in a machine that has version 2 alone.
load runc
set -o pipefail

setup() {
	runc_setup
	GROUP=/mini-runc-$ID/group
	config --arg path "$GROUP" '.linux.cgroupsPath = $path'
}

# What a test leaves in its own group must be nothing; the parent is the test's.
teardown() {
	rm -f "$BATS_TEST_TMPDIR/bundle/rootfs/big"
	local id
	for id in $(runc list -q); do
		runc delete --force "$id"
	done
	find /sys/fs/cgroup -mindepth 1 -path "*/mini-runc-$ID*" -depth -type d -exec rmdir {} \;
	runc_teardown
}

is_v2() {
	[ -e /sys/fs/cgroup/cgroup.controllers ]
}

# $1: controller; then the file of version 1 and that of version 2: prints what is in it.
value() {
	if is_v2; then
		cat "/sys/fs/cgroup$GROUP/$3"
	else
		cat "/sys/fs/cgroup/$1$GROUP/$2"
	fi
}

# As above, and the value wanted in either version.
assert_value() {
	assert_equal "$(value "$1" "$2" "$3")" "$(is_v2 && echo "$5" || echo "$4")"
}

sleeper() {
	command_is sleep 1000
	runc run --detach --bundle "$B" "$ID" >/dev/null
}

group_is_gone() {
	! find /sys/fs/cgroup -path "*$GROUP" | grep -q .
}

# bats test_tags=v2,small
@test "each limit is in the kernel, in the units of its version" {
	config '.linux.resources = {
		memory: {limit: 67108864, swap: 134217728, reservation: 33554432},
		cpu: {shares: 512, period: 50000, quota: 20000, burst: 10000, cpus: "0", mems: "0"},
		pids: {limit: 17},
		blockIO: {weight: 500}}'
	sleeper
	assert_value memory memory.limit_in_bytes memory.max 67108864 67108864
	assert_value memory memory.soft_limit_in_bytes memory.low 33554432 33554432
	assert_value cpu cpu.shares cpu.weight 512 59
	assert_value cpu cpu.cfs_quota_us cpu.max 20000 '20000 50000'
	assert_value cpu cpu.cfs_burst_us cpu.max.burst 10000 10000
	assert_value cpuset cpuset.cpus cpuset.cpus 0 0
	assert_value pids pids.max pids.max 17 17
	# With swap accounting: memory and swap together in version 1, swap alone in version 2.
	if value memory memory.memsw.limit_in_bytes memory.swap.max >/dev/null 2>&1; then
		assert_value memory memory.memsw.limit_in_bytes memory.swap.max 134217728 67108864
	fi
	if is_v2; then
		# 1 + (500 - 10) * 9999 / 990, but BFQ takes the number as it is.
		run -0 bash -c "cat /sys/fs/cgroup$GROUP/io{.bfq,}.weight 2>/dev/null || true"
		assert_line --regexp '^default (500|4950)$'
	else
		assert_equal "$(cat "/sys/fs/cgroup/blkio$GROUP"/blkio.{,bfq.}weight 2>/dev/null)" 500
	fi
	runc delete --force "$ID"
	assert group_is_gone
}

# bats test_tags=v2
@test "a device can be throttled, and freed of it" {
	local device
	device=$(cat /sys/block/*/dev 2>/dev/null | sort -n | sed -n 1p)
	[ -n "$device" ] || skip 'there is no block device'
	config --arg device "$device" '($device | split(":") | map(tonumber)) as [$a, $b] |
		{major: $a, minor: $b} as $d | .linux.resources.blockIO = {
		throttleReadBpsDevice: [$d + {rate: 1048576}], throttleWriteBpsDevice: [$d + {rate: 2097152}],
		throttleReadIOPSDevice: [$d + {rate: 100}], throttleWriteIOPSDevice: [$d + {rate: 200}]}'
	sleeper
	assert_value blkio blkio.throttle.read_bps_device io.max "$device 1048576" \
		"$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
	assert_value blkio blkio.throttle.write_iops_device io.max "$device 200" \
		"$device rbps=1048576 wbps=2097152 riops=100 wiops=200"
	jq '.linux.resources | .blockIO.throttleReadBpsDevice[0].rate = 0' "$B/config.json" |
		runc update --resources - "$ID"
	assert_value blkio blkio.throttle.read_bps_device io.max '' \
		"$device rbps=max wbps=2097152 riops=100 wiops=200"
}

# bats test_tags=v2,small
@test "limits hold: memory, processes, processor time, devices" {
	config '.linux.resources.memory = {limit: 16777216, swap: 16777216}'
	command_is tail /dev/zero
	run -137 container
	# One process is the program; a limit of 0 allows no other.
	config '.linux.resources = {pids: {limit: 0}}'
	script_is 'sleep 0; echo $?'
	run container
	assert_output --partial "can't fork"
	config '.linux.resources = {cpu: {period: 10000, quota: 2000}}'
	script_is 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
		cd /sys/fs/cgroup; cat cpu.stat 2>/dev/null || cat cpu/cpu.stat'
	run -0 container
	assert_line --regexp '^nr_throttled [1-9]'
	config '.linux.resources = {devices: [{allow: false, access: "rwm"}]} |
		.linux.devices = [{path: "/dev/kmsg2", type: "c", major: 1, minor: 11}]'
	script_is 'echo x >/dev/null && echo null; head -c 1 /dev/kmsg2'
	run -1 container
	assert_line null
	assert_output --partial '/dev/kmsg2'
}

# bats test_tags=v2,small
@test "update: up and down in either order, by flags, by a file, by stdin" {
	config '.linux.resources = {memory: {limit: 20971520, swap: 31457280},
		cpu: {period: 100000, quota: 50000, burst: 40000}, pids: {limit: 20}}'
	sleeper
	runc update --memory 40m --memory-swap 50m --pids-limit 7 --cpu-share 1024 "$ID"
	assert_value memory memory.limit_in_bytes memory.max 41943040 41943040
	assert_value pids pids.max pids.max 7 7
	assert_value cpu cpu.shares cpu.weight 1024 100
	runc update --memory 8m --memory-swap 10m --memory-reservation 4m "$ID"
	assert_value memory memory.limit_in_bytes memory.max 8388608 8388608
	assert_value memory memory.memsw.limit_in_bytes memory.swap.max 10485760 2097152
	# Memory alone: both together stay what they were.
	runc update --memory 9m "$ID"
	assert_value memory memory.memsw.limit_in_bytes memory.swap.max 10485760 1048576
	run -125 runc update --memory 11m "$ID"
	assert_output --partial 'linux.resources.memory: swap (10485760) counts memory and swap together'
	assert_value memory memory.limit_in_bytes memory.max 9437184 9437184
	# A quota below the burst is taken together with a burst that fits.
	echo '{"cpu": {"quota": 30000, "burst": 0}, "pids": {"limit": -1}, "memory": {"limit": null}}' >r
	runc update --resources r "$ID"
	assert_value cpu cpu.cfs_quota_us cpu.max 30000 '30000 100000'
	assert_value pids pids.max pids.max max max
	runc update -r - "$ID" <<<'{"memory": {"limit": -1}}'
	assert_value memory memory.limit_in_bytes memory.max 9223372036854771712 max
	runc update --cpu-idle 1 "$ID"
	assert_value cpu cpu.idle cpu.idle 1 1
	assert_equal "$(jq -c .config.linux.resources.cpu "$STATES/$ID/state.json")" \
		'{"period":100000,"quota":30000,"burst":0,"shares":1024,"idle":1}'
}

# bats test_tags=v2
@test "update: what is refused changes nothing, what is wrong is told" {
	config '.linux.resources.pids = {limit: 20}'
	sleeper
	run -125 runc update --pids-limit 9 --cpuset-cpus 977 "$ID"
	assert_output --partial "cannot set the limit cpu.cpus to '977'"
	assert_value pids pids.max pids.max 20 20
	run -125 runc update --memory lots "$ID"
	assert_output --partial "--memory: invalid size: 'lots'"
	run -125 runc update -r - "$ID" <<<'{"memory": {"limit": "1"}}'
	assert_output --partial "linux.resources.memory"
	run -125 runc update -r - "$ID" <<<'[]'
	run -125 runc update -r - "$ID" <<<'{'
	run -125 runc update -r /nowhere "$ID"
	run -125 runc update nobody
	assert_output --partial 'does not exist'
	# More is in use than the new limit: version 1 refuses by itself, version 2 when asked to.
	run -125 runc update -r - "$ID" <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	assert status_is running
	runc kill "$ID" KILL
	eventually status_is stopped
	run -125 runc update --pids-limit 9 "$ID"
	assert_output --partial 'not running'
}

# bats test_tags=v2,small
@test "events: statistics as runc prints them, memory that ran out, and its end" {
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
	script_is 'until [ -e /go ]; do sleep 0.1; done; (tail /dev/zero); sleep 1000'
	runc run --detach --bundle "$B" "$ID" >/dev/null
	run -0 runc events --stats "$ID"
	echo "$output" >stats
	assert_equal "$(jq -c '[.type, .id, .data.memory.usage.limit, .data.pids.current >= 1,
		.data.cpu.usage.total > 0, .data.memory.raw.pgfault > 0]' stats)" \
		"[\"stats\",\"$ID\",33554432,true,true,true]"
	runc events --interval 200ms "$ID" >events &
	local follower=$!
	eventually grep -q '"type":"stats"' events
	touch "$B/rootfs/go"
	eventually grep -qxF "{\"type\":\"oom\",\"id\":\"$ID\"}" events
	runc kill "$ID" KILL
	wait "$follower"
	run -125 runc events --stats "$ID"
	assert_output --partial "container with id $ID is not running"
	run -125 runc events --interval 0s "$ID"
	run -125 runc events --interval soon "$ID"
	assert_output --partial "'soon' is no duration"
}

# The same members as runc's own, for the same group.
@test "events: runc prints the same members" {
	local runc
	runc=$(type -P runc) || skip 'runc is not installed'
	command_is sleep 1000
	config 'del(.linux.resources, .annotations) | .linux.resources.pids.limit = 50'
	"$runc" --root "$PWD/runc" run --detach --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	"$runc" --root "$PWD/runc" events --stats "$ID" >theirs
	"$runc" --root "$PWD/runc" delete --force "$ID"
	sleeper
	runc events --stats "$ID" >ours
	# What is 0 is left out: what may be is not compared.
	members() {
		jq -r 'paths | map(tostring) | join(".")' "$1" |
			grep -vE 'io|cache|psi|throttling\.|kernel.*(usage|max)|\.raw\.'
	}
	run -0 diff <(members theirs) <(members ours)
}

# bats test_tags=v2
@test "cgroupsPath: the same group by an absolute and by a relative path" {
	local path
	for path in "$GROUP" "${GROUP#/}"; do
		config --arg path "$path" '.linux.cgroupsPath = $path'
		sleeper
		run -0 sh -c "cut -d: -f3 /proc/$(runc state "$ID" | jq .pid)/cgroup | sort -u"
		assert_output "$GROUP"
		runc delete --force "$ID"
		assert group_is_gone
	done
}

# bats test_tags=v2
@test "a group that exists is taken as it is, unless it is used or frozen" {
	local tree=/sys/fs/cgroup/pids
	is_v2 && tree=/sys/fs/cgroup
	[ ! -e $tree/cgroup.controllers ] || echo +pids >$tree/cgroup.subtree_control
	mkdir -p "$tree${GROUP%/*}"
	[ ! -e $tree/cgroup.controllers ] || echo +pids >"$tree${GROUP%/*}/cgroup.subtree_control"
	mkdir "$tree$GROUP"
	echo 33 >"$tree$GROUP/pids.max"
	config 'del(.linux.resources)'
	sleeper
	assert_equal "$(cat "$tree$GROUP/pids.max")" 33
	run -125 runc run --bundle "$B" "$ID-second"
	assert_output --partial "the cgroup '$GROUP' exists and has 1 processes"
	assert status_is running
	runc delete --force "$ID"
	assert group_is_gone
	local freezer=/sys/fs/cgroup/freezer file=freezer.state word=FROZEN
	if is_v2; then
		freezer=/sys/fs/cgroup file=cgroup.freeze word=1
	fi
	mkdir -p "$freezer$GROUP"
	echo $word >"$freezer$GROUP/$file"
	run -125 container
	assert_output --partial 'exists and is frozen'
	rmdir "$freezer$GROUP"
}

# bats test_tags=v2
@test "root of a user namespace has its group on version 2, but not its limits" {
	config '.linux.resources.pids = {limit: 50} | .linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] |
		.linux.gidMappings = .linux.uidMappings |
		.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
	config '(.mounts[] | select(.destination == "/dev/pts").options) -= ["gid=5"]'
	script_is 'exec 2>&1; cd /sys/fs/cgroup; [ -e cgroup.procs ] || cd pids
		mkdir in && echo $$ >in/cgroup.procs && echo +pids >cgroup.subtree_control &&
			echo 7 >in/pids.max && echo "in: $(cat in/pids.max)"
		echo 99 >pids.max; cat pids.max; sleep 1000'
	runc run --detach --bundle "$B" "$ID" >out
	eventually grep -qx 50 out
	grep -q "can't create pids.max: Permission denied" out
	if is_v2; then
		grep -qx 'in: 7' out
		run -0 stat -c %u "/sys/fs/cgroup$GROUP"/{,cgroup.procs,cgroup.subtree_control,pids.max}
		assert_output $'100000\n100000\n100000\n0'
	else
		grep -q "can't create directory 'in': Permission denied" out
		assert_equal "$(stat -c %u "/sys/fs/cgroup/pids$GROUP")" 0
	fi
	runc delete --force "$ID"
	assert group_is_gone
}

# bats test_tags=v2,small
@test "kill --all and delete reach what is frozen, and groups made inside" {
	script_is 'trap "" TERM; sleep 1000 & sleep 1000 & wait; sleep 1000'
	runc run --detach --bundle "$B" "$ID" >/dev/null
	eventually bash -c "[ \"\$(mini-runc --root $STATES ps --format json $ID | jq length)\" = 3 ]"
	runc pause "$ID"
	assert status_is paused
	run -125 runc pause "$ID"
	runc kill --all "$ID" KILL
	eventually status_is stopped
	runc delete "$ID"
	assert group_is_gone
	# Groups of the container's own, with a process in one of them.
	config '.linux.resources = {} | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
	script_is 'cd /sys/fs/cgroup; [ -e cgroup.procs ] || cd pids; mkdir -p in/side
		sleep 1000 & echo $! >in/side/cgroup.procs; echo made; sleep 1000'
	runc run --detach --bundle "$B" "$ID" >out
	eventually grep -q made out
	run -0 find /sys/fs/cgroup -path "*$GROUP/in/side"
	assert_output --partial in/side
	runc pause "$ID"
	runc delete --force "$ID"
	assert group_is_gone
}

@test "a create that is killed leaves nothing that delete --force does not remove" {
	config '.linux.resources.pids.limit = 5'
	command_is sleep 1000
	# Killed when it has made the groups and its child, before its state is whole.
	strace -o /dev/null -e inject=rename,renameat,renameat2:signal=KILL:when=2 \
		mini-runc --root "$STATES" create --bundle "$B" "$ID" >/dev/null 2>&1 || true
	run -0 find /sys/fs/cgroup -path "*$GROUP"
	assert_output --partial "$GROUP"
	run status_is running
	assert_failure
	runc delete --force "$ID"
	assert group_is_gone
	assert_not_exists "$STATES/$ID"
}

@test "version 1 alone: a frozen container can be killed" {
	is_v2 && skip 'this machine has version 2 alone'
	command_is sleep 1000
	# shellcheck disable=SC2016 # the inner shell's
	run -0 unshare --mount --propagation private bash -c '
		if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
		runc run --detach --bundle "$B" "$ID" >/dev/null
		runc pause "$ID"
		runc state "$ID" | jq -r .status
		runc kill --all "$ID" KILL
		until [ "$(runc state "$ID" | jq -r .status)" = stopped ]; do sleep 0.05; done
		runc delete "$ID"'
	assert_output paused
	assert group_is_gone
}

@test "version 1: unified is refused, what is not mounted is a warning" {
	is_v2 && skip 'this machine has version 2 alone'
	config '.linux.resources = {unified: {"memory.high": "1000000"}}'
	command_is true
	run -125 container
	assert_output --partial "unified ('memory.high 1000000'): it sets files of cgroup version 2"
	[ ! -e /sys/fs/cgroup/net_cls ] || skip 'net_cls is mounted here'
	config '.linux.resources = {network: {classID: 7}}'
	run -0 container
	assert_output --partial "warning: the limit network.classID needs the cgroup controller 'net_cls'"
}
