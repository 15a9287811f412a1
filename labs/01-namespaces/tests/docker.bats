load ../../lib/lab

# A daemon in the test's sandbox, and an image of busybox. It goes when the sandbox does.
daemon() {
	bundle /tmp/image
	inside sh -c 'mini-dockerd --data-root /tmp/docker --exec-root /run/docker \
		-H unix:///run/docker.sock >/tmp/daemon.log 2>&1 &'
	for _ in {1..50}; do
		! docker version >/dev/null 2>&1 || break
		sleep 0.2
	done
	inside tar -C /tmp/image/rootfs -cf /tmp/image.tar .
	docker import /tmp/image.tar box >/dev/null || {
		echo "the daemon does not answer: $(inside tail -n 5 /tmp/daemon.log)"
		return 1
	}
}

docker() {
	inside env DOCKER_HOST=unix:///run/docker.sock mini-docker "$@"
}

# bats test_tags=task:docker,pts:3,whole
@test "mini-docker run runs a container on your code" {
	daemon
	run docker run --rm --hostname web-7 box sh -c 'hostname; echo $$; exit 42'
	expect "what it prints" "web-7 1" "$(xargs <<<"$output")"
	expect "the exit status" 42 "$status"
}

# bats test_tags=task:docker,pts:2,whole
@test "mini-docker exec, stop and rm" {
	daemon
	run docker run --detach --name lab --hostname web-8 box sleep 60
	expect "the exit status of run" 0 "$status"
	run docker exec lab hostname
	expect "what a second process sees, in the namespaces of the first" web-8 "$output"
	run docker rm --force lab
	expect "the exit status of rm" 0 "$status"
	run docker ps --all --quiet
	expect "the containers that are left" "" "$output"
}
