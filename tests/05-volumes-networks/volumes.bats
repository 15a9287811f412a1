# State that outlives containers: volumes, with Docker's client and with ours.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/daemon

teardown() {
	sandbox_remove_containers
	mini-docker volume ls -q | xargs -r mini-docker volume rm >/dev/null
}

# volume NAME PATH: a member of its document
volume() {
	mini-docker volume inspect --format "{{json $2}}" "$1"
}

@test "what is written to a volume is there for the next container, and nothing else is" {
	docker run --rm -v data:/d busybox sh -c 'echo kept >/d/file; echo lost >/lost'
	run -0 docker run --rm -v data:/d busybox sh -c 'cat /d/file; ls /lost 2>/dev/null || echo none'
	assert_output $'kept\nnone'
	run -1 docker run --rm -v data:/d:ro busybox sh -c 'echo x >/d/file'
	assert_output --partial 'Read-only file system'
	run -0 docker run --rm --mount type=volume,src=data,dst=/d,readonly busybox cat /d/file
	assert_output kept
	# The daemon is killed and another one started.
	private_stop KILL
	private_start
	run -0 docker run --rm -v data:/d busybox cat /d/file
	assert_output kept
}

@test "create, inspect, ls, rm: documents, labels, messages, with both clients" {
	run -0 mini-docker volume create --label a=b one
	assert_output one
	run -0 docker volume create one
	assert_output one
	assert_equal "$(volume one .Labels)" '{"a":"b"}'
	assert_equal "$(volume one .Driver)" '"local"'
	assert_equal "$(volume one .Mountpoint)" "\"$PRIVATE/root/volumes/one/_data\""
	assert_equal "$(docker volume inspect one)" "$(mini-docker volume inspect one)"
	run -0 docker volume create
	assert_output --regexp '^[0-9a-f]{64}$'
	assert_equal "$(volume "$output" '.Labels')" '{"com.docker.volume.anonymous":""}'
	assert_equal "$(docker volume ls --format '{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}}')" \
		"$(mini-docker volume ls --format '{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}}')"
	run -0 docker volume ls -q -f label=a=b -f name=on
	assert_output one
	run -0 mini-docker __complete volume rm on
	assert_output $'one\tlocal'
	run -0 mini-docker volume ls -f label=a=c
	assert_output --regexp '^DRIVER +VOLUME NAME$'
	run -1 docker volume ls -f wrong=1
	assert_output --partial "invalid filter 'wrong'"
	local client
	for client in docker mini-docker; do
		run -1 $client volume inspect none
		assert_output --partial 'get none: no such volume'
		run -1 $client volume rm none
		assert_output --partial 'get none: no such volume'
		run -0 $client volume rm -f none
		run -1 $client volume create a/b
		assert_output --partial 'includes invalid characters for a local volume name'
		run -1 $client volume create x
		assert_output --partial 'volume name is too short'
		run -1 $client volume create -d nope two
		assert_output --partial 'plugin "nope" not found'
		run -1 $client volume create -o size=1m two
		assert_output --partial 'quota size requested but no quota support'
		run -1 $client volume create -o type=tmpfs two
		assert_output --partial 'missing required option: "device"'
		run -1 $client volume create -o wrong=1 two
		assert_output --partial 'invalid option: "wrong"'
	done
	run -0 docker volume rm one
	assert_output one
	assert [ ! -e "$PRIVATE/root/volumes/one" ]
}

@test "a new volume begins with what the image has there, with owners and modes" {
	mini-docker run --name base busybox sh -c 'mkdir -m 750 /v; echo text >/v/f; ln -s f /v/l; mkfifo /v/p; chown 7:8 /v /v/f /v/p; chown -h 7:8 /v/l; chmod 4711 /v/f'
	mini-docker commit base with:v
	run -0 mini-docker run --rm -v copy:/v with:v stat -c '%n %a %u:%g %F' /v /v/f /v/l /v/p
	assert_output "/v 750 7:8 directory
/v/f 4711 7:8 regular file
/v/l 777 7:8 symbolic link
/v/p 644 7:8 fifo"
	# Once: what a volume has stays.
	mini-docker run --rm -v copy:/v with:v rm /v/f
	run -0 mini-docker run --rm -v copy:/v with:v ls /v
	assert_output $'l\np'
	run -0 mini-docker run --rm -v plain:/v:nocopy with:v ls /v
	assert_output ''
	run -0 mini-docker run --rm --mount type=volume,src=plain2,dst=/v,volume-nocopy with:v ls /v
	assert_output ''
	# It is there as soon as the container is made.
	mini-docker create --name later -v early:/v with:v
	run -0 mini-docker run --rm -v early:/e busybox cat /e/f
	assert_output text
	mini-docker run --name file busybox touch /file
	mini-docker commit file with:file
	run -1 mini-docker create -v over:/file with:file
	assert_output --partial 'cannot mount volume over existing file, file exists /file'
	# A link in the image leads to a place in the image.
	mini-docker run --name link busybox ln -s /etc /away
	mini-docker commit link with:link
	mini-docker create -v away:/away with:link
	assert_equal "$(cat "$PRIVATE/root/volumes/away/_data/hostname")" localhost
	assert [ ! -e "$PRIVATE/root/volumes/away/_data/debian_version" ]
}

@test "volumes without a name: of the image, of -v; they go with --rm and rm -v, and with nothing else" {
	mini-docker run --name base busybox mkdir /data
	mini-docker commit --change 'VOLUME /data' base with:volume
	mini-docker run -d --name holds -v /more with:volume sh -c 'echo 1 >/data/1; echo 2 >/more/2; sleep 1000'
	run -0 mini-docker inspect --format '{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}} {{len .Name}};{{end}}' holds
	assert_output --partial 'volume /data true 64;'
	assert_output --partial 'volume /more true 64;'
	run -0 mini-docker volume ls -q -f dangling=true
	assert_output ''
	run -0 mini-docker run --rm with:volume sh -c 'echo gone >/data/x'
	run -0 sh -c 'mini-docker volume ls -q | wc -l'
	assert_output 2
	mini-docker run --name keeps -v named:/data with:volume true
	mini-docker rm -f holds
	run -0 sh -c 'mini-docker volume ls -q | wc -l'
	assert_output 3
	mini-docker run --name drops with:volume true
	mini-docker rm -v drops
	mini-docker rm -v keeps
	run -0 sh -c 'mini-docker volume ls -q | wc -l'
	assert_output 3
	run -0 sh -c 'mini-docker volume ls -q -f dangling=true | wc -l'
	assert_output 3
	mini-docker volume create -o type=none -o device=/tmp -o o=bind elsewhere
	mini-docker volume create --label a=b labelled
	run -0 docker volume prune -f --filter label!=com.docker.volume.anonymous
	assert_output 'Total reclaimed space: 0B'
	run -0 docker volume prune -f
	assert_line 'Deleted Volumes:'
	run -0 docker volume ls -q
	assert_output $'elsewhere\nlabelled\nnamed'
	run -0 mini-docker volume prune -a -f --filter label=a
	assert_line labelled
	refute_line named
	# What is elsewhere takes no room here.
	run -0 docker volume prune -a -f
	assert_line named
	run -0 mini-docker volume ls -q
	assert_output elsewhere
}

@test "in use: not removed while a container has it, stopped or made since or known from before" {
	mini-docker run -d --name user -v used:/u busybox sleep 1000
	local id
	id=$(mini-docker inspect --format '{{.Id}}' user)
	run -1 mini-docker volume rm used
	assert_output --partial "remove used: volume is in use - [$id]"
	run -1 mini-docker volume rm -f used
	assert_output --partial 'volume is in use'
	mini-docker stop -t 0 user
	private_stop
	private_start
	run -1 mini-docker volume rm used
	assert_output --partial "volume is in use - [$id]"
	run -0 mini-docker volume prune -a -f
	assert_output 'Total reclaimed space: 0B'
	run -0 mini-docker ps -a --filter volume=used --format '{{.Names}}'
	assert_output user
	run -0 mini-docker system df -v
	assert_line --regexp '^used +1 +0B$'
	mini-docker rm user
	run -0 mini-docker volume rm used
}

@test "--volumes-from: the volumes and folders of another, also read-only" {
	mkdir "$PRIVATE/folder"
	echo bound >"$PRIVATE/folder/f"
	mini-docker create --name source -v first:/one -v /two -v "$PRIVATE/folder:/three:ro" busybox
	mini-docker run --rm --volumes-from source busybox sh -c 'echo 1 >/one/1; echo 2 >/two/2'
	run -1 mini-docker run --rm --volumes-from source:ro -v mine:/two busybox sh -c 'cat /one/1 /three/f; ls /two; touch /one/x 2>&1'
	assert_output --partial $'1\nbound'
	refute_output --partial $'\n2'
	assert_output --partial 'Read-only file system'
	run -125 mini-docker run --rm --volumes-from nobody busybox true
	assert_output --partial 'No such container: nobody'
	local mode
	for mode in wrong nocopy rslave ro,rw; do
		run -125 mini-docker run --rm --volumes-from "source:$mode" busybox true
		assert_output --partial "invalid mode: $mode"
	done
	mini-docker create --name taker --volumes-from source:z busybox
	mini-docker rm -v source
	run -1 mini-docker volume rm first
	assert_output --partial 'volume is in use'
	run -0 mini-docker start -a taker
	mini-docker rm -v taker
	run -0 mini-docker volume ls -q
	assert_output $'first\nmine'
}

@test "a volume that is a file system: shared by all who run, and gone with the last" {
	mini-docker volume create -o type=tmpfs -o device=tmpfs -o o=size=1m,mode=700,noexec memory
	mini-docker run -d --name first -v memory:/m busybox sh -c 'echo here >/m/f; sleep 1000'
	mini-docker run -d --name second -v memory:/m busybox sleep 1000
	run -0 mini-docker exec second sh -c 'cat /m/f; grep " /m " /proc/mounts'
	assert_output --partial here
	assert_output --regexp 'tmpfs /m tmpfs rw,noexec,relatime,size=1024k,mode=700'
	mini-docker rm -f first
	# Also for the next daemon.
	private_stop KILL
	private_start
	run -0 mini-docker exec second cat /m/f
	assert_output here
	run -0 mini-docker run --rm -v memory:/m busybox cat /m/f
	assert_output here
	local pid
	pid=$(mini-docker inspect --format '{{.State.Pid}}' second)
	private_stop KILL
	kill -KILL "$pid"
	private_start
	sandbox_eventually 10 sh -c '! mini-docker ps -q | grep .'
	run -0 sandbox_enter cat /proc/mounts
	refute_output --partial volumes/memory
	# What cannot be mounted is not half there.
	mini-docker volume create -o type=none -o device=/nowhere -o o=bind wrong
	run -125 mini-docker run --rm -v wrong:/w busybox true
	assert_output --partial "/volumes/wrong/_data': failed to mount local volume: cannot bind mount '/nowhere'"
	mini-docker volume create -o type=none -o "device=$PRIVATE/outside" -o o=bind bound
	mkdir "$PRIVATE/outside"
	mini-docker run --rm -v bound:/b busybox sh -c 'echo out >/b/f'
	mini-docker volume create -o type=none -o "device=$PRIVATE/outside" -o o=bind,ro looked-at
	run -1 mini-docker run --rm -v looked-at:/b busybox touch /b/f
	assert_output --partial 'Read-only file system'
	mini-docker volume create -o type=nfs -o device=:/x -o o=addr=localhost,nfsvers=4,soft,timeo=1,retrans=0 far
	run -125 mini-docker run --rm -v far:/b busybox true
	assert_output --partial "/volumes/far/_data': failed to mount local volume: cannot mount nfs ':/x'"
	mini-docker rm second
	assert_equal "$(cat "$PRIVATE/outside/f")" out
	run -0 mini-docker volume rm bound far looked-at memory wrong
	assert_equal "$(cat "$PRIVATE/outside/f")" out
}

@test "events, and a create that fails leaves no volume" {
	mini-docker run --rm -v told:/t busybox true
	mini-docker volume rm told
	run -0 docker events --since 1h --until "$(($(date +%s) + 1))" --filter volume=told --format '{{.Action}} {{.Actor.ID}}'
	assert_output "create told
mount told
unmount told
destroy told"
	run -125 mini-docker run -v /anonymous -v bad/name:/y busybox true
	run -127 mini-docker run --name made -v /anonymous busybox nothing-there
	mini-docker rm -v made
	run -0 mini-docker volume ls -q
	assert_output ''
}

@test "a part of a volume: found inside, whatever links are on the way" {
	mini-docker run --rm -v data:/d busybox sh -c 'mkdir -p /d/a/b; echo text >/d/a/b/f; ln -s /etc /d/out; ln -s ../../.. /d/up; ln -s a/b /d/in'
	run -0 docker run --rm --mount type=volume,src=data,dst=/p,volume-subpath=a/b busybox sh -c 'ls /p; ls -A /p/..; echo more >/p/g'
	assert_line f
	run -0 mini-docker run --rm --mount type=volume,src=data,dst=/p,volume-subpath=in,readonly busybox sh -c 'ls /p; touch /p/h 2>&1 || true'
	assert_output $'f\ng\ntouch: /p/h: Read-only file system'
	run -0 mini-docker run --rm --mount type=volume,src=data,dst=/x/f,volume-subpath=a/b/f busybox cat /x/f
	assert_output text
	local path
	for path in out up out/passwd a/../out; do
		run -125 mini-docker run --rm --mount "type=volume,src=data,dst=/p,volume-subpath=$path" busybox ls /p
		assert_output --partial "the subpath '$path' leads out of the volume 'data' by a link"
	done
	run -125 docker run --rm --mount type=volume,src=data,dst=/p,volume-subpath=../x busybox true
	assert_output --partial 'subpath must be a relative path within the volume'
	run ! mini-docker run --rm --mount type=volume,src=data,dst=/p,volume-subpath=none busybox true
	assert_output --partial "cannot access the subpath 'none' of the volume 'data'"
	# Also for cp, into one that does not run.
	mini-docker create --name stopped --mount type=volume,src=data,dst=/p,volume-subpath=a/b busybox
	run -0 sh -c 'docker cp stopped:/p/g - | tar xO'
	assert_output more
}

@test "the files of an image, to read" {
	mini-docker run --name base busybox sh -c 'mkdir /files; echo of the image >/files/f'
	mini-docker commit base with:files
	run -0 docker run --rm --mount type=image,src=with:files,dst=/i busybox sh -c 'cat /i/files/f; touch /i/x 2>&1 || true'
	assert_output $'of the image\ntouch: /i/x: Read-only file system'
	run -0 mini-docker run --name part --mount type=image,src=with:files,dst=/i,image-subpath=files busybox ls /i
	assert_output f
	# The name may come to mean another one: the container keeps to the first.
	mini-docker tag with:files only:mounted
	mini-docker tag busybox with:files
	run -0 mini-docker start -a part
	assert_output f
	run -0 mini-docker inspect --format '{{range .Mounts}}{{.Type}} {{.Name}} {{.RW}}{{end}}' part
	assert_output 'image with:files false'
	# It is in use, as that of a container is; by force its name goes.
	run ! mini-docker rmi only:mounted
	assert_output --partial 'conflict: unable to remove repository reference "only:mounted" (must force) - container'
	run -0 mini-docker image prune -af
	mini-docker image inspect only:mounted
	mini-docker rmi -f only:mounted
	run -0 mini-docker start -a part
	assert_output f
	mini-docker rm part
	run -125 mini-docker run --rm --mount type=image,src=nothing,dst=/i busybox true
	assert_output --partial 'No such image: nothing:latest'
	run -125 mini-docker run --rm --mount type=image,src=busybox,dst=/i,image-subpath=etc/../../x busybox true
	assert_output --partial 'subpath must be a relative path'
}

@test "a folder without a record is a volume again: nothing is lost by a guess" {
	mini-docker run --rm -v kept:/k busybox sh -c 'echo 1 >/k/f'
	private_stop
	mkdir -p "$PRIVATE/root/volumes/found/_data" "$PRIVATE/root/volumes/-no/_data" "$PRIVATE/root/volumes/empty"
	echo 2 >"$PRIVATE/root/volumes/found/_data/f"
	private_start
	run -0 mini-docker volume ls -q
	assert_output $'found\nkept'
	run -0 mini-docker run --rm -v found:/f -v kept:/k busybox cat /f/f /k/f
	assert_output $'2\n1'
	rm -r "$PRIVATE/root/volumes/-no" "$PRIVATE/root/volumes/empty"
}
