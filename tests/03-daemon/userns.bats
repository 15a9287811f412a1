# --userns-remap: root in a container is nobody on the machine.
# shellcheck disable=SC2016,SC2154 # the containers' shells expand; bats sets $stderr
load ../helper/sandbox

setup_file() {
	sandbox_open
	chmod 711 "$PRIVATE" # root of a container has to find its folders
	private_cover /etc
	sandbox_enter sh -c 'echo "dockremap:x:900:900::/:/bin/false" >>/etc/passwd
		echo "dockremap:x:900:" >>/etc/group
		echo dockremap:100000:65536 >>/etc/subuid
		echo dockremap:200000:65536 >>/etc/subgid'
	sandbox_daemon_start --userns-remap default
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	sandbox_remove_containers
}

without_real_docker() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'its own words'
}

@test "info tells so, and the daemon has a root of its own" {
	run -0 docker info --format '{{json .SecurityOptions}} {{.DockerRootDir}}'
	assert_output --partial '"name=userns"'
	assert_output --partial " $PRIVATE/root/100000.200000"
}

@test "root inside is somebody else outside, and owns what is his" {
	run -0 docker run --rm -v "$PRIVATE:/host:ro" busybox sh -c '
		id -u; tail -n 1 /proc/self/uid_map /proc/self/gid_map | grep -o "0 .*" | tr -s " "
		touch /mine; chown 5:6 /mine; echo "10.0.0.1 x" >>/etc/hosts; echo out >/dev/stdout
		stat -c "%n %u:%g" / /bin/busybox /mine /etc/hosts /dev/null /host'
	assert_output - <<-'END'
		0
		0 100000 65536
		0 200000 65536
		out
		/ 0:0
		/bin/busybox 0:0
		/mine 5:6
		/etc/hosts 0:0
		/dev/null 65534:65534
		/host 65534:65534
	END
	docker run -d --name life --init --memory 64m -u 1000 --tmpfs /t --read-only busybox sleep 1000
	assert_equal "$(awk '/^[UG]id/ { print $2 }' "/proc/$(docker inspect life -f '{{.State.Pid}}')/status" | xargs)" '101000 200000'
	run -0 docker exec -u root life sh -c 'id -u; touch /t/x && echo written; echo out >/dev/stdout'
	assert_output $'0\nwritten\nout'
	run -0 docker exec -t -u root life sh -c 'stat -c %u $(tty); echo in >/dev/tty'
	assert_output $'0\r\nin\r'
	run -0 docker run --rm --network container:life busybox sh -c 'id -u; hostname'
	assert_output "$(printf '0\n%.12s' "$(docker inspect life -f '{{.Id}}')")"
}

@test "diff, export, commit and cp show the container's ids, running or not" {
	docker run -d --name files busybox sh -c 'echo hi >/f; chown 7:8 /f; exec sleep 1000'
	sandbox_eventually 5 docker exec files sh -c '[ "$(stat -c %u /f)" = 7 ]'
	run -0 docker diff files
	assert_output 'A /f'
	run -0 sh -c "docker export files | tar tv --numeric-owner | grep ' f\$'"
	assert_output --partial ' 7/8 '
	docker commit files kept
	run -0 docker run --rm kept stat -c '%u:%g' /f
	assert_output 7:8
	run -0 docker run --rm --userns host kept sh -c 'stat -c %u:%g /f; tr -s " " </proc/self/uid_map'
	assert_output $'7:8\n 0 0 4294967295'
	local state
	echo new >"$BATS_TEST_TMPDIR/new"
	chown 11:12 "$BATS_TEST_TMPDIR/new"
	for state in runs stopped; do
		run -0 sh -c 'docker cp files:/f - | tar tv --numeric-owner'
		assert_output --partial ' 7/8 '
		docker cp "$BATS_TEST_TMPDIR/new" "files:/new-$state"
		[ $state = stopped ] || docker stop -t 0 files
	done
	docker start files
	run -0 docker exec files stat -c '%n %u:%g' /new-runs /new-stopped
	assert_output $'/new-runs 11:12\n/new-stopped 11:12'
	docker rmi kept
}

@test "what belongs to the machine is refused, unless with --userns=host" {
	local what
	for what in --privileged --network=host --pid=host; do
		run ! docker run --rm $what busybox true
		assert_output --regexp 'user namespaces'
	done
	run -0 docker run --rm --userns=host --privileged --pid=host --network=host busybox sh -c 'tr -s " " </proc/self/uid_map'
	assert_output ' 0 0 4294967295'
	sandbox_assert_nothing_left
}

@test "who is not there, or has no ids, is told" {
	without_real_docker
	local flags=(--data-root "$BATS_TEST_TMPDIR/root" --exec-root "$BATS_TEST_TMPDIR/run" -H "unix://$BATS_TEST_TMPDIR/s" --pidfile "$BATS_TEST_TMPDIR/p")
	run -1 sandbox_enter mini-dockerd "${flags[@]}" --userns-remap no-such-user
	assert_output --partial "cannot use --userns-remap no-such-user: there is no user 'no-such-user'"
	run -1 sandbox_enter mini-dockerd "${flags[@]}" --userns-remap root:no-such-group
	assert_output --partial "there is no group 'no-such-group'"
	run -1 sandbox_enter mini-dockerd "${flags[@]}" --userns-remap nobody:nogroup
	assert_output --partial "/etc/subuid gives no ids to 'nobody': a line like 'nobody:100000:65536' does"
	sandbox_enter sed -i /dockremap/d /etc/passwd
	run -1 sandbox_enter mini-dockerd "${flags[@]}" --userns-remap default
	assert_output --partial 'useradd --system'
}

@test "a volume is root's inside, and begins with the image's owners as they are seen there" {
	docker run --name base busybox sh -c 'mkdir -m 750 /v; echo 1 >/v/f; chown 5:6 /v/f'
	docker commit base with:v
	run -0 mini-docker run --rm -v copy:/v -v new:/n --mount type=image,src=with:v,dst=/i with:v sh -c 'stat -c "%n %u:%g" /v /v/f /n /i/v/f; echo 2 >/v/f'
	assert_output $'/v 0:0\n/v/f 5:6\n/n 0:0\n/i/v/f 5:6'
	run -0 stat -c '%u:%g' "$PRIVATE/root/100000.200000/volumes/copy/_data/f"
	assert_output 100005:200006
	# Also for cp, in and out of a volume, whether somebody runs on it or not.
	local state
	echo new >"$BATS_TEST_TMPDIR/new"
	chown 11:12 "$BATS_TEST_TMPDIR/new"
	docker run -d --name files -v copy:/v busybox sleep 1000
	for state in runs stopped; do
		run -0 sh -c 'docker cp files:/v/f - | tar tv --numeric-owner'
		assert_output --partial ' 5/6 '
		docker cp "$BATS_TEST_TMPDIR/new" "files:/v/new-$state"
		[ $state = stopped ] || docker stop -t 0 files
	done
	docker start files
	run -0 docker exec files stat -c '%n %u:%g' /v/new-runs /v/new-stopped
	assert_output $'/v/new-runs 11:12\n/v/new-stopped 11:12'
	docker rm -f files
	run -0 mini-docker volume rm copy new
}
