# docker cp, both ways: what becomes of what, what lies under links, in mounts, in containers that run
# and that do not, and what a container that is hostile can reach. With Docker's own client and with
# ours, and the API itself.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
	mkdir "$PRIVATE/volume"
	docker run -d --name live -v "$PRIVATE/volume:/volume" -v "$PRIVATE/volume:/readonly:ro" busybox sh -c '
		mkdir -p /d/e /dir; echo hi >/d/f; chmod 4750 /d/f; ln -s /d/e /d/l; ln -s ../d /up; ln /d/f /d/h
		mkfifo /d/p; ln -s nowhere /d/dang; ln -s /d/new /d/later; echo .wh. >/d/.wh.x; chown 12:34 /d/e
		touch -d "2001-02-03 04:05:06" /d/f /d/e; echo done >/ready; trap exit TERM; sleep 1000 & wait'
	docker create --name still -v "$PRIVATE/volume:/volume" busybox
	sandbox_eventually 10 docker exec live test -e /ready
	sandbox_remember
}

teardown_file() {
	sandbox_remove_containers
	sandbox_end
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p src/sub
	echo one >src/one
	echo two >src/sub/two
	ln -s sub src/link
}

# Both clients do the same, each in a folder of its own, which is also the % of their arguments; what
# they say is compared, too.
both() {
	local client
	for client in docker mini-docker; do
		mkdir -p "$client"
		(cd "$client" && $client "${@//%/$client}") >"$client.out" 2>&1 || echo "exit $?" >>"$client.out"
		sed -i "s|$BATS_TEST_TMPDIR/$client/||g; s|$BATS_TEST_TMPDIR/$client|.|g; s|$BATS_TEST_TMPDIR/||g; /level=error msg=/d" "$client.out"
	done
	diff docker.out mini-docker.out &&
		cat docker.out
}

# What both have made.
same() {
	local client
	for client in docker mini-docker; do
		(cd "$client" && find . -mindepth 1 -printf '%P %y %m %s %l\n' | sed 's/ d \([0-9]*\) [0-9]* / d \1 /' | sort) >"$client.list"
	done
	diff docker.list mini-docker.list &&
		cat docker.list
}

req() {
	curl -s --unix-socket "${DOCKER_HOST#unix://}" -H 'Content-Type: application/x-tar' "$@"
}

# The stat of a path of the container live.
stat_of() {
	req -I "http://d/v1.41/containers/live/archive?path=$1" | tr -d '\r' |
		awk 'tolower($1) == "x-docker-container-path-stat:" { print $2 }' | base64 -d
}

@test "HEAD: what is at a path, by its own name, with where a link leads" {
	local path
	for path in / /d/. /d/ /d/l /d/l/ /up /up/l /up/../d/l ../../d/f /d/dang /d/p; do
		stat_of "$path"
		echo
	done >stats
	run -0 jq -r '[.name, .mode, .linkTarget] | join(" ") | rtrimstr(" ")' stats
	assert_output - <<-'EOF'
		/ 2147484141
		. 2147484141
		d 2147484141
		l 134218239 /d/e
		l 2147484141
		up 134218239 /d
		l 134218239 /d/e
		l 134218239 /d/e
		f 8389096
		dang 134218239 /d/nowhere
		p 33554852
	EOF
	run -0 jq -r '[.size, .mtime] | join(" ")' <<<"$(stat_of d/f)"
	assert_output '3 2001-02-03T04:05:06Z'
	for path in /nope /nope/ /d/dang/; do
		run -0 req -o /dev/null -w '%{http_code}' -I "http://d/v1.41/containers/live/archive?path=$path"
		assert_output 404
	done
	run -0 req -w '%{http_code}' "http://d/v1.41/containers/live/archive?path=/nope"
	assert_output --regexp 'Could not find the file /nope in container live.*404$'
	run -0 req -w '%{http_code}' "http://d/v1.41/containers/live/archive?path="
	assert_output --regexp 'bad parameter: path.*400$'
	run -0 req -w '%{http_code}' "http://d/v1.41/containers/live/archive?path=/d/f/"
	assert_output --regexp '[Nn]ot a directory.*500$'
	run -0 req -w '%{http_code}' "http://d/v1.41/containers/nobody/archive?path=/"
	assert_output --regexp 'No such container: nobody.*404$'
}

@test "GET: names begin with the last one that was asked for" {
	local path want
	while read -r path want; do
		run -0 bash -c "$(declare -f req); req 'http://d/v1.41/containers/live/archive?path=$path' | tar -tPf - | sort | tr '\n' ' '"
		assert_equal "$path: $output" "$path: $want "
	done <<-'EOF'
		/d d/ d/.wh.x d/dang d/e/ d/f d/h d/l d/later d/p
		/up/ up/ up/.wh.x up/dang up/e/ up/f up/h up/l up/later up/p
		/d/. ./ ./.wh.x ./dang ./e/ ./f ./h ./l ./later ./p
		/up up
		/d/l/ l/
		/d/f f
		/d/p p
	EOF
	run -0 bash -c "$(declare -f req); req 'http://d/v1.41/containers/live/archive?path=/' | tar -tPf -"
	assert_line /
	assert_line /d/e/
	assert_line /bin/busybox
	refute_line --regexp '^/(proc|sys)/.'
	req 'http://d/v1.41/containers/live/archive?path=/up/' >up.tar
	run -0 tar -tvf up.tar
	assert_line --regexp 'up/h link to up/f'
	assert_line --regexp '^-rwsr-x--- .* up/f$'
	assert_line --regexp '^p.* up/p$'
	assert_line --regexp '^d.* 12/34 .* up/e/$'
}

@test "out: what becomes of what, on the disk" {
	both cp live:/d/f .
	both cp live:/d/f as-file
	both cp live:/d as-folder
	both cp live:/d/. contents
	mkdir -p {docker,mini-docker}/there
	both cp live:/up/ there
	both cp live:/d/l there
	both cp -L live:/d/l there/l2
	echo old | tee {docker,mini-docker}/there/over2 >/dev/null
	both cp live:/d/f there/over2
	ln -s there/linked docker/via
	ln -s there/linked mini-docker/via
	both cp live:/d/f via
	run -0 same
	assert_line 'f f 4750 3 '
	assert_line 'as-folder/f f 4750 3 '
	assert_line 'contents/l l 777 4 /d/e'
	assert_line 'there/up/f f 4750 3 '
	assert_line 'there/linked f 4750 3 '
	run -0 stat -c '%u %Y %h' mini-docker/as-folder/f
	assert_output "0 981173106 2"
}

@test "out: what is refused, in Docker's words" {
	run -0 both cp live:/nope .
	assert_output $'Error response from daemon: Could not find the file /nope in container live\nexit 1'
	run -0 both cp live:/d no/where
	assert_output --partial 'invalid output path: directory "no" does not exist'
	run -0 both cp live:/d/f new/
	assert_output $'no such directory\nexit 1'
	run -0 both cp live:/d ../src/one
	assert_output $'cannot copy directory\nexit 1'
	run -0 both cp live:/d/f /dev/null
	assert_output --partial 'must be a directory or a regular file: got a device'
	run -0 both cp a b
	assert_output $'must specify at least one container source\nexit 1'
	run -0 both cp live:/a still:/b
	assert_output $'copying between containers is not supported\nexit 1'
	run -0 both cp '' live:/x
	assert_output $'source can not be empty\nexit 1'
	mkdir -p {docker,mini-docker}/f
	run -0 both cp live:/d/f .
	assert_output $'cannot overwrite directory "f" with non-directory "."\nexit 1'
}

@test "in: what becomes of what, in a container" {
	docker exec live sh -c 'mkdir -p /in/docker /in/mini-docker; for i in /in/*; do cd $i; mkdir dir; ln -s dir l; ln -s $i/new later; done'
	both cp ../src/one live:/in/%
	both cp ../src/one live:/in/%/renamed
	both cp ../src live:/in/%/new
	both cp ../src/. live:/in/%/contents
	both cp ../src/sub/ live:/in/%/sub2/
	both cp ../src/link live:/in/%
	both cp -L ../src/link live:/in/%/followed
	both cp ../src/one live:/in/%/l
	both cp ../src/one live:in/%/dir/two
	docker exec live rm -r /in/docker/new /in/mini-docker/new
	both cp ../src/one live:/in/%/later
	run -0 docker exec live sh -c 'cd /in/docker; find . | sort; cat new; ls -l later'
	assert_output --regexp "^\.
./contents
./contents/link
./contents/one
./contents/sub
./contents/sub/two
./dir
./dir/one
./dir/two
./followed
./followed/two
./l
./later
./link
./new
./one
./renamed
./sub2
./sub2/two
one
lrwx.* later -> /in/docker/new$"
	run -0 docker exec live sh -c 'cd /in; for i in *; do (cd $i; find . ! -name later -exec ls -ld {} + | sed "s/ [A-Z][a-z][a-z] .*:[0-9]* / /" | sort -k6) >/in/$i.list; done; diff docker.list mini-docker.list'
}

@test "in: what is refused, in Docker's words" {
	# Go has its own words for what the C library says, so these two differ.
	local client
	for client in docker mini-docker; do
		run -1 $client cp /nope live:/d
		assert_output --regexp 'lstat /.*nope: [Nn]o such file'
	done
	run -0 both cp ../src live:/d/f
	assert_output $'cannot copy directory\nexit 1'
	run -0 both cp ../src/one live:/newdir/
	assert_output $'no such directory\nexit 1'
	run -0 both cp - live:/d/f
	assert_output $'destination "live:/d/f" must be a directory\nexit 1'
	run -0 both cp ../src/one live:/no/where
	assert_output --partial 'Could not find the file /no in container live'
	run -0 both cp ../src/one live:/readonly
	assert_output --partial 'mounted volume is marked read-only'
	docker create --read-only --name fixed -v "$PRIVATE/volume:/volume" busybox sleep 60
	run -0 both cp ../src/one fixed:/bin
	assert_output --partial 'container rootfs is marked read-only'
	both cp ../src/one fixed:/volume
	docker start fixed
	run -0 both cp ../src/one fixed:/bin
	assert_output --partial 'container rootfs is marked read-only'
	docker rm -f fixed
	tar -cf one.tar -C src one
	run -0 req -w ' %{http_code}' -T one.tar 'http://d/v1.41/containers/live/archive?path=/d/f'
	assert_output --partial 'extraction point is not a directory'
	docker exec live mkdir /d/e/kind /d/e/kind/one
	run -0 req -w ' %{http_code}' -T one.tar 'http://d/v1.41/containers/live/archive?path=/d/e/kind&noOverwriteDirNonDir=1'
	assert_output --partial 'cannot overwrite directory'
	run -0 req -w '%{http_code}' -T one.tar 'http://d/v1.41/containers/live/archive?path=/d/e/kind'
	assert_output 200
	assert_equal "$(docker exec live cat /d/e/kind/one)" one
}

@test "in: owners, modes and times are the archive's; copyUIDGID gives all to the container's user" {
	chown 12:34 src/one
	chmod 4711 src/one
	touch -d '2001-02-03 04:05:06' src/one
	docker create --name owned -u daemon busybox
	mini-docker cp src/one owned:/bin/kept
	mini-docker cp -a src/one owned:/bin/given
	docker cp owned:/bin - | tar --numeric-owner -tvf - >list
	run -0 awk '$6 ~ /given|kept/ { print $1, $2, $6 }' list
	assert_output $'-rws--x--x 1/1 bin/given\n-rws--x--x 12/34 bin/kept'
	docker rm owned
}

@test "as a tar to and from pipes, compressed too, and whole at any size" {
	head -c 30M /dev/urandom >src/big
	tar -cz -C src . | mini-docker cp - live:/dir
	run -0 docker exec live sh -c 'sha256sum /dir/big | cut -c 1-64'
	assert_output "$(sha256sum src/big | cut -c 1-64)"
	mini-docker cp live:/dir/big - | tar -xO | cmp - src/big
	docker cp live:/dir/big - | tar -xO | cmp - src/big
	docker exec live rm /dir/big
	run -0 req -w '%{http_code}' -T src/one "http://d/v1.41/containers/live/archive?path=/dir"
	[ -n "${PRIVATE_DAEMON-}" ] || assert_output --partial 'cannot read the tar'
}

@test "a container that does not run: its own files, its mounts, and nothing left of the look" {
	echo outside >"$PRIVATE/volume/outside"
	both cp ../src still:/%
	both cp still:/%/one one
	both cp still:/volume/outside outside
	both cp ../src/one still:/volume/inside
	assert_equal "$(cat "$PRIVATE/volume/inside" docker/one mini-docker/one mini-docker/outside)" \
		$'one\none\none\noutside'
	sandbox_assert_nothing_left
	run -0 docker start -a still
	docker run --rm -v "$PRIVATE/volume:/volume" busybox rm /volume/inside
	run -0 docker events --since 1 --until "$(date +%s.%N)" --filter container=still --format '{{.Action}}'
	assert_line archive-path
	assert_line extract-to-dir
}

# Whoever looks a name up from outside must come to a place in the container, whatever it was a moment
# ago. Here a folder of the container is exchanged for a link to one of the host some 100,000 times a
# second, for which the test itself plays the hostile process, in a bind mount.
@test "a container that is just ending: its files are there" {
	local time id
	for time in 0 0.001 0.002 0.003 0.004 0.005 0.006 0.007 0.008 0.009; do
		id=$(mini-docker run -d busybox sleep "$time")
		run -0 mini-docker cp "$id:/etc/hostname" "$BATS_TEST_TMPDIR/name"
		mini-docker kill -s KILL "$id" >/dev/null 2>&1 || true
		run -0 mini-docker cp "$id:/etc/hostname" "$BATS_TEST_TMPDIR/name"
		mini-docker rm -f "$id"
	done
}

@test "a container that changes folders for links while files are copied does not reach the host" {
	local outside=$PRIVATE/outside racer
	mkdir -p "$outside" "$PRIVATE/race/d"
	echo secret >"$outside/file"
	chmod 600 "$outside/file"
	echo public >"$PRIVATE/race/d/file"
	ln -s "$outside" "$PRIVATE/race/l"
	docker run -d --name racer -v "$PRIVATE/race:/r" busybox sleep 1000
	python3 -c '
import ctypes, os, sys
os.chdir(sys.argv[1])
libc = ctypes.CDLL(None)
while os.getppid() != 1:
    for _ in range(10000):
        libc.renameat2(-100, b"d", -100, b"l", 2)
' "$PRIVATE/race" 3>&- &
	racer=$!
	mkdir in
	echo public >in/file
	tar -cf in.tar -C in file
	mkfifo -m 777 in/fifo
	rm in/file
	mknod in/file p
	chmod 777 in/file
	tar -cf fifo.tar -C in file
	# One connection for many requests: each of them is a chance.
	local url='http://d/v1.41/containers/racer/archive?path=/r/d'
	req -o in1 -T in.tar "$url&n=[1-50]"
	req -o in2 -T fifo.tar "$url&n=[1-50]"
	req -o out.1 "$url/.&n=[1-100]"
	req -o out.2 "$url/file&n=[1-100]"
	# And some of them met the folder.
	some_copied() {
		req -o out.3 "$url/.&n=[1-20]"
		grep -lq ustar out.*
	}
	sandbox_eventually 20 some_copied
	kill $racer
	docker rm -f racer
	grep -lq 'ustar' out.*
	run -1 grep -l secret out.*
	run -0 find "$outside" -printf '%P %m %s\n'
	assert_output --regexp $'^ 755 [0-9]+\nfile 600 7$'
}

@test "mini-docker cp: --help is docker's, the terminal shows how far it is" {
	run -0 mini-docker cp --help
	assert_output "$(docker cp --help | sed 's/docker/mini-docker/g')"
	run -0 pty 'spawn("mini-docker", "cp", "live:/d/f", "f"); wait()'
	assert_output --partial 'Copying from container - '
	assert_output --regexp 'Successfully copied [0-9.]+kB to .*/f'
	run -1 mini-docker cp live:/d/f
	assert_output --partial "requires 2 arguments"
}
