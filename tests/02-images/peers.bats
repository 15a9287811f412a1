# The content store is an OCI image layout: others read it, and mini-image reads theirs.
load images

setup() {
	images_setup
	image_busybox >/dev/null
	LAYOUT=$STORE/image
	export LAYOUT
}

config_id() {
	image ls -q --no-trunc
}

@test "skopeo inspects the store" {
	needs skopeo
	run -0 skopeo inspect "oci:$LAYOUT:busybox:latest"
	assert_equal "$(jq -r .Os <<<"$output")" linux
	assert_equal "$(jq '.Layers | length' <<<"$output")" 1
	run -0 skopeo inspect --raw "oci:$LAYOUT:busybox:latest"
	assert_equal "$(jq -r .config.digest <<<"$output")" "$(config_id)"
}

@test "skopeo finds images with a registry's name in the store" {
	needs skopeo
	image tag busybox host.example:5000/a/b:1
	run -0 skopeo inspect "oci:$LAYOUT:host.example:5000/a/b:1"
	assert_output --partial '"Os": "linux"'
}

@test "what skopeo writes, mini-image loads: docker-archive" {
	needs skopeo
	skopeo copy -q "oci:$LAYOUT:busybox:latest" docker-archive:a.tar:other/name:1
	run -0 mini-image --root second load -i a.tar
	assert_output 'Loaded image: other/name:1'
	run -0 mini-image --root second ls -q --no-trunc
	assert_output "$(config_id)"
	gzip a.tar
	run -0 bash -c 'mini-image --root third load <a.tar.gz'
	assert_output 'Loaded image: other/name:1'
	run -0 diff -r --no-dereference "$LAYOUT"/layers/*/diff third/image/layers/*/diff
}

@test "what skopeo writes, mini-image loads: oci-archive, compressed layers, no name" {
	needs skopeo
	skopeo copy -q "oci:$LAYOUT:busybox:latest" oci-archive:named.tar:other:2
	skopeo copy -q --dest-compress "oci:$LAYOUT:busybox:latest" dir:packed
	skopeo copy -q dir:packed oci-archive:packed.tar
	run -0 mini-image --root second load -i named.tar
	assert_output 'Loaded image: other:2'
	run -0 mini-image --root third load -i packed.tar
	assert_output "Loaded image ID: $(config_id)"
	run -0 mini-image --root third ls
	assert_line --index 1 --regexp '^<none> +<none> '
	run -0 diff -r --no-dereference "$LAYOUT"/layers/*/diff third/image/layers/*/diff
}

@test "an image that skopeo copies into the store is there, and is unpacked when needed" {
	needs skopeo
	skopeo copy -q "oci:$LAYOUT:busybox:latest" dir:copy
	mkdir -p second mnt
	mini-image --root second ls >/dev/null
	skopeo copy -q dir:copy oci:second/image:guest
	run -0 mini-image --root second ls
	assert_line --index 1 --regexp '^guest +latest '
	STORE=second in_namespace 'image mount guest mnt && mnt/bin/busybox true'
}

@test "umoci unpacks the same tree" {
	needs umoci
	umoci unpack --image "$LAYOUT:busybox:latest" bundle >/dev/null
	mkdir mnt
	in_namespace 'image mount busybox mnt && cp -a mnt copied'
	run -0 diff <(tree_list bundle/rootfs) <(tree_list copied)
}

@test "layers on layers: what umoci adds, changes and removes arrives" {
	needs skopeo umoci
	skopeo copy -q "oci:$LAYOUT:busybox:latest" oci:work:base
	umoci unpack --image work:base bundle >/dev/null
	rm bundle/rootfs/etc/hosts
	rm -r bundle/rootfs/var/www
	echo changed >bundle/rootfs/etc/hostname
	mkdir bundle/rootfs/opt
	echo new >bundle/rootfs/opt/file
	rm -r bundle/rootfs/home
	echo 'a file now' >bundle/rootfs/home
	umoci repack --image work:next bundle >/dev/null
	skopeo copy -q oci:work:next oci-archive:next.tar:next:1
	run -0 image load -i next.tar
	assert_output 'Loaded image: next:1'
	mkdir mnt
	in_namespace '
		image mount next:1 mnt
		fails [ -e mnt/etc/hosts ]
		fails [ -e mnt/var/www ]
		[ -d mnt/var/log ]
		[ "$(cat mnt/etc/hostname)" = changed ]
		[ "$(cat mnt/opt/file)" = new ]
		[ "$(cat mnt/home)" = "a file now" ]
		cp -a mnt copied
	'
	umoci unpack --image work:next again >/dev/null
	run -0 diff <(tree_list again/rootfs) <(tree_list copied)
	run -0 bash -c 'ls "$LAYOUT/layers" | wc -l'
	assert_output 2
	image rm busybox >/dev/null
	run -0 bash -c 'ls "$LAYOUT/layers" | wc -l'
	assert_output 2
}

@test "what is saved is a docker-archive and an OCI layout at once" {
	needs skopeo
	image tag busybox host.example:5000/a:1
	run -0 image save -o saved.tar busybox host.example:5000/a:1
	run -0 skopeo inspect --config docker-archive:saved.tar:busybox:latest
	run -0 skopeo inspect --raw docker-archive:saved.tar:host.example:5000/a:1
	assert_equal "$(jq -r .config.digest <<<"$output")" "$(config_id)"
	run -0 skopeo inspect --raw oci-archive:saved.tar:latest
	assert_equal "$(jq -r .config.digest <<<"$output")" "$(config_id)"
	run -0 bash -c 'image save busybox | mini-image --root second load'
	assert_output 'Loaded image: busybox:latest'
	image save busybox >again.tar
	image save busybox >and-again.tar
	cmp again.tar and-again.tar
	run ! image save nothing
	assert_output --partial 'No such image: nothing:latest'
}

@test "umoci unpacks what commit makes to the same tree, attributes and all" {
	needs umoci
	local kind
	for kind in gzip none; do
		rm -rf changes base bundle copied
		image_changed "next:$kind" --compression "$kind"
		umoci unpack --image "$LAYOUT:next:$kind" bundle >/dev/null
		image unpack "next:$kind" copied
		run -0 diff <(tree_all bundle/rootfs) <(tree_all copied)
	done
}

@test "skopeo takes images of two layers through every form and back, zstd where it can" {
	needs skopeo
	local kind forms form
	for kind in gzip zstd; do
		rm -rf changes base
		image_changed "next:$kind" --compression "$kind"
		forms=(oci:b:next:1 oci-archive:c.tar:next:1)
		# It makes no Docker manifest of layers packed with zstd.
		[ "$kind" = zstd ] || forms+=(dir:a docker-archive:d.tar:next:1)
		for form in "${forms[@]}"; do
			skopeo copy -q "oci:$LAYOUT:next:$kind" "$form"
			skopeo copy -q "$form" oci-archive:back.tar:next:1
			rm -rf second a b c.tar d.tar
			run -0 mini-image --root second load -i back.tar
			assert_output 'Loaded image: next:1'
			assert_equal "$(mini-image --root second inspect next:1 | jq -r '.[0].Layers | map(.DiffID)')" \
				"$(image inspect "next:$kind" | jq -r '.[0].Layers | map(.DiffID)')"
			rm back.tar
		done
	done
}

@test "podman loads what mini-image saves, and the other way round" {
	PATH=$PATH:$("$IMAGES_HELPER/../../scripts/peers" --path)
	needs podman
	export LD_LIBRARY_PATH
	LD_LIBRARY_PATH=$("$IMAGES_HELPER/../../scripts/peers" --libraries)
	local podman=(podman --root "$PWD/podman" --runroot "$PWD/run" --storage-driver vfs) kind
	for kind in gzip zstd none; do
		rm -rf base changes back.tar second
		image_changed "next:$kind" --compression "$kind"
		image save -o saved.tar "next:$kind"
		in_namespace "${podman[*]} load -q -i saved.tar &&
			${podman[*]} inspect --format '{{.Id}}' next:$kind >id &&
			${podman[*]} save -q --format oci-archive -o back.tar next:$kind"
		assert_equal "sha256:$(<id)" "$(image inspect "next:$kind" | jq -r '.[0].Id')"
		run -0 mini-image --root second load -i back.tar
		assert_equal "$(mini-image --root second inspect "next:$kind" | jq -r '.[0].Id')" "sha256:$(<id)"
	done
}
