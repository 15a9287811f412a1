# How mounts are mounted: what the host sees of them, which of two wins, what comes from another
# container, and what a volume has when its filling was cut short. With Docker's client.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/daemon

teardown() {
	sandbox_remove_containers
	mini-docker volume ls -q | xargs -r mini-docker volume rm >/dev/null
	private_enter umount -l "$PRIVATE/host" 2>/dev/null || true
}

# A folder that is a mount, with another one in it. $1: shared or private
host_folder() {
	mkdir -p "$PRIVATE/host"
	private_enter sh -euc '
		mount -t tmpfs host "$1"
		mount --make-"$2" "$1"
		mkdir "$1/below"
		mount -t tmpfs below "$1/below"
		touch "$1/below/file"' sh "$PRIVATE/host" "$1"
}

@test "a place of the image's VOLUME is free for memory, which is what is there then" {
	mini-docker create --name plain busybox
	mini-docker commit --change 'VOLUME ["/one","/two","/three"]' plain with:volumes
	run -0 docker run --rm --tmpfs /one --mount type=tmpfs,dst=/two with:volumes \
		awk '$2 ~ "^/(one|two)$" { print $3 }' /proc/mounts
	assert_output $'tmpfs\ntmpfs'
	docker create --name memory --tmpfs /one with:volumes
	run -0 docker inspect -f '{{range .Mounts}}{{.Destination}} {{end}}' memory
	assert_output --regexp '^/(two|three) /(two|three) $'
	# It is nobody else's, either: who takes the rest over has none of it.
	docker create --name giver -v given:/one --mount type=tmpfs,dst=/memory busybox
	run -0 docker run --rm --volumes-from giver --tmpfs /one busybox \
		awk '$2 ~ "^/(one|memory)$" { print $2, $3 }' /proc/mounts
	assert_output '/one tmpfs'
}

@test "--volumes-from gives no more than the other one has: a part, one mount alone, its propagation" {
	host_folder shared
	mini-docker run --rm -v data:/d busybox sh -c 'mkdir -p /d/part; echo secret >/d/all; echo ours >/d/part/file'
	docker create --name source --mount type=volume,src=data,dst=/part,volume-subpath=part \
		--mount "type=bind,src=$PRIVATE/host,dst=/alone,bind-nonrecursive" \
		-v "$PRIVATE/host:/slave:rslave" busybox
	docker create --name second --volumes-from source:ro busybox
	local from
	for from in source second; do
		run -0 docker run --rm --volumes-from $from busybox \
			sh -c 'ls /part /alone/below; grep -o "/slave r[ow],.* master" /proc/self/mountinfo'
		assert_line file
		refute_line all
		refute_output --regexp $'below:\nfile'
		assert_line --regexp 'master'
	done
	run -1 docker run --rm --volumes-from second busybox sh -c 'touch /part/x 2>&1'
	assert_output --partial 'Read-only file system'
	# How it is taken over is for us to know.
	run -0 docker inspect second
	refute_output --partial TakenMounts
	mini-docker rm source
	private_stop KILL
	private_start
	run -0 docker start second
	run -0 docker run --rm --volumes-from second busybox ls /part
	assert_output file
}

@test "what is mounted in a shared folder is seen on the host, in a slave the other way, and never in silence" {
	host_folder shared
	docker run --rm --privileged -v "$PRIVATE/host:/host:rshared" busybox \
		sh -c 'mkdir /host/made; mount -t tmpfs made /host/made; touch /host/made/file'
	run -0 private_enter ls "$PRIVATE/host/made"
	assert_output file
	docker run -d --name looks -v "$PRIVATE/host:/slave:rslave" -v "$PRIVATE/host:/private" busybox sleep 1000
	private_enter sh -c 'mkdir "$1/late"; mount -t tmpfs late "$1/late"; touch "$1/late/file"' sh "$PRIVATE/host"
	run -0 docker exec looks sh -c 'ls /slave/late; echo; ls /private/late'
	assert_output file
	docker rm -f looks
	private_enter umount -l "$PRIVATE/host"
	host_folder private
	run -125 docker run --rm -v "$PRIVATE/host:/host:rshared" busybox true
	assert_output --partial "path $PRIVATE/host is mounted on $PRIVATE/host but it is not a shared mount"
	run -125 docker run --rm --mount "type=bind,src=$PRIVATE/host/below,dst=/h,bind-propagation=slave" busybox true
	assert_output --partial "is mounted on $PRIVATE/host/below but it is not a shared or slave mount"
}

@test "a folder to read: what is mounted below it can only be read, too, unless that is said" {
	host_folder private
	run -1 docker run --rm -v "$PRIVATE/host:/h:ro" busybox touch /h/below/x
	assert_output --partial 'Read-only file system'
	run -1 docker run --rm --mount "type=bind,src=$PRIVATE/host,dst=/h,readonly,bind-recursive=readonly,bind-propagation=rprivate" \
		busybox touch /h/below/x
	assert_output --partial 'Read-only file system'
	docker run --rm --mount "type=bind,src=$PRIVATE/host,dst=/h,readonly,bind-recursive=writable" \
		busybox touch /h/below/x
	assert [ -e "/proc/$PRIVATE_HOLDER/root$PRIVATE/host/below/x" ]
	# Clients that are older than this mean what they meant.
	sandbox_api POST '/v1.43/containers/create?name=old' '{"Image":"busybox","Cmd":["rm","/h/below/x"],"HostConfig":
		{"Mounts":[{"Type":"bind","Source":"'"$PRIVATE/host"'","Target":"/h","ReadOnly":true}]}}'
	assert_equal "$status" 201
	docker start -a old
}

@test "wrong types are told, and do not stop whoever lists what is there" {
	local body
	for body in '{"Name":"bad","Labels":{"a":5}}' '{"Name":"bad","DriverOpts":{"type":5,"device":"x"}}'; do
		sandbox_api POST /volumes/create "$body"
		assert_equal "$status" 400
		assert_output --partial 'must be an object of strings'
	done
	sandbox_api POST /containers/create '{"Image":"busybox","HostConfig":{"Mounts":[{"Type":"volume","Target":"/a","VolumeOptions":{"Labels":{"a":5}}}]}}'
	assert_equal "$status" 400
	run -0 docker volume ls -q
	assert_output ''
	# An empty text is an option that says nothing.
	docker volume create -o type= -o device= -o o= nothing
	docker run --rm -v nothing:/n busybox touch /n/file
}

@test "several that begin with one new volume all see all of it" {
	mini-docker run --name base busybox sh -c 'mkdir /many; cd /many; for i in $(seq 100); do mkdir $i; touch $i/1 $i/2 $i/3 $i/4 $i/5; done'
	mini-docker commit base with:many
	local i pids=()
	for i in 1 2 3 4 5 6; do
		mini-docker run --rm --network none -v many:/many with:many \
			sh -c 'find /many -type f | wc -l' >"$BATS_TEST_TMPDIR/$i" 2>&1 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	run -0 sh -c "sort -u '$BATS_TEST_TMPDIR'/?"
	assert_output 500
}

@test "a daemon that is killed while it fills a volume: the next one fills it again" {
	mini-docker run --name base busybox sh -c 'mkdir /many; cd /many; for i in $(seq 1500); do mkdir $i; touch $i/1 $i/2 $i/3 $i/4 $i/5; done'
	mini-docker commit base with:many
	mini-docker create -v whole:/many with:many
	run -0 find "$PRIVATE/root/volumes/whole" -maxdepth 1 -name filling
	assert_output ''
	mini-docker create -v half:/many with:many 3>&- &
	local waits=$!
	sandbox_eventually 10 test -d "$PRIVATE/root/volumes/half/_data/100"
	private_stop KILL
	wait $waits || true
	assert [ "$(find "$PRIVATE/root/volumes/half/_data" -type f | wc -l)" -lt 7500 ]
	private_start
	run -0 mini-docker run --rm -v half:/many with:many sh -c 'find /many -type f | wc -l'
	assert_output 7500
}

# /etc/resolv.conf of a system that has systemd is a link into an empty /run.
@test "a mount on a link that leads nowhere makes the place, inside" {
	"$SANDBOX_HELPER/busybox-rootfs" >"$BATS_TEST_TMPDIR/root.tar"
	mkdir -p "$BATS_TEST_TMPDIR/more/etc"
	ln -s ../run/systemd/resolve/stub.conf "$BATS_TEST_TMPDIR/more/etc/resolv.conf"
	ln -s /data/later "$BATS_TEST_TMPDIR/more/later"
	tar -C "$BATS_TEST_TMPDIR/more" -rf "$BATS_TEST_TMPDIR/root.tar" --owner 0 --group 0 etc/resolv.conf later
	mini-docker import --change 'CMD ["sh"]' "$BATS_TEST_TMPDIR/root.tar" with:links
	run -0 docker run --rm --dns 192.0.2.1 -v data:/later -w /later/work with:links \
		sh -c 'pwd; touch file; grep ^nameserver /run/systemd/resolve/stub.conf'
	assert_output $'/data/later/work\nnameserver 192.0.2.1'
	# Also for cp, where nothing runs.
	docker create --name stopped -v data:/later with:links
	run -0 sh -c 'docker cp stopped:/data/later/work - | tar t'
	assert_line work/file
}

# What the first copy wrote goes again, or the next container would take the half for all there is.
@test "a disk that is full while a volume is filled: nothing of it stays, and the next one fills it" {
	private_keep big
	sandbox_start -s 64m
	sandbox_image
	mini-docker run --name base --network none busybox sh -c 'mkdir -m 750 /half; head -c 8000000 /dev/urandom >/half/a; head -c 8000000 /dev/urandom >/half/b'
	mini-docker commit base with:half
	mini-docker rm base
	sandbox_enter dd if=/dev/zero of="$PRIVATE/root/ballast" bs=64k count=250 2>/dev/null
	run -125 docker run --rm --network none -v half:/half with:half true
	assert_output --partial "cannot copy the image's '/half' into the volume 'half'"
	assert_output --partial 'o space left'
	run -0 sandbox_enter find "$PRIVATE/root/volumes/half" -mindepth 1
	assert_output "$PRIVATE/root/volumes/half/_data"
	sandbox_enter rm "$PRIVATE/root/ballast"
	run -0 docker run --rm --network none -v half:/half with:half sh -c 'stat -c %s /half/*'
	assert_output $'8000000\n8000000'
	sandbox_remove_containers
	mini-docker volume rm half
	sandbox_end
	private_use big
}
