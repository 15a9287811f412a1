# The store: platforms, artifacts, folders in and out, df, prune, gc, fsck.
load images

setup() {
	images_setup
	image_busybox >/dev/null
}

@test "an index keeps all its platforms, and the right one is run" {
	[ "$(uname -m)" = x86_64 ] || skip 'written for amd64'
	multi_platform
	run -0 image load -i multi
	assert_output 'Loaded image: both:1'
	run -0 image inspect both:1
	assert_equal "$(jq -r '.[0].Architecture' <<<"$output")" amd64
	assert_equal "$(jq -r '.[0].Descriptor.annotations["x.y"]' <<<"$output")" z
	run -0 image inspect --platform linux/arm64 both:1
	assert_equal "$(jq -r '.[0].Architecture' <<<"$output")" arm64
	run ! image inspect --platform linux/s390x both:1
	assert_output --partial 'the image is not for linux/s390x, only for linux/arm64, linux/amd64'
	image tag both:1 other:2
	image rm both:1
	run -0 image save -o again/ other:2
	run -0 diff <(ls multi/blobs/sha256) <(ls again/blobs/sha256)
	image save other:2 | mini-image --root second load
	run -0 mini-image --root second inspect --platform linux/arm64 other:2
	assert_output --partial arm64
}

@test "skopeo copies all platforms out of the store and into it" {
	needs skopeo
	multi_platform
	image load -i multi >/dev/null
	skopeo copy -q --all --preserve-digests "oci:$STORE/image:both:1" oci:copied:both
	run -0 diff <(ls multi/blobs/sha256) <(ls copied/blobs/sha256)
	mini-image --root second ls
	skopeo copy -q --all --preserve-digests oci:copied:both oci:second/image:guest:1
	run -0 mini-image --root second inspect --platform linux/arm64 guest:1
	mini-image --root second gc
	run -0 mini-image --root second inspect --platform linux/arm64 guest:1
}

@test "an artifact is kept and not run" {
	image save -o layout/ busybox
	local config artifact
	config=$(put_blob layout application/vnd.cncf.helm.config.v1+json '{"name":"chart"}')
	artifact=$(put_blob layout application/vnd.oci.image.manifest.v1+json \
		"{\"schemaVersion\":2,\"config\":$config,\"layers\":[],\"subject\":$(jq -c '.manifests[0] | del(.annotations)' layout/index.json)}")
	jq -c --argjson artifact "$artifact" '.manifests += [$artifact + {annotations:
		{"org.opencontainers.image.ref.name": "chart:1"}}]' layout/index.json >new
	mv new layout/index.json
	run -0 mini-image --root second load -i layout
	assert_output --partial 'Loaded image: busybox:latest'
	run ! mini-image --root second inspect chart:1
	assert_output --partial 'is no image that could be run'
	run -0 mini-image --root second ls -q
	assert_equal "${#lines[@]}" 1
	mini-image --root second gc
	run -0 mini-image --root second cat-blob "$(jq -r .digest <<<"$config")"
	assert_output '{"name":"chart"}'
	run -0 mini-image --root second rm chart:1
	assert_output 'Untagged: chart:1'
	run ! mini-image --root second cat-blob "$(jq -r .digest <<<"$config")"
}

@test "save into a folder: a layout to which others are added" {
	image tag busybox one:1
	image save -o layout/ one:1
	image import -c 'CMD ["two"]' "$(busybox_tar)" two:2 >/dev/null
	image save -o layout/ two:2
	assert_not_exist layout/ingest
	run -0 jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' layout/index.json
	assert_output "$(printf 'one:1\ntwo:2')"
	run -0 mini-image --root second load -i layout
	assert_output "$(printf 'Loaded image: one:1\nLoaded image: two:2')"
}

@test "history, layers, df, prune and gc" {
	run -0 image layers busybox
	assert_line --index 0 --regexp '^CHAIN ID +DIFF ID +BLOB +PACKED +SIZE +UNPACKED$'
	assert_equal "${#lines[@]}" 2
	run -0 image history busybox
	assert_line --index 1 --partial 'Imported from -'
	image import -c 'CMD ["x"]' "$(busybox_tar)" busybox >/dev/null
	run -0 image df
	assert_line --index 1 --regexp '^Images +2 +1 '
	assert_line --index 2 --regexp '^Layers +1 +1 '
	run -0 image prune
	assert_output --partial 'Deleted: sha256:'
	assert_output --partial 'Total reclaimed space:'
	run -0 image ls -q
	assert_equal "${#lines[@]}" 1
	echo stray >"$STORE/image/blobs/sha256/$(echo stray | sha256sum | cut -d' ' -f1)"
	image ls >/dev/null # opening the store sweeps, too
	run -0 image prune --all
	run -0 image ls -q
	assert_output ''
	run -0 find "$STORE/image/blobs" "$STORE/image/layers" -mindepth 2
	assert_output ''
}

@test "fsck names a bad blob; repaired, the next load makes the image whole" {
	image save -o saved.tar busybox
	run -0 image fsck
	assert_output --partial '0 problems'
	local blob
	blob=$(image inspect busybox | jq -r '.[0].Layers[0].Blob')
	printf X | dd of="$STORE/image/blobs/sha256/${blob#sha256:}" bs=1 seek=5000 conv=notrunc status=none
	run ! image fsck
	assert_output --partial "blob $blob is damaged: its content has the digest"
	assert_output --partial "image docker.io/library/busybox:latest: its layer $blob is damaged"
	run -0 image fsck --repair
	assert_output --partial '1 repaired'
	run ! image fsck
	assert_output --partial "its layer $blob is missing; load or pull the image again"
	run ! image save busybox
	run -0 image load -i saved.tar
	run -0 image fsck --trees
	assert_output --partial '0 problems'
}

@test "a bad config or manifest: nothing is removed that could be needed" {
	local what id
	image save -o saved.tar busybox
	for what in Manifest Id; do
		id=$(image inspect busybox | jq -r ".[0].$what")
		echo '{}' >"$STORE/image/blobs/sha256/${id#sha256:}"
		run ! image fsck
		assert_output --partial "blob $id is damaged"
		image fsck --repair
		image gc || true
		run -0 bash -c 'ls "$STORE/image/layers" | wc -l'
		assert_output 1
		run -0 image load -i saved.tar
		run -0 image fsck
	done
}

@test "fsck --trees finds what was changed in a layer, and repairs it from the blob" {
	local tree
	tree=$(echo "$STORE"/image/layers/*/diff)
	echo changed >"$tree/etc/passwd"
	run -0 image fsck
	run ! image fsck --trees
	assert_output --partial 'its tree is not what its blob'
	image fsck --trees --repair
	run -0 image layers busybox
	assert_line --index 1 --partial no
	mkdir mnt
	in_namespace 'image mount busybox mnt; grep -q root mnt/etc/passwd'
	run -0 image fsck --trees
}

@test "a layer whose description is lost is unpacked again" {
	rm "$STORE"/image/layers/*/layer.json
	run ! image fsck
	assert_output --partial 'layer sha256:'
	image fsck --repair
	mkdir mnt
	in_namespace 'image mount busybox mnt; mnt/bin/busybox true'
	run -0 image fsck
}

@test "progress is drawn on a terminal, and nowhere else" {
	image save -o saved.tar busybox
	run -0 script -qec 'stty cols 100; mini-image --root second load -i saved.tar' /dev/null
	assert_output --regexp 'Unpacking \[=+>? *\]  [0-9.]+.B/[0-9.]+.B'
	run -0 mini-image --root third load -i saved.tar
	assert_output 'Loaded image: busybox:latest'
	run -0 script -qec 'mini-image --root fourth load -q -i saved.tar' /dev/null
	refute_output --partial Unpacking
}
