# Docker's own daemon pushes to mini-registry and pulls from it.
export BATS_TEST_TIMEOUT=120
load ../helper/sandbox

setup_file() {
	PATH=$PATH:$("$SANDBOX_HELPER/../../scripts/peers" --path)
	export PATH
	export PRIVATE_DAEMON=dockerd
	sandbox_start
	sandbox_image
	(
		private_close_descriptors
		private_exec "$MINI_BIN/mini-registry" --listen tcp://127.0.0.1:5077 --root "$PRIVATE/registry"
	) >"$BATS_FILE_TMPDIR/log" 2>&1 </dev/null &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	sandbox_eventually 10 sandbox_enter curl -s -o /dev/null http://127.0.0.1:5077/healthz
}

teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/pid" ] || kill "$(<"$BATS_FILE_TMPDIR/pid")" 2>/dev/null || true
	sandbox_end
}

@test "docker push, rmi, pull, run" {
	local image=127.0.0.1:5077/team/box:1 id
	docker tag busybox "$image"
	docker push -q "$image"
	id=$(docker inspect --format '{{.Id}}' "$image")
	docker rmi -f "$image" busybox
	docker pull -q "$image"
	assert_equal "$(docker inspect --format '{{.Id}}' "$image")" "$id"
	run docker run --rm --network none "$image" echo pulled
	assert_success
	assert_output pulled
	docker rmi "$image"
}
