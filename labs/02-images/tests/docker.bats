load ../../lib/images

# changed NAME SCRIPT: an image of busybox with one more layer, made by mini-image, is in the daemon.
changed() {
	inside mkdir -p /tmp/at
	inside mini-image --root /tmp/store import /tmp/image.tar box >/dev/null
	inside mini-image --root /tmp/store mount --rw /tmp/changes box /tmp/at
	inside sh -euc "cd /tmp/at; $2"
	inside mini-image --root /tmp/store commit box /tmp/changes "$1" >/dev/null
	inside mini-image --root /tmp/store save --output /tmp/changed.tar "$1"
	run docker load --input /tmp/changed.tar
	expect_part "what load says" "Loaded image: $1" "$output"
}

# bats test_tags=task:docker,pts:3,whole
@test "mini-docker run runs an image that your code has unpacked" {
	daemon
	run docker run --rm box sh -c 'echo $$; exit 42'
	expect "what it prints" 1 "$output"
	expect "the exit status" 42 "$status"
	changed lab/web:1 'echo new >made; rm bin/tail'
	run docker run --rm lab/web:1 sh -c 'cat /made; ls /bin'
	expect "what the layers of the new image show" \
		"new busybox cat grep hostname ls mkdir sh sleep touch wc" "$(xargs <<<"$output")"
}

# bats test_tags=task:docker,pts:2,whole
@test "mini-docker tag, save and rmi" {
	daemon
	run docker tag box lab/other:2
	expect "the exit status of tag" 0 "$status"
	run docker run --rm lab/other:2 sh -c 'echo changed >/bin/new; cat /bin/new'
	expect "what a container sees of its change" changed "$output"
	run docker run --rm box sh -c '[ -e /bin/new ] || echo as before'
	expect "what another container sees of the change: nothing" "as before" "$output"
	run inside sh -c 'DOCKER_HOST=unix:///run/docker.sock mini-docker save lab/other:2 |
		mini-image --root /tmp/second load'
	expect_part "what mini-image load says" "Loaded image: lab/other:2" "$output"
	run docker rmi box lab/other:2
	expect_part "what rmi says" "Deleted: sha256:" "$output"
	run docker images --quiet
	expect "the images that are left" "" "$output"
}
