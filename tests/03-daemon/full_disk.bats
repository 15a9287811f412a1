# The file system of the daemon's root is full.
load ../helper/sandbox

setup_file() {
	sandbox_start -s 24m
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	sandbox_enter rm -f "$PRIVATE/root/ballast"
	sandbox_remove_containers
}

fill() {
	sandbox_enter dd if=/dev/zero of="$PRIVATE/root/ballast" bs=64k 2>/dev/null || true
}

@test "a full disk refuses a load, and nothing of it is left" {
	head -c 40000000 /dev/urandom >"$BATS_TEST_TMPDIR/big"
	tar -C "$BATS_TEST_TMPDIR" -cf "$BATS_TEST_TMPDIR/big.tar" big
	local before after
	before=$(sandbox_enter du -skx "$PRIVATE/root" | cut -f 1)
	run docker import "$BATS_TEST_TMPDIR/big.tar" big:1
	assert_failure 1
	assert_output --partial 'o space left'
	run -0 docker images -q big
	assert_output ''
	after=$(sandbox_enter du -skx "$PRIVATE/root" | cut -f 1)
	((after - before < 1000)) || fail "$before kB became $after kB"
}

@test "a full disk refuses a new container with 125, and the next one runs when there is space" {
	fill
	run docker run --rm busybox sh -c 'echo out; head -c 1000000 /dev/zero >/file'
	[ "$status" != 0 ]
	sandbox_enter rm -f "$PRIVATE/root/ballast"
	run -0 docker run --rm busybox echo fine
	assert_output fine
	sandbox_assert_nothing_left
}

@test "a container that fills the disk is told so, and the daemon goes on" {
	run docker run --rm busybox sh -c 'head -c 60000000 /dev/zero >/file'
	assert_failure 1
	assert_output --regexp 'No space left on device|I/O error'
	sandbox_assert_nothing_left
	run -0 docker run --rm busybox echo fine
	assert_output fine
}

@test "a log that cannot be written does not stop the container, nor its attached client" {
	docker run -d --name chatty busybox sh -c 'sleep 1; i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; done; exit 3'
	fill
	run -0 docker wait chatty
	assert_output 3
	sandbox_enter rm -f "$PRIVATE/root/ballast"
	docker rm chatty
	sandbox_assert_nothing_left
}

@test "the daemon can be killed and started again on a full disk" {
	docker run -d --name stays busybox sleep 1000
	fill
	sandbox_daemon_stop KILL
	sandbox_daemon_start || {
		# A daemon that says why it cannot is also right; with space it must come.
		tail -n 5 "$PRIVATE/daemon.log" | grep -qi 'space'
		sandbox_enter rm -f "$PRIVATE/root/ballast"
		sandbox_daemon_start
	}
	run -0 docker inspect --format '{{.State.Running}}' stays
	assert_output true
}
