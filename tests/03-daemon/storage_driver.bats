# --storage-driver erofs: layers as images below containers.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/sandbox

setup_file() {
	if [ -n "${PRIVATE_DAEMON-}" ]; then
		return
	fi
	sandbox_open
	chmod 711 "$PRIVATE" # root of a container with --userns-remap has to find its folders
	private_cover /etc
	sandbox_enter sh -c 'echo "dockremap:x:900:900::/:/bin/false" >>/etc/passwd
		echo "dockremap:x:900:" >>/etc/group
		echo dockremap:100000:65536 >>/etc/subuid
		echo dockremap:100000:65536 >>/etc/subgid'
	sandbox_daemon_start
	sandbox_image # its layer is a folder
	sandbox_daemon_stop
	sandbox_daemon_start --storage-driver erofs || true
}

teardown_file() {
	[ -n "${PRIVATE_DAEMON-}" ] || sandbox_end
}

setup() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'only ours has this driver'
	private_answers || skip "$(tail -n 1 "$PRIVATE/daemon.log")"
}

teardown() {
	if [ -z "${PRIVATE_DAEMON-}" ] && private_answers; then
		sandbox_remove_containers
	fi
}

images_of_layers() {
	find "$PRIVATE/root/image/layers" -name diff.erofs | wc -l
}

@test "info tells so, and what is made is one file a layer" {
	run -0 docker info --format '{{.Driver}}'
	assert_output erofs
	run -0 docker run --name changed busybox sh -c 'echo new >/etc/new; rm /etc/passwd; mkdir -m 1777 /d'
	run -0 docker commit changed changed
	assert_equal "$(images_of_layers)" 1
	run -0 docker run --rm changed sh -c 'cat /etc/new; stat -c %a /d; test ! -e /etc/passwd'
	assert_line new
	assert_line 1777
}

@test "diff, commit, export, cp and an image as a mount" {
	docker run --name one busybox sh -c 'mkdir /d; echo 1 >/d/f'
	docker commit one with:files >/dev/null
	docker run --name two with:files sh -c 'echo 2 >>/d/f; rm /etc/group; ln /d/f /d/g'
	run -0 docker diff two
	assert_line 'C /d/f'
	assert_line 'A /d/g'
	assert_line 'D /etc/group'
	run -0 bash -c 'docker cp two:/d/f - | tar -xO'
	assert_output $'1\n2'
	run -0 bash -c 'docker export two | tar -xO d/f'
	assert_output $'1\n2'
	docker commit two with:more >/dev/null
	run -0 docker run --rm with:more sh -c 'cat /d/g; test ! -e /etc/group'
	assert_line 2
	run -0 docker run --rm --mount type=image,src=with:more,dst=/i busybox sh -c 'cat /i/d/f; touch /i/x 2>&1 || true'
	assert_line 2
	assert_output --partial 'Read-only file system'
}

@test "containers share a layer's mount, and outlive the daemon with it" {
	docker run -d --name lives with:more sh -c 'while [ ! -e /go ]; do sleep 0.1; done; cat /d/f >/out; sleep 1000' >/dev/null
	sandbox_daemon_stop KILL
	sandbox_daemon_start --storage-driver erofs
	docker exec lives touch /go
	sandbox_eventually 10 docker exec lives grep -q 2 /out
	run -0 docker run --rm with:more cat /d/f
	assert_line 2
}

@test "what an image had goes with it, though a container still reads it" {
	local before
	before=$(images_of_layers)
	docker run --name gone busybox sh -c 'echo there >/f'
	docker commit gone gone >/dev/null
	assert_equal "$(images_of_layers)" $((before + 1))
	docker run -d --name reads gone sh -c 'while sleep 0.1; do cat /f; done' >/dev/null
	docker rmi -f gone
	sandbox_eventually 10 bash -c 'docker logs reads | grep -q there'
	docker rm -f reads gone
	docker run --rm busybox true
	docker image prune -f
	assert_equal "$(images_of_layers)" "$before"
}

@test "no mount of a layer is to be seen, and none is left" {
	sandbox_remember
	docker run --rm with:more true
	sandbox_assert_nothing_left
	run ! sandbox_enter grep erofs /proc/mounts
}

@test "with --userns-remap, its files belong to root inside" {
	docker save -o "$BATS_TEST_TMPDIR/saved.tar" with:more
	sandbox_daemon_stop
	sandbox_daemon_start --storage-driver erofs --userns-remap default
	docker load -q -i "$BATS_TEST_TMPDIR/saved.tar"
	run -0 docker run --rm with:more sh -c 'tail -n 1 /proc/self/uid_map | tr -s " "; stat -c "%U %n" /d/f /bin/busybox; echo 3 >>/d/f; cat /d/f'
	assert_line --partial '100000'
	assert_line 'root /d/f'
	assert_line 3
	run -0 find "$PRIVATE/root/100000.100000/image/layers" -name diff.erofs
	assert_output --partial diff.erofs
	sandbox_daemon_stop
	sandbox_daemon_start --storage-driver erofs
}

@test "back with folders, both forms are there" {
	sandbox_daemon_stop
	sandbox_daemon_start
	run -0 docker info --format '{{.Driver}}'
	assert_output overlay2
	run -0 docker run --name back with:more cat /d/f
	assert_line 2
	local before
	before=$(images_of_layers)
	docker commit back back >/dev/null
	assert_equal "$(images_of_layers)" "$before"
}

@test "where the kernel cannot, the daemon says so and does not start" {
	sandbox_daemon_stop
	sandbox_enter mount -t tmpfs none /mnt
	run -1 sandbox_enter mini-dockerd --storage-driver erofs --data-root /mnt/root --exec-root /mnt/run -H unix:///mnt/s --pidfile /mnt/p
	assert_output --partial 'the storage driver erofs does not work here'
	sandbox_enter umount /mnt
	run -1 sandbox_enter mini-dockerd --storage-driver btrfs
	assert_output --partial 'driver not supported: btrfs'
	sandbox_daemon_start
}
