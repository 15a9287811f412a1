# Many clients at one container, of which one sleeps.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

@test "twenty clients and a sleeping one: all get all, in order, and nobody waits for it" {
	docker create --name loud busybox sh -c \
		'seq 1 300000; seq 1 20000 >&2; seq 300001 600000' >/dev/null
	python3 - "$PRIVATE/docker.sock" <<-'PYTHON'
		import hashlib, select, socket, subprocess, sys, time

		def attach():
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(b"POST /v1.41/containers/loud/attach?stream=1&stdout=1&stderr=1 HTTP/1.1\r\n"
		              b"Host: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
		    head = b""
		    while not head.endswith(b"\r\n\r\n"):
		        head += s.recv(1)
		    assert b" 101 " in head, head
		    return s

		def digests(raw):
		    streams, at = {1: hashlib.sha256(), 2: hashlib.sha256()}, 0
		    while at < len(raw):
		        size = int.from_bytes(raw[at + 4:at + 8], "big")
		        streams[raw[at]].update(raw[at + 8:at + 8 + size])
		        at += 8 + size
		    return [streams[1].hexdigest(), streams[2].hexdigest()]

		def lines(*ranges):
		    return hashlib.sha256("".join(f"{n}\n" for a, b in ranges for n in range(a, b + 1)).encode()).hexdigest()

		expected = [lines((1, 600000)), lines((1, 20000))]
		sleeper, others = attach(), {attach(): b"" for _ in range(20)}
		subprocess.run(["docker", "start", "loud"], check=True, stdout=subprocess.DEVNULL)
		open_ones, until = set(others), time.monotonic() + 40
		while open_ones:
		    ready, _, _ = select.select(open_ones, [], [], until - time.monotonic())
		    assert ready, f"{len(open_ones)} clients wait for one that sleeps"
		    for s in ready:
		        piece = s.recv(1 << 20)
		        others[s] += piece
		        if not piece:
		            open_ones.remove(s)
		for raw in others.values():
		    assert digests(raw) == expected
		raw = b""
		while piece := sleeper.recv(1 << 20):
		    raw += piece
		assert digests(raw) == expected, "the one that slept has lost something"
	PYTHON
	docker rm loud
	sandbox_assert_nothing_left
}

@test "one client alone holds the container, as a pipe would; the next one lets it go on" {
	docker create -i --name held busybox sh -c 'seq 1 300000; touch /finished; sleep 1000' >/dev/null
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
s.sendall(b"POST /v1.41/containers/held/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
s.recv(4); open(sys.argv[2], "w"); time.sleep(50)' "$PRIVATE/docker.sock" "$BATS_TEST_TMPDIR/attached" 3>&- &
	local sleeper=$!
	sandbox_eventually 10 test -e "$BATS_TEST_TMPDIR/attached"
	docker start held
	sleep 1
	run ! docker exec held test -e /finished
	timeout 30 docker attach --no-stdin held >/dev/null 3>&- &
	local reader=$!
	sandbox_eventually 20 docker exec held test -e /finished
	kill $sleeper $reader
	docker rm -f held
}
