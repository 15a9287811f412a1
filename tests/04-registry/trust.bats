# A registry with a certificate of an authority that nobody knows, which wants one of its clients, too:
# our daemon with certs.d, podman and buildah with theirs. Not on the loopback, where nobody checks.
load ../01-namespaces/callers
load registry
export BATS_TEST_TIMEOUT=120

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker podman buildah
	callers_open
	export TLS=$BATS_FILE_TMPDIR/tls REGISTRY=192.0.2.1:5100
	export CERTS=/etc/docker/certs.d/$REGISTRY
	mkdir "$TLS"
	"$SANDBOX_HELPER/certificates" "$TLS" 2>/dev/null
	mkdir "$TLS/podman" && cp "$TLS/ca.pem" "$TLS/podman/ca.crt"
	cp "$TLS/cert.pem" "$TLS/podman/client.cert" && cp "$TLS/key.pem" "$TLS/podman/client.key"
	sandbox_enter ip addr add 192.0.2.1/32 dev lo
	mkdir -p "$PRIVATE/registry/5100"
	(
		private_close_descriptors
		private_exec mini-registry --root "$PRIVATE/registry/5100/root" --listen tcp://192.0.2.1:5100 \
			--tls-certificate "$TLS/server.pem" --tls-key "$TLS/server-key.pem" --tls-ca "$TLS/ca.pem"
	) >"$PRIVATE/registry/5100/log" 2>&1 </dev/null &
	echo $! >"$PRIVATE/registry/5100/pid"
	sandbox_eventually 10 sandbox_enter curl -s -o /dev/null --cacert "$TLS/ca.pem" --cert "$TLS/cert.pem" --key "$TLS/key.pem" "https://$REGISTRY/v2/"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$PRIVATE/root/podman" "$PRIVATE/run/podman" >"$PRIVATE/storage.conf"
	sandbox_enter mkdir -p /etc/containers
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' | sandbox_enter tee /etc/containers/policy.json >/dev/null
	callers_command podman env CONTAINERS_STORAGE_CONF="$PRIVATE/storage.conf" CONTAINERS_REGISTRIES_CONF=/dev/null \
		"$(command -v podman)" --cgroup-manager cgroupfs --tmpdir "$PRIVATE/run/tmp"
	callers_command buildah env CONTAINERS_STORAGE_CONF="$PRIVATE/storage.conf" CONTAINERS_REGISTRIES_CONF=/dev/null \
		BUILDAH_ISOLATION=chroot "$(command -v buildah)"
	sandbox_daemon_start
	sandbox_image
}

teardown_file() {
	registry_end
	sandbox_end
}

# The files of certs.d are now these: NAME=FILE...
certs() {
	local pair
	sandbox_enter rm -rf "$CERTS"
	sandbox_enter mkdir -p "$CERTS"
	for pair; do sandbox_enter cp "$TLS/${pair#*=}" "$CERTS/${pair%%=*}"; done
}

@test "our daemon: an authority of certs.d is believed, and what is asked of a client is shown" {
	docker tag busybox "$REGISTRY/own/box:1"
	sandbox_enter rm -rf "$CERTS"
	run docker push "$REGISTRY/own/box:1"
	assert_failure 1
	assert_output --partial 'tls: failed to verify certificate'
	assert_output --partial "/etc/docker/certs.d/$REGISTRY/ca.crt"
	certs ca.crt=stranger/ca.pem
	run docker push "$REGISTRY/own/box:1"
	assert_failure 1
	assert_output --partial 'tls: failed to verify certificate'
	certs ca.crt=ca.pem
	run docker push "$REGISTRY/own/box:1"
	assert_failure 1
	assert_output --partial "$REGISTRY"
	refute_output --partial 'failed to verify'
	certs ca.crt=ca.pem client.cert=cert.pem
	run docker push "$REGISTRY/own/box:1"
	assert_failure 1
	assert_output --partial "$CERTS/client.cert has no client.key beside it"
	certs ca.crt=ca.pem client.cert=stranger/cert.pem client.key=stranger/key.pem
	run docker push "$REGISTRY/own/box:1"
	assert_failure 1
	assert_file_not_exist "$PRIVATE/registry/5100/root/blobs/sha256/*"
	certs ca.crt=ca.pem client.cert=cert.pem client.key=key.pem
	docker push -q "$REGISTRY/own/box:1"
	docker rmi "$REGISTRY/own/box:1"
	docker pull -q "$REGISTRY/own/box:1"
	assert_equal "$(docker run --rm --network none "$REGISTRY/own/box:1" echo pulled)" pulled
	run sandbox_enter mini-docker manifest inspect "$REGISTRY/own/box:1"
	assert_success
}

@test "podman: push and pull, in two formats; our daemon runs what it pushed" {
	certs # which podman would read, too
	podman import -q --change CMD=sh "$TAR" "$REGISTRY/pod/box:1"
	run podman push -q "$REGISTRY/pod/box:1"
	assert_failure
	podman push -q --cert-dir "$TLS/podman" "$REGISTRY/pod/box:1"
	podman push -q --cert-dir "$TLS/podman" --compression-format zstd --format oci "$REGISTRY/pod/box:1" "docker://$REGISTRY/pod/zstd:1"
	podman rmi -f "$REGISTRY/pod/box:1"
	podman pull -q --cert-dir "$TLS/podman" "$REGISTRY/pod/box:1"
	certs ca.crt=ca.pem client.cert=cert.pem client.key=key.pem
	for name in pod/box pod/zstd; do
		docker pull -q "$REGISTRY/$name:1"
		assert_equal "$(docker run --rm --network none "$REGISTRY/$name:1" echo pulled)" pulled
	done
	run podman pull -q --cert-dir "$TLS/podman" "$REGISTRY/pod/box:none"
	assert_failure
	assert_output --partial 'manifest unknown'
	podman rmi -fa
}

@test "buildah: from, commit, push; an image for two platforms" {
	local container
	certs ca.crt=ca.pem client.cert=cert.pem client.key=key.pem
	docker tag busybox "$REGISTRY/own/box:1"
	docker push -q "$REGISTRY/own/box:1"
	docker rmi "$REGISTRY/own/box:1"
	container=$(buildah from --cert-dir "$TLS/podman" "docker://$REGISTRY/own/box:1")
	buildah config --env 'BUILT=by buildah' "$container"
	buildah commit -q "$container" built
	buildah push -q --cert-dir "$TLS/podman" built "docker://$REGISTRY/build/box:1"
	buildah rm "$container"
	buildah manifest create all
	buildah manifest add --os linux --arch amd64 all "containers-storage:localhost/built"
	buildah manifest add --os linux --arch arm64 --cert-dir "$TLS/podman" all "docker://$REGISTRY/own/box:1"
	buildah manifest push -q --all --cert-dir "$TLS/podman" all "docker://$REGISTRY/build/all:1"
	docker pull -q --platform linux/amd64 "$REGISTRY/build/all:1"
	run docker inspect --format '{{.Architecture}} {{.Config.Env}}' "$REGISTRY/build/all:1"
	assert_output --partial 'BUILT=by buildah'
	docker rmi "$REGISTRY/build/all:1"
	docker pull -q --platform linux/arm64 "$REGISTRY/build/all:1"
	run -0 docker inspect --format '{{.Config.Env}}' "$REGISTRY/build/all:1"
	refute_output --partial BUILT
	run docker pull -q --platform linux/s390x "$REGISTRY/build/all:1"
	assert_failure 1
	assert_output --partial 's390x'
	run sandbox_enter mini-docker manifest inspect "$REGISTRY/build/all:1"
	assert_output --partial '"arm64"'
}
