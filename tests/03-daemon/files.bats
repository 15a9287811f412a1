# The files of a container, seen from outside: diff, export, commit. With Docker's own client and
# with ours.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
	# An image that has nothing to mount on: what a container needs of that is not the container's.
	mkdir "$PRIVATE/bare"
	"$SANDBOX_HELPER/busybox-rootfs" | tar -C "$PRIVATE/bare" -x
	(cd "$PRIVATE/bare" && rm -rf proc sys dev etc/hosts etc/hostname etc/resolv.conf etc/mtab)
	tar -C "$PRIVATE/bare" -c . | docker import --change 'CMD ["sh"]' --change 'ENV A=1' - bare
}

teardown_file() {
	sandbox_end
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	sandbox_remove_containers
}

clients() {
	docker "$@"
	mini-docker "$@"
}

@test "diff: added, changed and deleted, without what every container has" {
	docker run --name web bare sh -c 'mkdir /d; echo 1 >/d/f; rm /etc/passwd; echo >>/etc/group'
	run -0 docker diff web
	assert_output --regexp '^[ACD] /'
	run -0 sort <<<"$output"
	assert_output $'A /d\nA /d/f\nC /etc\nC /etc/group\nD /etc/passwd'
	run -0 mini-docker diff web
	assert_line 'D /etc/passwd'
	assert_line 'A /d/f'
}

@test "diff of a container that runs, that has changed nothing, that has never run" {
	docker run -d --name live bare sh -c 'touch /there; exec sleep 100'
	sandbox_eventually 5 docker exec live test -e /there
	run -0 docker diff live
	assert_output 'A /there'
	docker run --name same bare true
	docker create --name never bare
	run -0 clients diff same
	assert_output ''
	run -0 clients diff never
	assert_output ''
	run -1 docker diff nobody
	assert_output --partial 'No such container: nobody'
}

@test "export: the container's tree, with what it changed and without what is mounted in it" {
	mkdir "$PRIVATE/volume"
	touch "$PRIVATE/volume/outside"
	docker run -d --name web -v "$PRIVATE/volume:/volume" --tmpfs /scratch bare \
		sh -c 'mkdir /d; echo 1 >/d/f; ln /d/f /d/g; truncate -s 5M /d/holes; rm /etc/passwd; touch /scratch/x; exec sleep 100'
	sandbox_eventually 5 docker exec web test -e /scratch/x
	docker export web >web.tar
	docker export -o again.tar web
	mini-docker export -o ours.tar web
	mini-docker export web | cmp - ours.tar
	run -0 tar -tf web.tar
	assert_line d/f
	assert_line bin/busybox
	assert_line .dockerenv
	assert_line etc/hosts
	assert_line volume/
	refute_line etc/passwd
	refute_line volume/outside
	refute_line scratch/x
	refute_line --regexp '^proc/.'
	assert_equal "$(tar -xOf web.tar d/f)" 1
	run ! grep -q GNU.sparse web.tar
	run -0 tar -tf again.tar
	assert_line d/g
	run -0 tar -tf ours.tar
	assert_line d/g
}

@test "an export that fails leaves the file as it was" {
	echo old >out.tar
	run -1 mini-docker export -o out.tar nobody
	assert_output --partial 'No such container: nobody'
	assert_equal "$(cat out.tar)" old
	assert_equal "$(ls)" out.tar
	run -1 mini-docker export -o . nobody
	assert_output --partial directory
	docker create --name never bare
	run -1 pty 'spawn("mini-docker", "export", "never")
expect("cowardly refusing to save to a terminal")'
	run -0 mini-docker export -o /dev/null never
}

@test "commit: an image with the container's changes and configuration" {
	docker run --name web -e B=2 -l kind=web --user 0:0 -w /tmp bare sh -c 'echo made >/made; rm /etc/passwd'
	run -0 docker commit -a Me -m why -c 'CMD ["cat", "/made"]' -c 'ENV C=3' web made:1
	assert_output --regexp '^sha256:[0-9a-f]{64}$'
	run -0 docker run --rm made:1
	assert_output made
	run -0 docker run --rm made:1 sh -c 'pwd; echo $A $B $C; [ -e /etc/passwd ] || echo gone'
	assert_output $'/tmp\n1 2 3\ngone'
	run -0 docker inspect --format '{{.Author}} {{.Comment}} {{.Config.Labels}} {{.Config.User}} {{.Config.Cmd}}' made:1
	assert_output 'Me why map[kind:web] 0:0 [cat /made]'
	run -0 docker history --format '{{.CreatedBy}}|{{.Comment}}' --no-trunc made:1
	assert_line --index 0 'sh -c echo made >/made; rm /etc/passwd|why'
	# What every container has is not in the image's own layer.
	run -0 bash -c "docker save made:1 | tar -xO manifest.json | jq '.[0].Layers | length'"
	assert_output 2
	run -0 mini-docker commit web made:2
	run -0 docker run --rm made:2 cat /made
	assert_output made
	run -0 docker commit web
	docker rmi made:1 made:2 "$output"
}

@test "commit: a container that runs is paused meanwhile, and goes on" {
	local since
	since=$(date +%s.%N)
	docker run -d --name live bare sh -c 'while :; do echo x >/x; sleep 0.1; done'
	docker commit live first
	docker commit --pause=false live second
	run -0 docker inspect --format '{{.State.Status}}' live
	assert_output running
	run -0 docker events --since "$since" --until "$(date +%s.%N)" --filter container=live \
		--format '{{.Action}}'
	run -0 grep -cx pause <<<"$output"
	assert_output 1
	docker pause live
	docker commit live third
	run -0 docker inspect --format '{{.State.Status}}' live
	assert_output paused
	docker rmi first second third
}

@test "commit refuses what is wrong, and says what" {
	docker create --name never bare
	run -1 docker commit never 'No:Name'
	assert_output --partial 'invalid reference format'
	run -1 docker commit -c 'RUN true' never
	assert_output --regexp 'run is not a valid change command|RUN'
	run -1 docker commit nobody
	assert_output --partial 'No such container: nobody'
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -X POST \
		-H 'Content-Type: application/json' -d '{"Env": ["Z=1"], "Cmd": ["env"]}' \
		"http://d/v1.40/commit?container=never&repo=by-api"
	assert_output --regexp '\{"Id":"sha256:[0-9a-f]{64}"\}'
	run -0 docker run --rm by-api
	assert_line Z=1
	assert_line A=1
	docker rmi by-api
}
