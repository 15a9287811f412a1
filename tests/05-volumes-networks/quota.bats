# How much a volume and a container may hold, by project quotas (xfs, and ext4 for volumes). Few
# kernels of test machines have them, so what is tagged vm is run in the virtual machine (tests/vm):
# here too by hand, with bats FILE.
load ../helper/sandbox

setup_file() {
	sandbox_open 600m
}

teardown_file() {
	sandbox_end
}

teardown() {
	[ -z "$(private_daemon)" ] || sandbox_remove_containers
	sandbox_daemon_stop || true
	private_enter umount -l "$PRIVATE/root/data" 2>/dev/null || true
	private_enter rm -rf "$PRIVATE/root/disk" "$PRIVATE/root/data"
	sandbox_eventually 5 no_loop_device_left
}

no_loop_device_left() {
	! losetup -a | grep -F "$PRIVATE"
}

# $1: mkfs.xfs or mkfs.ext4 with its options; $2: mount's. The daemon's files are on it.
disk() {
	command -v "${1%% *}" >/dev/null || skip "${1%% *} is missing: sudo make setup"
	private_enter mkdir -p "$PRIVATE/root/data"
	private_enter truncate -s 320m "$PRIVATE/root/disk"
	# shellcheck disable=SC2086 # words
	private_enter $1 -q "$PRIVATE/root/disk"
	private_enter mount -o "loop,$2" "$PRIVATE/root/disk" "$PRIVATE/root/data" 2>/dev/null ||
		skip "this kernel has no project quotas on ${1%% *}: make test-vm has"
}

start() {
	sandbox_daemon_start --data-root "$PRIVATE/root/data" "$@"
}

begin() {
	start "$@"
	sandbox_image
}

# $1: a path in the data root. Its project.
project() {
	private_enter lsattr -pd "$PRIVATE/root/data/$1" | awk '{ print $1 }'
}

# A volume is full at its size, others are not; and so it is for the next daemon.
volumes_have_sizes() {
	mini-docker volume create -o size=4m small
	mini-docker volume create -o size=8m other
	mini-docker volume create free
	run ! mini-docker run --rm -v small:/v busybox dd if=/dev/zero of=/v/file bs=64k count=128
	assert_output --regexp 'No space left on device|[Qq]uota exceeded'
	run -0 mini-docker run --rm -v small:/v busybox stat -c %s /v/file
	assert [ "$output" -le 4194304 ]
	assert [ "$output" -gt 3000000 ]
	run -0 mini-docker run --rm -v small:/v busybox df -k /v
	assert_output --partial ' 4096 '
	mini-docker run --rm -v other:/v -v free:/f busybox \
		dd if=/dev/zero of=/v/file bs=64k count=100
	mini-docker run --rm -v free:/f busybox dd if=/dev/zero of=/f/file bs=64k count=256
	run -0 mini-docker volume inspect -f '{{.Options.size}}' small
	assert_output 4m

	sandbox_daemon_stop KILL
	start
	run ! mini-docker run --rm -v small:/v busybox dd if=/dev/zero of=/v/more bs=64k count=128
	assert_output --regexp 'No space left on device|[Qq]uota exceeded'
	assert [ "$(project volumes/small/_data)" != "$(project volumes/other/_data)" ]
	assert_equal "$(project volumes/free/_data)" 0
}

# A number that is free is given again, with the limit of the new owner, also to the same name.
projects_are_given_again() {
	local first
	first=$(project volumes/small/_data)
	mini-docker volume rm small
	sandbox_eventually 5 is_empty trash
	mini-docker volume create -o size=12m small
	assert_equal "$(project volumes/small/_data)" "$first"
	mini-docker run --rm -v small:/v busybox dd if=/dev/zero of=/v/file bs=64k count=160
	run ! mini-docker run --rm -v small:/v busybox dd if=/dev/zero of=/v/more bs=64k count=64
	# A daemon that was killed before it told the file system.
	mini-docker volume rm small
	sandbox_daemon_stop KILL
	start
	sandbox_eventually 5 is_empty trash
	mini-docker volume create -o size=1m small
	assert_equal "$(project volumes/small/_data)" "$first"
}

is_empty() {
	[ -z "$(private_enter ls -A "$PRIVATE/root/data/$1")" ]
}

# bats test_tags=vm
@test "a volume's size holds on xfs" {
	disk mkfs.xfs pquota
	begin
	volumes_have_sizes
	projects_are_given_again
}

# bats test_tags=vm,small
@test "a volume's size holds on ext4" {
	disk 'mkfs.ext4 -O quota,project' prjquota
	begin
	volumes_have_sizes
	projects_are_given_again
	run ! mini-docker create --storage-opt size=8m busybox
	assert_output --partial "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
}

# bats test_tags=vm,small
@test "what a container may write has a size, which outlives the daemon" {
	disk mkfs.xfs pquota
	begin
	mini-docker run -d --name small --storage-opt size=8m busybox sleep 1000
	mini-docker run -d --name free busybox sleep 1000
	run ! mini-docker exec small dd if=/dev/zero of=/file bs=64k count=256
	assert_output --regexp 'No space left on device|[Qq]uota exceeded'
	mini-docker exec free dd if=/dev/zero of=/file bs=64k count=256
	run -0 mini-docker exec small df -k /
	assert_output --partial ' 8192 '
	mini-docker exec small sh -c 'rm /file; mkdir /d; mv /etc /d/etc; echo a >/d/a; mv /d /e; cat /e/a'
	sandbox_daemon_stop KILL
	start
	mini-docker stop -t 0 small
	mini-docker start small
	run ! mini-docker exec small dd if=/dev/zero of=/file bs=64k count=256
	assert_output --regexp 'No space left on device|[Qq]uota exceeded'
	run -0 mini-docker inspect -f '{{.HostConfig.StorageOpt.size}}' small
	assert_output 8m
	run ! mini-docker create --storage-opt size=much busybox
	assert_output --partial "invalid size: 'much'"
}

# $1: a size. A container that may write so much; its project is printed.
sized_container() {
	local id
	id=$(mini-docker create --network none --storage-opt "size=$1" busybox \
		dd if=/dev/zero of=/file bs=64k count=256)
	mini-docker start -a "$id" >/dev/null 2>&1 || true
	project "containers/$id/upper"
}

# $1: the project of the only container, $2: its size in kB. It has written that much, and no more.
assert_wrote() {
	local used
	used=$(private_enter du -k "$PRIVATE/root/data/containers/$(mini-docker ps -aq --no-trunc)/upper/file" | cut -f 1)
	[ "$used" -le "$2" ] && [ "$used" -gt $(($2 * 3 / 4)) ] ||
		fail "project $1 holds $used kB, and its limit is $2"
}

# bats test_tags=vm
@test "a container's number is given again, with the limit of the next one alone" {
	disk mkfs.xfs pquota
	begin
	local first
	first=$(sized_container 4m)
	assert_wrote "$first" 4096
	mini-docker rm "$(mini-docker ps -aq)"
	sandbox_eventually 5 is_empty trash
	assert_equal "$(sized_container 12m)" "$first"
	assert_wrote "$first" 12288
	# The daemon is killed before it has removed the files, and before it told the file system.
	mini-docker rm "$(mini-docker ps -aq)"
	sandbox_daemon_stop KILL
	start
	sandbox_eventually 5 is_empty trash
	assert_equal "$(sized_container 2m)" "$first"
	assert_wrote "$first" 2048
	# One that is there keeps its own, and one without a size has none.
	assert [ "$(sized_container 4m)" != "$first" ]
	run -0 mini-docker run --name free --network none busybox dd if=/dev/zero of=/file bs=64k count=256
	assert_equal "$(project "containers/$(mini-docker inspect -f '{{.Id}}' free)/upper")" 0
}

# bats test_tags=vm
@test "a daemon has a size for containers that name none" {
	disk mkfs.xfs pquota
	begin --storage-opt overlay2.size=8m
	run ! mini-docker run --rm busybox dd if=/dev/zero of=/file bs=64k count=256
	assert_output --regexp 'No space left on device|[Qq]uota exceeded'
	mini-docker run --rm --storage-opt size=40m busybox dd if=/dev/zero of=/file bs=64k count=256
}

@test "where nothing can be limited, who asks for it is told" {
	private_enter mkdir -p "$PRIVATE/root/data"
	begin
	run ! mini-docker volume create -o size=4m small
	assert_output --partial 'create small: quota size requested but no quota support'
	run ! mini-docker volume inspect small
	run ! mini-docker create --storage-opt size=8m busybox
	assert_output --partial "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"
	sandbox_daemon_stop
	run ! start --storage-opt overlay2.size=8m
	assert_output --partial 'Storage Option overlay2.size only supported for backingFS XFS'
}
