# Clients that people have, against mini-registry.

load mini_registry

# An image layout of busybox, and an index for two platforms around it.
make_layouts() {
	local work=$BATS_FILE_TMPDIR
	mkdir -p "$work/tree/bin"
	cp "$(command -v busybox)" "$work/tree/bin/busybox"
	ln -s busybox "$work/tree/bin/sh"
	tar -C "$work/tree" -cf "$work/tree.tar" .
	mini-image --root "$work/images" import "$work/tree.tar" one >/dev/null
	mini-image --root "$work/images" save -o "$work/one.tar" one
	skopeo copy -q "docker-archive:$work/one.tar" "oci:$work/layout:one"
}

setup_file() {
	registry_start
	make_layouts
	export LAYOUT=oci:$BATS_FILE_TMPDIR/layout
}
teardown_file() { registry_stop; }

PLAIN_TO='--dest-tls-verify=false'
PLAIN_FROM='--src-tls-verify=false'

@test "skopeo: copy in and out as OCI and as docker, inspect, list-tags, delete" {
	local work=$BATS_TEST_TMPDIR
	skopeo copy -q $PLAIN_TO "$LAYOUT:one" "docker://$HOST/busy/box:oci"
	skopeo copy -q $PLAIN_TO --format v2s2 "$LAYOUT:one" "docker://$HOST/busy/box:docker"
	[ "$(skopeo inspect --tls-verify=false --raw "docker://$HOST/busy/box:docker" | jq -r .mediaType)" = \
		application/vnd.docker.distribution.manifest.v2+json ]
	[ "$(skopeo inspect --tls-verify=false "docker://$HOST/busy/box:oci" | jq -r .Name)" = "$HOST/busy/box" ]
	[ "$(skopeo list-tags --tls-verify=false "docker://$HOST/busy/box" | jq -c .Tags)" = '["docker","oci"]' ]
	skopeo copy -q $PLAIN_FROM "docker://$HOST/busy/box:oci" "oci:$work/out:one"
	diff <(jq -S '.manifests[].digest' "$BATS_FILE_TMPDIR/layout/index.json") <(jq -S '.manifests[].digest' "$work/out/index.json")
	skopeo copy -q $PLAIN_FROM "docker://$HOST/busy/box:docker" "dir:$work/dir"
	skopeo delete --tls-verify=false "docker://$HOST/busy/box:docker"
	run skopeo inspect --tls-verify=false "docker://$HOST/busy/box:docker"
	[ "$status" -ne 0 ]
	[[ $output == *'manifest unknown'* || $output == *"has no tag 'docker'"* ]]
}

@test "skopeo: zstd layers, an index with all its manifests, sync of a repository" {
	local work=$BATS_TEST_TMPDIR
	# Of content that no client has compressed otherwise before.
	mkdir "$work/tree"
	echo "$RANDOM$RANDOM" >"$work/tree/file"
	tar -C "$work/tree" -cf "$work/tree.tar" .
	mini-image --root "$work/images" import "$work/tree.tar" two >/dev/null
	mini-image --root "$work/images" save -o "$work/two.tar" two
	skopeo copy -q $PLAIN_TO --format oci --dest-compress-format zstd "docker-archive:$work/two.tar" "docker://$HOST/busy/zstd:1"
	[[ $(skopeo inspect --tls-verify=false --raw "docker://$HOST/busy/zstd:1" | jq -r '.layers[0].mediaType') == *zstd ]]
	# An index by hand, of what is there.
	local digest size json
	skopeo copy -q $PLAIN_TO "$LAYOUT:one" "docker://$HOST/busy/index:one"
	req GET /v2/busy/index/manifests/one
	digest=$(header Docker-Content-Digest) size=$(header Content-Length)
	json=$(printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","digest":"%s","size":%d,"platform":{"os":"linux","architecture":"amd64"}},{"mediaType":"%s","digest":"%s","size":%d,"platform":{"os":"linux","architecture":"arm64"}}]}' \
		"$OCI_INDEX" "$OCI_MANIFEST" "$digest" "$size" "$OCI_MANIFEST" "$digest" "$size")
	manifest busy/index all "$json" "$OCI_INDEX"
	answers 201
	skopeo copy -q --all $PLAIN_FROM $PLAIN_TO "docker://$HOST/busy/index:all" "docker://$HOST/busy/copied:all"
	[ "$(skopeo inspect --tls-verify=false --raw "docker://$HOST/busy/copied:all")" = "$json" ]
	skopeo sync $PLAIN_FROM --src docker --dest dir "$HOST/busy/zstd" "$work/synced"
	[ -e "$work/synced/zstd:1/manifest.json" ]
}

@test "a blob that another repository has is mounted, not sent" {
	local before after
	skopeo copy -q $PLAIN_TO "$LAYOUT:one" "docker://$HOST/mount/from:1"
	before=$(curl -s "$R/metrics" | awk '/^mini_registry_received_bytes_total/ { print $2 }')
	skopeo copy -q $PLAIN_FROM $PLAIN_TO "docker://$HOST/mount/from:1" "docker://$HOST/mount/to:1"
	after=$(curl -s "$R/metrics" | awk '/^mini_registry_received_bytes_total/ { print $2 }')
	[ $((after - before)) -lt 4096 ]
}

@test "the content store is an image layout with each blob once" {
	local digest
	skopeo copy -q $PLAIN_TO "$LAYOUT:one" "docker://$HOST/layout/a:1"
	skopeo copy -q $PLAIN_TO "$LAYOUT:one" "docker://$HOST/layout/b:1"
	[ "$(<"$BATS_FILE_TMPDIR/root/oci-layout")" = '{"imageLayoutVersion":"1.0.0"}' ]
	for digest in "$BATS_FILE_TMPDIR"/root/blobs/sha256/*; do
		[ "$(sha256sum <"$digest")" = "${digest##*/}  -" ]
	done
	[ -z "$(ls "$BATS_FILE_TMPDIR/root/ingest")" ]
}
