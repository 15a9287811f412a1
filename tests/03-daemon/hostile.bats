# What a container must not get at.
load ../helper/daemon

@test "the shim's program lies on a read-only mount: no container can overwrite it" {
	docker run -d --name held busybox sleep 100
	local init shim
	init=$(docker inspect --format '{{.State.Pid}}' held)
	shim=$(ps -o ppid= -p "$init")
	run -0 cat "/proc/${shim// /}/comm"
	assert_output mini-shim
	run -0 python3 -c 'import os, sys; print(os.statvfs(sys.argv[1]).f_flag & os.ST_RDONLY)' \
		"/proc/${shim// /}/exe"
	assert_output 1
}

@test "a link in the container does not lead a bind mount out of it" {
	mkdir "$BATS_TEST_TMPDIR/given"
	echo inside >"$BATS_TEST_TMPDIR/given/file"
	docker create --name linked -v "$BATS_TEST_TMPDIR/given:/way/out" busybox cat /tmp/out/file
	# Before the start its own folder is made a link that would lead to the machine's /tmp.
	local upper
	upper=$PRIVATE/root/containers/$(docker inspect --format "{{.Id}}" linked)/upper
	sandbox_enter mkdir -p "$upper"
	sandbox_enter ln -s ../../../../../../../../../tmp "$upper/way"
	run -0 docker start -a linked
	assert_output inside
	assert_not_exists /tmp/out
}
