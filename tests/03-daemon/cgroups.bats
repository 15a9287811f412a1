# A container of the daemon in its control group, on version 1, 2 and both (make test-vm).
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

# $1: controller; file of version 1; file of version 2. The only container's.
value() {
	local top=/sys/fs/cgroup/$1 file=$2
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		top=/sys/fs/cgroup file=$3
	fi
	cat "$top/$PRIVATE_GROUP"/containers/*/"$file"
}

# bats test_tags=v2,small
@test "a container's limits hold, it is paused, killed and removed" {
	run mini-docker run --rm -m 16m --memory-swap 16m busybox tail /dev/zero
	assert_equal "$status $output" "137 "
	mini-docker run -d --name held --cpus 0.5 --pids-limit 9 busybox sleep 1000
	assert_equal "$(value pids pids.max pids.max)" 9
	run -0 value cpu cpu.cfs_quota_us cpu.max
	assert_output --regexp '^50000( 100000)?$'
	mini-docker pause held
	run -0 mini-docker inspect --format '{{.State.Status}}' held
	assert_output paused
	mini-docker unpause held
	run -0 mini-docker exec held echo inside
	assert_output inside
	mini-docker rm -f held
	sandbox_assert_nothing_left
}

@test "a block device is read and written at the pace that is asked for" {
	local disk number
	disk=$(find /sys/block -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tail -n 1)
	[ -b "/dev/$disk" ] || skip "there is no block device"
	number=$(<"/sys/block/$disk/dev")
	mini-docker run -d --name paced --device-read-bps "/dev/$disk:1mb" \
		--device-write-iops "/dev/$disk:7" busybox sleep 1000
	run -0 value blkio blkio.throttle.read_bps_device io.max
	assert_output --regexp "^$number (1048576|rbps=1048576 .*wiops=7)"
	mini-docker rm -f paced
	run -125 mini-docker run --rm --device-read-bps /dev/null:1mb busybox true
	assert_output --partial "'/dev/null' is not a block device"
	run -127 mini-docker run --rm --device-write-bps /dev/nowhere:1mb busybox true
	assert_output --partial 'stat /dev/nowhere: no such file or directory'
}
