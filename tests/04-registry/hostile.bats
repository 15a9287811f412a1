# Registries that lie, break off, are silent or want what is not theirs: a clear error each time, and
# nothing left. And those that are only unusual: TLS, mirrors, tokens.
load ../helper/sandbox
load registry
export BATS_TEST_TIMEOUT=120

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker docker-registry
	local folder=$BATS_FILE_TMPDIR/image tls=$BATS_FILE_TMPDIR/tls
	mkdir "$folder" "$tls" "$BATS_FILE_TMPDIR/rootfs" "$BATS_FILE_TMPDIR/certs.d"
	head -c 300000 /dev/urandom >"$BATS_FILE_TMPDIR/rootfs/noise"
	tar -C "$BATS_FILE_TMPDIR/rootfs" -cf "$folder/layer.tar" noise
	jq -nc --arg id "sha256:$(sha256sum <"$folder/layer.tar" | cut -d ' ' -f 1)" --arg arch "$(dpkg --print-architecture 2>/dev/null || echo amd64)" \
		'{architecture: $arch, os: "linux", config: {}, rootfs: {type: "layers", diff_ids: [$id]}}' >"$folder/config.json"
	gzip -c "$folder/layer.tar" >"$folder/layer"
	"$SANDBOX_HELPER/certificates" "$tls" 2>/dev/null
	sandbox_open
	mkdir -p "$PRIVATE/etc/certs.d"
	sandbox_daemon_start --registry-mirror http://127.0.0.1:5001
	sandbox_remember
	(
		private_close_descriptors
		private_exec python3 -B "$SANDBOX_HELPER/hostile-registry.py" 5400 "$folder"
	) >"$PRIVATE/hostile.log" 2>&1 </dev/null &
	echo $! >"$PRIVATE/hostile.pid"
	sandbox_eventually 30 sandbox_enter curl -s -o /dev/null http://127.0.0.1:5400/v2/
}

teardown_file() {
	kill "$(cat "$PRIVATE/hostile.pid")" || true
	registry_end
	sandbox_end
}

teardown() {
	docker images -q | xargs -r docker rmi -f
}

# $1: the repository, which says what is wrong; $2: part of the message.
assert_refused() {
	run timeout 30 docker pull "127.0.0.1:5400/$1:1"
	assert_failure 1
	assert_output --partial "$2"
}

@test "what is not what was promised is refused, and nothing is left" {
	assert_refused digest "filesystem layer verification failed for digest sha256:"
	assert_refused small "the registry offers"
	assert_refused large "the registry offers"
	assert_refused liar "manifest verification failed for digest sha256:"
	assert_refused giant "has more than 4194304 bytes"
	assert_refused bigtoken "has more than 1048576 bytes"
	assert_refused cyclic "no image that could be run"
	assert_refused circle "stopped after 5 redirects"
	assert_refused wrongpart "from byte 5"
	assert_refused limited "toomanyrequests: You have reached your pull rate limit; try again in 30 seconds"
	assert_refused length "the registry offers"
	assert_refused bomb "larger than 68719476736 bytes"
	run docker images -q
	assert_output ''
	run sandbox_enter find "$PRIVATE/root/image/ingest" "$PRIVATE/root/image/layers" -mindepth 1
	assert_output ''
	sandbox_assert_nothing_left
}

@test "search: what a registry finds, as docker shows it" {
	local client
	for client in docker mini-docker; do
		run $client search --format '{{.Name}} {{.StarCount}} {{.IsOfficial}}' 127.0.0.1:5400/box
		assert_success
		assert_line --index 0 'team/box 12 [OK]'
		run $client search -f stars=5 127.0.0.1:5400/box
		assert_output --regexp 'team/box +a box of things x+…'
		refute_output --partial team/other
	done
	run grep -a 'GET 5400 /v1/search?q=box&n=25' "$PRIVATE/hostile.log"
	assert_success
}

@test "a download that breaks off goes on where it was, also where ranges are not known" {
	local name
	for name in broken restart; do
		: >"$PRIVATE/hostile.log"
		run timeout 30 docker pull "127.0.0.1:5400/$name:1"
		assert_success
		run grep -ac "bytes=" "$PRIVATE/hostile.log"
		assert_output --regexp '^[12]$'
		docker rmi "127.0.0.1:5400/$name:1"
	done
}

@test "a token goes to the registry, and not to where it redirects" {
	: >"$PRIVATE/hostile.log"
	docker pull -q 127.0.0.1:5400/elsewhere:1
	run grep -aE 'GET 5401 .*blobs' "$PRIVATE/hostile.log"
	assert_success
	assert_line --regexp 'nobody$'
	run grep -aE 'GET 5400 .*blobs' "$PRIVATE/hostile.log"
	assert_line --regexp 'Bearer ttt$'
}

@test "Docker Hub's images come from a mirror; without one the error says so" {
	registry_peer 5001
	sandbox_enter skopeo copy -q --dest-tls-verify=false docker://127.0.0.1:5400/good:1 \
		docker://127.0.0.1:5001/library/mirrored:1 --src-tls-verify=false
	run docker pull mirrored:1
	assert_success
	assert_line "Status: Downloaded newer image for mirrored:1"
	run docker pull elsewhere:1
	assert_failure 1
	assert_output --partial "registry-1.docker.io"
	run docker info --format '{{json .RegistryConfig.Mirrors}} {{.IndexServerAddress}}'
	assert_output --partial '5001'
}

@test "TLS: a registry on this machine is not checked, and speaks TLS with its password" {
	registry_peer 5002 --htpasswd --tls "$BATS_FILE_TMPDIR/tls"
	DOCKER_CONFIG=$BATS_TEST_TMPDIR
	export DOCKER_CONFIG
	docker login -u ann --password-stdin 127.0.0.1:5002 <<<secret
	docker pull -q 127.0.0.1:5400/good:1
	docker tag 127.0.0.1:5400/good:1 127.0.0.1:5002/good:1
	docker push -q 127.0.0.1:5002/good:1
	docker rmi 127.0.0.1:5002/good:1
	run docker pull 127.0.0.1:5002/good:1
	assert_success
}
