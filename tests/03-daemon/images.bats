# Images through the daemon, with Docker's own client. What is in an image is chapter 02's matter
# (tests/02-images); here it is about names, lists and what containers make of them.
load ../helper/daemon

# An image with one file and a configuration, made without the daemon.
make_archive() {
	local folder=$BATS_TEST_TMPDIR/archive layer id
	mkdir -p "$folder/root/data"
	echo content >"$folder/root/data/file"
	tar -C "$folder/root" --owner=0 --group=0 -cf "$folder/layer.tar" .
	layer=$(sha256sum "$folder/layer.tar" | cut -d ' ' -f 1)
	jq -cn --arg layer "sha256:$layer" '{architecture: "amd64", os: "linux",
		config: {Cmd: ["/bin/show"], Env: ["A=b"], WorkingDir: "/data"},
		rootfs: {type: "layers", diff_ids: [$layer]}}' >"$folder/config"
	id=$(sha256sum "$folder/config" | cut -d ' ' -f 1)
	mv "$folder/config" "$folder/$id.json"
	jq -cn --arg config "$id.json" \
		'[{Config: $config, RepoTags: ["made:by-hand"], Layers: ["layer.tar"]}]' >"$folder/manifest.json"
	tar -C "$folder" -cf "$1" manifest.json layer.tar "$id.json"
	echo "sha256:$id"
}

@test "images lists the names, the short id and the size" {
	run -0 docker images
	assert_line --regexp '^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE'
	assert_line --regexp '^busybox +latest +[0-9a-f]{12} .* [0-9.]+[kM]B$'
	run -0 docker images -q --no-trunc
	assert_output --regexp '^sha256:[0-9a-f]{64}$'
}

@test "images --tree is docker's, and what does not go with it is refused in its words" {
	mini-docker tag busybox:latest registry.example.com/team/busybox:1
	run -0 mini-docker images --tree
	assert_line --regexp "^busybox:latest +[0-9a-f]{12} +[0-9.]+MB +0B"
	if docker images --help | grep -q -- --tree; then
		assert_output "$(docker images --tree)"
	fi
	run -1 mini-docker images --tree --no-trunc
	assert_output '--no-trunc is not yet supported with --tree'
	run -1 mini-docker images --tree -q
	assert_output '--quiet is not yet supported with --tree'
	mini-docker rmi registry.example.com/team/busybox:1
}

@test "import: a tar of files becomes an image that runs" {
	mkdir -p "$BATS_TEST_TMPDIR/root/bin"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/root/bin/sh"
	tar -C "$BATS_TEST_TMPDIR/root" -cf "$BATS_TEST_TMPDIR/root.tar" .
	run -0 docker import --change 'CMD ["/bin/sh", "-c", "echo imported $WHO"]' --change 'ENV WHO=you' \
		"$BATS_TEST_TMPDIR/root.tar" mine:1
	assert_output --regexp '^sha256:[0-9a-f]{64}$'
	run -0 docker run --rm mine:1
	assert_output 'imported you'
	docker rmi mine:1
}

@test "load: an archive that nobody here wrote" {
	local id
	id=$(make_archive "$BATS_TEST_TMPDIR/made.tar")
	run -0 docker load -i "$BATS_TEST_TMPDIR/made.tar"
	assert_output 'Loaded image: made:by-hand'
	run -0 docker inspect --format '{{.Id}} {{json .Config.Cmd}} {{.Config.WorkingDir}} {{.Os}}' made:by-hand
	assert_output "$id [\"/bin/show\"] /data linux"
	run -127 docker run --rm made:by-hand
	docker rmi made:by-hand
}

@test "load from stdin, and compressed" {
	make_archive "$BATS_TEST_TMPDIR/made.tar"
	gzip -k "$BATS_TEST_TMPDIR/made.tar"
	run -0 docker load <"$BATS_TEST_TMPDIR/made.tar.gz"
	assert_output 'Loaded image: made:by-hand'
	docker rmi made:by-hand
}

@test "tag gives another name to the same image; rmi takes one name away" {
	docker tag busybox:latest other/name:v1
	run -0 docker inspect --format '{{.Id}}' other/name:v1
	assert_output "$(docker inspect --format '{{.Id}}' busybox)"
	run -0 docker rmi other/name:v1
	assert_output 'Untagged: other/name:v1'
	run docker inspect other/name:v1
	assert_failure 1
	run -0 docker run --rm busybox echo still there
	assert_output 'still there'
}

@test "rmi of the last name removes the image" {
	make_archive "$BATS_TEST_TMPDIR/made.tar"
	docker load -i "$BATS_TEST_TMPDIR/made.tar"
	run -0 docker rmi made:by-hand
	assert_line 'Untagged: made:by-hand'
	assert_line --regexp '^Deleted: sha256:'
	run -0 docker images -q made
	assert_output ''
}

image_files() {
	find "$PRIVATE/root/image" -type f | sort
}

@test "rmi of an image that a container needs; -f removes it, and the container starts all the same" {
	local id before root=$BATS_TEST_TMPDIR/root
	before=$(image_files)
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/sh"
	id=$(tar -C "$root" -c . | docker import --change 'CMD ["sh", "-c", "echo here"]' - needed:1)
	docker run --name user needed:1
	run -1 docker rmi needed:1
	assert_output --regexp 'unable to remove repository reference "needed:1" \(must force\) - container [0-9a-f]{12} is using'
	run -1 docker rmi "$id"
	assert_output --partial '(must be forced) - image is being used by stopped container'
	run -0 docker rmi -f needed:1
	assert_output "Untagged: needed:1
Deleted: $id"
	run -0 docker images --all --quiet --no-trunc
	refute_line "$id"
	run -125 docker run --rm "$id"
	assert_output --partial 'No such image'
	run -0 docker ps --all --no-trunc --filter name=user --format '{{.Image}}'
	assert_output "$id"

	docker image prune -f
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	run -0 docker start --attach user
	assert_output here
	docker rm user
	assert_equal "$(image_files)" "$before"
}

@test "--platform: another one than the image is for is refused by each command, with both clients" {
	local client other=linux/arm64
	[ "$(uname -m)" != aarch64 ] || other=linux/amd64
	docker tag busybox plat:1
	for client in docker mini-docker; do
		run -1 "$client" image rm --platform "$other" plat:1
		assert_output --partial "does not match the specified platform ($other)"
		run -1 "$client" image inspect --platform "$other" plat:1
		assert_output --partial "does not match the specified platform ($other)"
		run -1 "$client" image history --platform "$other" plat:1
		assert_output --partial "does not match the specified platform ($other)"
		run -1 "$client" image save -o "$BATS_TEST_TMPDIR/none" --platform "$other" plat:1
		assert_output --partial "no suitable export target found for platform $other"
		assert_file_not_exist "$BATS_TEST_TMPDIR/none"
		"$client" image save --platform linux -o "$BATS_TEST_TMPDIR/plat.tar" plat:1
		run -0 "$client" image rm --platform linux plat:1
		assert_output 'Untagged: plat:1'
		run -1 "$client" load --platform "$other" -i "$BATS_TEST_TMPDIR/plat.tar"
		assert_output --partial 'no match for platform in manifest'
		run -0 "$client" load --platform linux -i "$BATS_TEST_TMPDIR/plat.tar"
		assert_output 'Loaded image: plat:1'
	done
	sandbox_api DELETE '/v1.50/images/plat:1?platforms=%7B%22os%22:%22linux%22%7D'
	assert_equal "$status" 400
	assert_output --partial 'both OS and Architecture must be provided'
	# Older clients have no such parameter, and it is not looked at.
	sandbox_api DELETE '/v1.49/images/plat:1?platforms=nonsense'
	assert_equal "$status" 200
}

@test "inspect tells when an image was last given a name here, and what it was made from" {
	local before
	before=$(date +%s)
	docker tag busybox timed:1
	run -0 docker image inspect --format '{{.Metadata.LastTagTime}}' timed:1
	[[ $output != 0001* ]]
	run -0 date +%s -d "$(docker image inspect --format '{{json .Metadata.LastTagTime}}' timed:1 | tr -d '"')"
	((output >= before && output < before + 60))
	docker run --name source timed:1 touch /x
	docker commit source timed:2
	run -0 docker image inspect --format '{{.Parent}}' timed:2
	assert_output "$(docker image inspect --format '{{.Id}}' busybox)"
	# What comes out of an archive has been given no name here.
	docker save -o "$BATS_TEST_TMPDIR/timed.tar" timed:2
	docker rm source
	docker rmi timed:1 timed:2
	docker load -i "$BATS_TEST_TMPDIR/timed.tar"
	run -0 docker image inspect --format '{{.Metadata.LastTagTime}}' timed:2
	assert_output --partial '0001-01-01'
	docker rmi timed:2
}

@test "rmi of an image that is not there" {
	run docker rmi no-such-image
	assert_failure 1
	assert_output --partial 'No such image: no-such-image'
}

@test "history shows the layers" {
	run -0 docker history --format '{{.Size}}' busybox
	assert_output --regexp '^[0-9.]+[kM]B$'
}

@test "an image's id and its beginning are names, too" {
	local id
	id=$(docker inspect --format '{{.Id}}' busybox)
	run -0 docker run --rm "${id#sha256:}" echo by id
	assert_output 'by id'
	id=${id#sha256:}
	run -0 docker run --rm "${id:0:12}" echo by short id
	assert_output 'by short id'
}

@test "a container shares the image's layer: ten cost no more disk than their own files" {
	local before after
	docker run -d busybox sleep 100
	before=$(sandbox_enter du -skx "$PRIVATE/root" | cut -f 1)
	for _ in {1..10}; do
		docker run -d busybox sleep 100
	done
	after=$(sandbox_enter du -skx "$PRIVATE/root" | cut -f 1)
	((after - before < 1500))
}

@test "save: what is saved can be loaded again, here and by mini-image" {
	local id
	id=$(docker images -q --no-trunc busybox)
	docker tag busybox saved:1
	run -0 docker save -o saved.tar busybox saved:1
	docker rmi saved:1
	run -0 docker load -i saved.tar
	assert_line 'Loaded image: saved:1'
	docker rmi saved:1
	run -0 mini-image --root "$BATS_TEST_TMPDIR/store" load -i saved.tar
	assert_line 'Loaded image: busybox:latest'
	assert_line 'Loaded image: saved:1'
	run -0 mini-image --root "$BATS_TEST_TMPDIR/store" ls -q --no-trunc
	assert_output "$id"
	run ! docker save -o nothing.tar not-there
	assert_output --partial 'No such image: not-there'
	run -0 bash -c 'docker save busybox | tar -t'
	assert_line manifest.json
	rm -f saved.tar nothing.tar
}

@test "load: images that mini-image saved, of several layers, packed with gzip and not at all" {
	local store=$BATS_TEST_TMPDIR/store kind
	tests_image() { mini-image --root "$store" "$@"; }
	"$BATS_TEST_DIRNAME/../helper/busybox-rootfs" | tests_image import -c 'CMD ["cat", "/etc/new"]' - base >/dev/null
	mkdir -p "$BATS_TEST_TMPDIR/changes/upper/etc"
	echo committed >"$BATS_TEST_TMPDIR/changes/upper/etc/new"
	mknod "$BATS_TEST_TMPDIR/changes/upper/etc/hosts" c 0 0
	for kind in gzip none; do
		tests_image commit --compression "$kind" base "$BATS_TEST_TMPDIR/changes" "made:$kind" >/dev/null
	done
	tests_image save made:gzip made:none | docker load
	for kind in gzip none; do
		run -0 docker run --rm "made:$kind"
		assert_output committed
		assert_equal "$(docker inspect -f '{{.Id}}' "made:$kind")" \
			"$(tests_image inspect "made:$kind" | jq -r '.[0].Id')"
	done
	docker rmi made:gzip made:none
}
