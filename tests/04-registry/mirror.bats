# mini-registry as a cache of another registry: of Debian's docker-registry, and of one that lies. Who
# pulls are our daemon (registry-mirrors), skopeo and curl.
load ../helper/sandbox
load registry
export BATS_TEST_TIMEOUT=120

# 5000: the other registry, which wants a password. 5001: its mirror, which has one, and is our
# daemon's mirror of Docker Hub. 5002: its mirror without a password. 5400: a registry that lies. 5003:
# the mirror of that.
setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker docker-registry
	local folder=$BATS_FILE_TMPDIR/image
	mkdir "$folder" "$BATS_FILE_TMPDIR/rootfs"
	head -c 300000 /dev/urandom >"$BATS_FILE_TMPDIR/rootfs/noise"
	tar -C "$BATS_FILE_TMPDIR/rootfs" -cf "$folder/layer.tar" noise
	echo '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}' >"$folder/config.json"
	gzip -c "$folder/layer.tar" >"$folder/layer"
	printf '{"auths":{"127.0.0.1:5000":{"auth":"%s"}}}' "$(printf ann:secret | base64)" >"$BATS_FILE_TMPDIR/config.json"
	sandbox_open
	sandbox_daemon_start --registry-mirror http://127.0.0.1:5001
	sandbox_image
	registry_peer 5000 --htpasswd
	registry_image made:1 1
	registry_copy made:1 5000/library/box:1 --dest-creds ann:secret
	docker rmi made:1
	registry_own 5001 --mirror-of 127.0.0.1:5000 --mirror-credentials "$BATS_FILE_TMPDIR/config.json" --mirror-keep 2s --gc-grace 0s
	registry_own 5002 --mirror-of http://127.0.0.1:5000/
	registry_own 5003 --mirror-of 127.0.0.1:5400
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

# $1: a port and a path below /v2/; the status is $status, the headers are in $headers.
ask() {
	status=$(sandbox_enter curl -s -o "$BATS_TEST_TMPDIR/body" -D "$BATS_TEST_TMPDIR/headers" \
		-w '%{http_code}' "${@:2}" "http://127.0.0.1:${1%%/*}/v2/${1#*/}") || true
	output=$(head -c 4000 "$BATS_TEST_TMPDIR/body" 2>/dev/null | tr -d '\0') || true
	headers=$(tr -d '\r' <"$BATS_TEST_TMPDIR/headers")
}

# How often the other registry gave what is in this path.
given() {
	grep -c "\"GET /v2/$1.* HTTP/1.1\" 200 " "$PRIVATE/registry/5000/log" || true
}

layer_of() { # PORT/NAME TAG
	ask "$1/manifests/$2" -H 'Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
	jq -r '.layers[0].digest' "$BATS_TEST_TMPDIR/body"
}

@test "our daemon pulls through it; the second time, and when the other one is away, from here" {
	local blobs
	docker pull -q box:1
	assert_equal "$(docker run --rm --network none box:1 echo pulled)" pulled
	blobs=$(given library/box/blobs)
	[ "$blobs" -ge 2 ]
	docker rmi box:1
	docker pull -q box:1
	assert_equal "$(given library/box/blobs)" "$blobs"
	docker rmi box:1
	ask 5001/library/box/manifests/1
	refute grep -qi '^warning:' <<<"$headers"
	registry_end 5000
	docker pull -q box:1
	ask 5001/library/box/manifests/1
	assert_equal "$status" 200
	assert_regex "$headers" 'Warning: 110 mini-registry "Response is Stale"'
	ask 5001/library/box/tags/list
	assert_output '{"name":"library/box","tags":["1"]}'
	# What is not here cannot be given then, and the answer says whose fault it is.
	ask 5001/library/box/manifests/2
	assert_equal "$status" 502
	assert_output --partial '127.0.0.1:5000 cannot be mirrored now'
	registry_peer 5000 --htpasswd
	docker rmi box:1
}

@test "a tag is asked for each time: it moves, and goes, as it does there" {
	local digest
	registry_image moving:1 1
	registry_copy busybox 5000/moving:1 --dest-creds ann:secret
	ask 5001/moving/manifests/1 -I
	digest=$(grep -i ^docker-content-digest <<<"$headers")
	registry_copy moving:1 5000/moving:1 --dest-creds ann:secret
	ask 5001/moving/manifests/1 -I
	refute grep -qF "$digest" <<<"$headers"
	ask "5001/moving/manifests/${digest#*: }" # fetched before, and still here
	assert_equal "$status" 200
	sandbox_enter skopeo delete --tls-verify=false --creds ann:secret docker://127.0.0.1:5000/moving:1
	ask 5001/moving/manifests/1
	assert_equal "$status" 404
	assert_output --partial MANIFEST_UNKNOWN
	registry_end 5000
	ask 5001/moving/manifests/1
	assert_equal "$status" 502
	registry_peer 5000 --htpasswd
	docker rmi moving:1
}

@test "skopeo gets the same image; nobody pushes to a mirror or removes from it" {
	local client=(sandbox_enter skopeo)
	"${client[@]}" copy -q --src-tls-verify=false docker://127.0.0.1:5001/library/box:1 "oci:$BATS_TEST_TMPDIR/copy:1"
	"${client[@]}" copy -q --src-tls-verify=false --src-creds ann:secret docker://127.0.0.1:5000/library/box:1 "oci:$BATS_TEST_TMPDIR/there:1"
	diff <(jq -S .manifests "$BATS_TEST_TMPDIR/copy/index.json") <(jq -S .manifests "$BATS_TEST_TMPDIR/there/index.json")
	run "${client[@]}" list-tags --tls-verify=false docker://127.0.0.1:5001/library/box
	assert_output --partial '"1"'
	run "${client[@]}" copy -q --dest-tls-verify=false "oci:$BATS_TEST_TMPDIR/copy:1" docker://127.0.0.1:5001/mine:1
	assert_failure
	for method in POST PUT DELETE; do
		case $method in
		POST) ask 5001/mine/blobs/uploads/ -X POST ;;
		PUT) ask 5001/mine/manifests/1 -X PUT -d '{}' ;;
		DELETE) ask 5001/library/box/manifests/1 -X DELETE ;;
		esac
		assert_equal "$method $status" "$method 405"
		assert_output --partial '"code":"UNSUPPORTED"'
	done
	ask 5001/library/box/referrers/sha256:"$(printf 7%.0s {1..64})" # Debian's has no such thing
	assert_equal "$status" 404
}

@test "many want one blob at once: it is fetched once, and each has all of it" {
	local digest i pids=()
	head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/blob"
	digest=sha256:$(sha256sum <"$BATS_TEST_TMPDIR/blob" | cut -d ' ' -f 1)
	ask 5000/large/blobs/uploads/ -X POST -u ann:secret
	sandbox_enter curl -sf -u ann:secret -X PUT -H 'Content-Type: application/octet-stream' --data-binary "@$BATS_TEST_TMPDIR/blob" \
		"$(sed -n 's/^[Ll]ocation: //p' <<<"$headers")&digest=$digest"
	ask "5001/large/blobs/$digest" -I
	assert_equal "$status" 200
	assert_regex "$headers" 'Content-Length: 20000000'
	assert_equal "$(given large/blobs)" 0
	for i in {1..6}; do
		sandbox_enter curl -s "http://127.0.0.1:5001/v2/large/blobs/$digest" 3>&- | sha256sum >"$BATS_TEST_TMPDIR/sum$i" &
		pids+=($!)
	done
	# A part of what is not here yet is waited for.
	sandbox_enter curl -s -r 19999990- "http://127.0.0.1:5001/v2/large/blobs/$digest" >"$BATS_TEST_TMPDIR/part"
	wait "${pids[@]}"
	assert_equal "$(cat "$BATS_TEST_TMPDIR"/sum* | sort -u)" "${digest#sha256:}  -"
	cmp "$BATS_TEST_TMPDIR/part" <(tail -c 10 "$BATS_TEST_TMPDIR/blob")
	assert_equal "$(given large/blobs)" 1
	# Another repository has it, too, there: it is seen, and not fetched.
	ask "5000/other/blobs/uploads/?mount=$digest&from=large" -X POST -u ann:secret
	ask "5001/other/blobs/$digest"
	assert_equal "$status" 200
	assert_equal "$(given other/blobs)" 0
	ask "5001/third/blobs/$digest"
	assert_equal "$status" 404
}

@test "what is not what its digest says is never whole, and never kept; a broken connection goes on" {
	local digest
	digest=$(layer_of 5003/digest 1)
	# Some arrives and the connection breaks off, or nothing and an error.
	run sandbox_enter curl -sf -o "$BATS_TEST_TMPDIR/got" "http://127.0.0.1:5003/v2/digest/blobs/$digest"
	assert_failure
	[ "$(cat "$BATS_TEST_TMPDIR/got" | wc -c)" -lt "$(stat -c %s "$BATS_FILE_TMPDIR/image/layer")" ]
	assert_file_not_exist "$PRIVATE/registry/5003/root/blobs/sha256/${digest#sha256:}"
	assert_equal "$(ls "$PRIVATE/registry/5003/root/ingest")" ''
	ask 5003/liar/manifests/1
	assert_equal "$status" 502
	for name in broken restart; do
		ask "5003/$name/blobs/$(layer_of "5003/$name" 1)"
		assert_equal "$status" 200
		cmp "$BATS_TEST_TMPDIR/body" "$BATS_FILE_TMPDIR/image/layer"
		rm "$PRIVATE"/registry/5003/root/blobs/sha256/"$(sha256sum <"$BATS_FILE_TMPDIR/image/layer" | cut -d ' ' -f 1)"
	done
}

@test "what the other registry refuses is told: who must log in there, a limit, nothing there" {
	ask 5002/library/box/manifests/1
	assert_equal "$status" 403
	assert_output --partial '"code":"DENIED"'
	assert_output --partial '127.0.0.1:5000 does not show this to its mirror'
	assert_output --partial --mirror-credentials
	ask 5003/limited/manifests/1
	assert_equal "$status" 429
	assert_output --partial '"code":"TOOMANYREQUESTS"'
	assert_output --partial 'You have reached your pull rate limit; try again in 30 seconds'
	ask 5001/library/box/manifests/none
	assert_equal "$status" 404
	assert_output --partial MANIFEST_UNKNOWN
	ask "5001/library/box/blobs/sha256:$(printf 7%.0s {1..64})"
	assert_equal "$status" 404
	assert_output --partial BLOB_UNKNOWN
	run mini-registry --mirror-of 'http://host/path'
	assert_failure
	assert_output --partial 'names no registry'
	run mini-registry --mirror-keep 1h
	assert_failure 125
	assert_output --partial --mirror-of
	echo '{}' >"$BATS_TEST_TMPDIR/config.json"
	run mini-registry --root "$BATS_TEST_TMPDIR/root" --mirror-of 127.0.0.1:5000 --mirror-credentials "$BATS_TEST_TMPDIR/config.json"
	assert_failure
	assert_output --partial 'has no credentials for 127.0.0.1:5000'
}

@test "what nobody has asked for is dropped, and fetched again when somebody does" {
	local root=$PRIVATE/registry/5001/root before
	layer_of 5001/library/box 1 >"$BATS_TEST_TMPDIR/layer"
	ask "5001/library/box/blobs/$(<"$BATS_TEST_TMPDIR/layer")"
	assert_equal "$status" 200
	sleep 3.1
	kill -USR1 "$(<"$PRIVATE/registry/5001/pid")"
	sandbox_eventually 10 grep -q 'garbage collected.*[1-9][0-9]* manifests' "$PRIVATE/registry/5001/log"
	assert_equal "$(ls "$root/blobs/sha256")" ''
	before=$(given library/box/blobs)
	ask "5001/library/box/blobs/$(layer_of 5001/library/box 1)"
	assert_equal "$status" 200
	assert_equal "$(given library/box/blobs)" $((before + 1))
}
