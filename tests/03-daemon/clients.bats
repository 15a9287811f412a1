# Programs that other people wrote on the Engine API: python3-docker (the SDK) and docker-compose.
load ../helper/daemon

# A session with the SDK: a script on standard input, with `client` and `box` (how a container is
# made here: without a network). What an exec prints at once comes together with the head of the
# answer when the machine is busy, and that the SDK reads into a buffer which it then forgets: so
# what is asked for its output here waits a little first.
sdk() {
	/usr/bin/python3 -B <(
		cat <<-'PYTHON'
			import docker, docker.errors, docker.types
			client = docker.from_env(version="auto", timeout=30)
			box = {"image": "busybox", "network_mode": "none"}

			def refused(kind, call, *arguments, **named):
			    try:
			        call(*arguments, **named)
			    except kind as e:
			        return str(e)
			    raise AssertionError("it was not refused")
		PYTHON
		cat
	)
}

@test "python3-docker: a container is run, and says what it printed and how it ended" {
	sdk <<-'PYTHON'
		assert client.ping()
		assert client.version()["Os"] == "linux"
		assert client.info()["ServerVersion"]
		assert client.containers.run(**box, command=["echo", "hello"], remove=True) == b"hello\n"
		assert client.containers.list(all=True) == []
		said = refused(docker.errors.ContainerError, client.containers.run, **box,
		               command=["sh", "-c", "echo why >&2; exit 3"], remove=True)
		assert "exit status 3" in said and "why" in said, said
		refused(docker.errors.ImageNotFound, client.containers.create, "nothing:here")
		refused(docker.errors.NotFound, client.containers.get, "nobody")
		said = refused(docker.errors.APIError, client.containers.run, **box, command="/no/such/program")
		assert "no such file or directory" in said, said
	PYTHON
}

@test "python3-docker: a life of a container, step by step" {
	sdk <<-'PYTHON'
		one = client.containers.run(**box, name="one", detach=True, labels={"of": "sdk"}, init=True,
		    mem_limit="64m", environment={"A": "b"}, command=["sh", "-c", "echo up; exec sleep 60"])
		assert one.status == "created" and client.containers.get("one").status == "running"
		assert [c.name for c in client.containers.list(filters={"label": "of=sdk"})] == ["one"]
		assert next(one.logs(stream=True)) == b"up\n"
		assert one.exec_run(["sh", "-c", "sleep 0.5; echo $A; echo oops >&2; exit 4"], demux=True) == \
		    (4, (b"b\n", b"oops\n"))
		assert one.exec_run("sh -c 'sleep 0.5; id -u'", user="7").output == b"7\n"
		assert [row[-1] for row in one.top()["Processes"]][-1].startswith("sleep")
		used = one.stats(stream=False)
		assert 0 < used["memory_stats"]["usage"] <= used["memory_stats"]["limit"] == 64 << 20
		one.pause()
		one.reload()
		assert one.status == "paused"
		one.unpause()
		one.exec_run(["touch", "/made"])
		assert {"Path": "/made", "Kind": 1} in one.diff()
		one.update(mem_limit="128m", memswap_limit="256m")
		one.reload()
		assert one.attrs["HostConfig"]["Memory"] == 128 << 20
		made = one.commit(repository="made", tag="1", changes='CMD ["ls", "/made"]')
		assert client.containers.run("made:1", network_mode="none", remove=True) == b"/made\n"
		client.images.remove("made:1")
		one.rename("two")
		client.containers.get("two").stop(timeout=5)
		assert one.wait() == {"Error": None, "StatusCode": 143} or one.wait()["StatusCode"] == 143
		one.restart(timeout=0)
		one.remove(force=True)
		refused(docker.errors.NotFound, one.reload)
	PYTHON
}

@test "python3-docker: standard input, a terminal, and events" {
	sdk <<-'PYTHON'
		import socket, threading
		cat = client.containers.create(**box, command="cat", stdin_open=True)
		pipe = cat.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
		seen = client.events(decode=True, filters={"container": cat.id})
		cat.start()
		pipe._sock.sendall(b"through and back\n")
		pipe._sock.shutdown(socket.SHUT_WR)
		assert cat.wait()["StatusCode"] == 0
		assert cat.logs() == b"through and back\n"
		assert [next(seen)["Action"] for _ in range(2)] == ["start", "die"]
		tty = client.containers.run(**box, command="tty", tty=True, detach=True)
		tty.wait()
		assert tty.logs() == b"/dev/pts/0\r\n", tty.logs()
		assert len(client.containers.prune()["ContainersDeleted"]) == 2
	PYTHON
}

@test "python3-docker: files go in and come out as archives" {
	sdk <<-'PYTHON'
		import io, tarfile
		packed = io.BytesIO()
		with tarfile.open(fileobj=packed, mode="w") as tar:
		    entry = tarfile.TarInfo("note")
		    entry.size = 5
		    tar.addfile(entry, io.BytesIO(b"hello"))
		held = client.containers.create(**box, command=["cat", "/tmp/note"])
		assert held.put_archive("/tmp", packed.getvalue())
		held.start()
		held.wait()
		assert held.logs() == b"hello"
		chunks, about = held.get_archive("/tmp/note")
		assert about["name"] == "note" and about["size"] == 5
		with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
		    assert tar.extractfile("note").read() == b"hello"
		refused(docker.errors.NotFound, held.get_archive, "/nothing")
	PYTHON
}

# Compose 1 wants a member of images that API 1.45 took away: it needs this with Docker 25 and newer, too.
@test "docker-compose: services come up in order, say what they print, and go" {
	export COMPOSE_API_VERSION=1.44
	mkdir "$BATS_TEST_TMPDIR/shop"
	cd "$BATS_TEST_TMPDIR/shop"
	cat >docker-compose.yml <<-'YAML'
		version: "2.4"
		services:
		  base:
		    image: busybox
		    network_mode: none
		    command: sh -c 'echo base is up; touch /ready; exec sleep 60'
		    init: true
		    healthcheck: {test: ["CMD", "test", "-e", "/ready"], interval: 200ms}
		  shop:
		    image: busybox
		    network_mode: none
		    command: sh -c 'echo open since $$SINCE; exec sleep 60'
		    environment: {SINCE: "1990"}
		    init: true
		    depends_on: {base: {condition: service_healthy}}
		    volumes: ["goods:/goods", "/counter"]
		volumes: {goods: {labels: {kept: "yes"}}}
	YAML
	run -0 docker-compose --no-ansi up -d
	run -0 docker-compose ps -q
	assert_equal "${#lines[@]}" 2
	run -0 docker-compose --no-ansi logs --no-color
	assert_line --partial 'open since 1990'
	assert_line --partial 'base is up'
	run -0 docker-compose exec -T shop sh -c 'echo $SINCE'
	assert_output 1990
	run -0 docker-compose --no-ansi up -d --scale shop=3
	run -0 docker-compose ps -q shop
	assert_equal "${#lines[@]}" 3
	run -0 docker-compose run --rm -T shop echo once
	assert_line once
	run -0 docker-compose exec -T shop sh -c 'echo apples >/goods/box; echo 7 >/counter/coins'
	run -0 docker volume ls -q -f label=kept=yes -f name=shop_goods
	assert_output shop_goods
	# Changed, so made anew, with its volumes; what did not change stays.
	local before
	before=$(docker-compose ps -q base)
	sed -i 's/1990/2000/' docker-compose.yml
	run -0 docker-compose --no-ansi up -d
	run -0 docker-compose exec -T shop sh -c 'echo $SINCE; cat /goods/box /counter/coins'
	assert_output $'2000\napples\n7'
	assert_equal "$(docker-compose ps -q base)" "$before"
	run -0 docker-compose --no-ansi down -t 1 -v
	run -0 mini-docker ps -aq
	assert_output ''
	run -0 mini-docker volume ls -q -f name=shop
	assert_output ''
	# Scaling down and `run --rm` leave what has no name.
	run -0 mini-docker volume prune -f
}
