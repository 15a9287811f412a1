# The real dockerd takes what mini-image saves, and the other way round: the same ids, the same trees.
export BATS_TEST_TIMEOUT=200
load ../helper/sandbox
load images

setup_file() {
	PATH=$PATH:$("$SANDBOX_HELPER/../../scripts/peers" --path)
	export PATH
	needs docker dockerd
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
