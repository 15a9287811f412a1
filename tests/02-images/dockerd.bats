# The real dockerd takes what mini-image saves, and the other way round: the same ids, the same trees.
export BATS_TEST_TIMEOUT=200
load ../helper/sandbox
load images

setup_file() {
	PATH=$PATH:$("$SANDBOX_HELPER/../../scripts/peers" --path)
	export PATH
	needs docker dockerd ctr
	export PRIVATE_DAEMON=dockerd
	sandbox_start
}

teardown_file() {
	[ -z "${PRIVATE-}" ] || sandbox_end
}

setup() {
	images_setup
}

teardown() {
	sandbox_remove_containers
	docker image prune --all --force
}

assert_same_tree() {
	diff <(image export "$1" | tar_list) <(docker_tree "$1")
}

docker_tree() {
	docker export "$(docker create "$1" nothing)" | tar_list
}

@test "docker loads what mini-image saves: the same id, the same tree" {
	image_changed next:1
	image save next:1 base | docker load
	assert_equal "$(docker inspect --format '{{.Id}} {{json .Config.Env}}' next:1)" \
		"$(image inspect next:1 | jq -r '.[0].Id + " " + (.[0].Config.Env | tojson)')"
	assert_same_tree next:1
	assert_same_tree base
}

@test "docker loads uncompressed layers, and layers of nothing" {
	image_changed plain --compression none
	in_namespace 'image mount --rw unchanged plain mnt; umount mnt'
	image commit -c 'LABEL a=b' plain unchanged empty >/dev/null
	image save plain empty | docker load
	assert_equal "$(docker inspect --format '{{.Id}} {{.Config.Labels.a}}' empty)" \
		"$(image inspect empty | jq -r '.[0].Id') b"
	assert_same_tree empty
	run -0 docker history empty
	assert_line --index 1 --regexp ' 0B +$'
}

@test "mini-image loads what docker saves: several images, old layout, layers of nothing" {
	image_changed next:1
	image save next:1 | docker load
	docker create --name made next:1 nothing
	mkdir added && echo new >added/file
	docker cp added made:/etc/added
	docker commit --change 'CMD ["x"]' made by:docker
	docker commit --change 'LABEL nothing=changed' "$(docker create by:docker nothing)" nothing:1
	docker tag next:1 host.example:5000/next
	docker save -o saved.tar by:docker nothing:1 next:1 host.example:5000/next
	rm -rf "$STORE"
	run -0 image load -i saved.tar
	assert_line 'Loaded image: by:docker'
	assert_line 'Loaded image: host.example:5000/next:latest'
	local name
	for name in by:docker nothing:1 next:1; do
		assert_equal "$(image inspect "$name" | jq -r '.[0].Id')" "$(docker inspect --format '{{.Id}}' "$name")"
		assert_same_tree "$name"
	done
	run -0 image fsck --trees
}

@test "an image goes there and back and is the same" {
	image_busybox >/dev/null
	local id
	id=$(image inspect busybox | jq -r '.[0].Id')
	image save busybox | docker load
	docker save busybox | mini-image --root back load
	assert_equal "$(mini-image --root back inspect busybox | jq -r '.[0].Id')" "$id"
	run -0 docker run --rm --network none busybox echo runs
	assert_output runs
}

# containerd's client, at the daemon's own containerd, in a namespace that dockerd does not look into.
containerd() {
	sandbox_enter ctr -a "$PRIVATE/run/containerd/containerd.sock" -n test "$@"
}

# Docker 20.10 reads no zstd; with skopeo, umoci and podman: peers.bats.
@test "an image with zstd layers: docker says that it cannot, its containerd unpacks the same tree" {
	image_changed packed:1 --compression zstd
	image save -o packed.tar packed:1
	if ! docker load -i packed.tar 2>refused; then
		run -0 grep -i 'invalid tar header' refused
	fi
	containerd images import "$PWD/packed.tar"
	mkdir tree
	containerd images mount docker.io/library/packed:1 "$PWD/tree"
	sandbox_enter tar -C "$PWD/tree" --sort=name --format=pax --xattrs --xattrs-include='*' --numeric-owner -cf - . >tree.tar
	sandbox_enter umount "$PWD/tree"
	diff <(image export packed:1 | tar_list) <(tar_list <tree.tar)
}

@test "an index for two platforms: docker takes its own, containerd both and hands them back" {
	[ "$(uname -m)" = x86_64 ] || skip 'written for amd64'
	multi_platform
	image load -i multi
	image save -o both.tar both:1
	docker load -i both.tar
	assert_equal "$(docker inspect --format '{{.Id}} {{.Architecture}}' both:1)" \
		"$(image inspect both:1 | jq -r '.[0].Id') amd64"
	assert_same_tree both:1
	containerd images import --all-platforms "$PWD/both.tar"
	run -0 containerd images ls
	assert_output --regexp 'docker.io/library/both:1 .* linux/amd64,linux/arm64'
	containerd images export --all-platforms "$PWD/back.tar" docker.io/library/both:1
	run -0 mini-image --root back load -i back.tar
	assert_output 'Loaded image: both:1'
	run -0 diff <(ls multi/blobs/sha256) <(ls back/image/blobs/sha256)
	run -0 mini-image --root back inspect --platform linux/arm64 both:1
	assert_output --partial arm64
}

@test "a tree with a hole is exported so that docker imports, saves and loads it again" {
	image_changed next:1
	image export next:1 | docker import - holes:1
	docker save -o saved.tar holes:1
	run -0 image load -i saved.tar
	run -0 diff <(image export next:1 | tar_list) <(image export holes:1 | tar_list)
}
