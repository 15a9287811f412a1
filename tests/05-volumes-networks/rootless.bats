# The daemon of an ordinary user: his own namespaces, ports of the machine's network, what outlives a
# daemon, and what is not there for him.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/sandbox

# `ranger` may map 300000 to 365535, `plain` his own id only. The machine does not know them: all of
# it happens where files of this test lie over those of /etc, and /dev/net/tun is everybody's.
setup_file() {
	sandbox_open 1g
	chmod 711 "$PRIVATE"
	mkdir "$PRIVATE/etc" "$PRIVATE/bin" "$PRIVATE/www"
	cp /etc/passwd /etc/group "$PRIVATE/etc"
	printf '%s\n' plain:x:4646:4646::/:/bin/sh ranger:x:4545:4545::/:/bin/sh >>"$PRIVATE/etc/passwd"
	printf '%s\n' plain:x:4646: ranger:x:4545: >>"$PRIVATE/etc/group"
	echo ranger:300000:65536 | tee "$PRIVATE/etc/subuid" >"$PRIVATE/etc/subgid"
	echo from outside >"$PRIVATE/www/index.html"
	# shellcheck disable=SC2016 # the inner shell's variables
	private_enter bash -euc '
		for file in passwd group subuid subgid; do
			mount --bind "$1/etc/$file" "/etc/$file"
		done
		mount --bind "$2" "$1/bin"
		mkdir -p /dev/net
		mount -t tmpfs private-tun /dev/net
		mknod -m 666 /dev/net/tun c 10 200
		chmod 711 "$1/root"
		for user in ranger:4545 plain:4646; do
			mkdir "$1/root/${user%:*}" "$1/run/${user%:*}"
			chown "${user#*:}:${user#*:}" "$1/root/${user%:*}" "$1/run/${user%:*}"
		done
		chmod 711 "$1/run"
		# The machine has a network: there it has a server, and what is beyond is nowhere.
		ip link add machine0 type bridge
		ip addr add 192.0.2.1/24 dev machine0
		ip link set machine0 up
		ip route add default via 192.0.2.254' set_up "$PRIVATE" "$MINI_BIN"
	(
		private_close_descriptors
		private_join
		private_exec python3 -m http.server -d "$PRIVATE/www" --bind 192.0.2.1 8000
	) </dev/null >>"$PRIVATE/server.log" 2>&1 &
	disown $!
	sandbox_eventually 20 private_enter curl -s -o "$PRIVATE/hello" http://192.0.2.1:8000/
}

teardown_file() {
	sandbox_end
}

teardown() {
	if [ -n "$(processes)" ]; then
		mini-docker ps -aq | xargs -r mini-docker rm -f || true
		stop_daemon
	fi
	cat "$PRIVATE/user.log"
}

# as USER COMMAND...: in the machine's network, with what logging in gives
as() {
	private_enter setpriv --reuid "$1" --regid "$1" --clear-groups -- env -u USER -u DOCKER_HOST \
		HOME="$PRIVATE/root/$1" XDG_RUNTIME_DIR="$PRIVATE/run/$1" \
		PATH="$PRIVATE/bin:/usr/sbin:/usr/bin:/sbin:/bin" "${@:2}"
}

# start_daemon USER [VARIABLE=VALUE...]: DOCKER_HOST is his from now on
start_daemon() {
	DAEMON_USER=$1
	export DOCKER_HOST=unix://$PRIVATE/run/$1/docker.sock
	(
		private_close_descriptors
		private_join
		as "$1" "${@:2}" mini-dockerd-rootless
	) </dev/null >>"$PRIVATE/user.log" 2>&1 &
	disown $!
	sandbox_eventually 20 mini-docker version --format x
}

daemon_pid() {
	cat "$PRIVATE/run/$DAEMON_USER/mini-docker/mini-dockerd.pid"
}

# All that are his and not dead.
processes() {
	ps -u 4545,4646 -o stat=,args= | sed '/^Z/d'
}

nobody_is_left() {
	[ -z "$(processes)" ]
}

stop_daemon() {
	kill "$(daemon_pid)" || true
	sandbox_eventually 20 nobody_is_left
}

image() {
	"$SANDBOX_HELPER/busybox-rootfs" | mini-docker import --change 'CMD ["sh"]' - busybox
}

answers() {
	[ "$(private_enter curl -s -m 5 "$2")" = "$1" ]
}

# Somebody in the machine's network has the port.
listens() {
	private_enter ss -ltn | grep -q ":$1 "
}

serve() {
	mini-docker run -d --name web "$@" busybox \
		sh -c 'mkdir /www; echo web >/www/index.html; exec httpd -f -p 80 -h /www'
}

# What a container gets from a server of the machine's network.
reaches_outside() {
	mini-docker run --rm busybox wget -qO- http://192.0.2.1:8000/ |
		grep -q 'from outside'
}

@test "a user with a range of ids: run, exec, volumes, networks, limits, ports" {
	start_daemon ranger
	image
	assert_equal "$(stat -c %u "/proc/$(daemon_pid)")" 4545
	run -0 docker info
	assert_line --regexp '^ +rootless$'
	assert_line --partial 'Running in rootless-mode without cgroups'
	run -0 docker run --rm -v data:/data busybox sh -c \
		'id -u; awk "{ print \$2 }" /proc/self/uid_map; chown 33:34 /data; stat -c %u:%g /data'
	assert_output $'0\n4545\n300000\n33:34'
	assert_equal "$(private_enter stat -c %u:%g \
		"$PRIVATE/root/ranger/.local/share/mini-docker/volumes/data/_data")" 300032:300033
	run -0 docker run --rm -m 64m busybox true
	assert_output --partial 'Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.'
	run -125 docker run --rm --cpus 1 busybox true
	assert_output --partial 'NanoCPUs can not be set'

	serve -p 8080:80
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	assert answers web http://192.0.2.1:8080/
	run -0 docker exec web id -u
	assert_output 0
	run -0 docker top web
	assert_output --partial httpd
	run ! docker pause web
	assert_output --partial 'only in a cgroup with a freezer'
	docker restart -t 0 web
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	docker network create -o com.docker.network.bridge.name=own0 own
	docker network connect own web
	run -0 docker run --rm --network own busybox wget -qO- http://web/
	assert_output web
	# The machine's interfaces are not touched, and it is reached by the program that speaks for us.
	run ! private_enter ip link show own0
	sandbox_eventually 20 reaches_outside
}

@test "ports: taken ones, those below 1024, one address, udp; a large answer comes whole" {
	start_daemon ranger
	image
	private_exec socat TCP-LISTEN:8081,bind=127.0.0.1 STDOUT 3>&- &
	sandbox_eventually 20 listens 8081
	run -125 mini-docker run -d -p 8081:80 busybox true
	assert_output --partial 'address already in use'
	kill $!
	run -126 mini-docker run -d -p 80:80 busybox true
	assert_output --partial 'cannot expose privileged port 80'
	run -125 mini-docker run -d -p 192.0.2.77:8082:80 busybox true
	assert_output --partial 'cannot assign requested address'
	serve -p 192.0.2.1:8080:80 -p 5300:53/udp
	sandbox_eventually 20 answers web http://192.0.2.1:8080/
	run ! private_enter curl -s -m 5 http://127.0.0.1:8080/
	docker exec web sh -c 'head -c 30000000 /dev/zero >/www/large'
	assert_equal "$(private_enter curl -s http://192.0.2.1:8080/large | wc -c)" 30000000
	(exec nsenter -t "$(mini-docker inspect -f '{{.State.Pid}}' web)" -U -n --preserve-credentials \
		socat UDP4-RECVFROM:53,fork EXEC:cat 3>&-) &
	local server=$!
	echoes() {
		[ "$(echo x | private_enter socat -t 2 - UDP4:127.0.0.1:5300)" = x ]
	}
	sandbox_eventually 20 echoes
	kill $server
	docker rm -f web
	run ! private_enter curl -s -m 5 http://192.0.2.1:8080/
}

@test "kill -9 of the daemon: containers, ports and names go on, and the next one finds them" {
	start_daemon ranger
	image
	serve -p 8080:80
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	kill -KILL "$(daemon_pid)"
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	start_daemon ranger
	assert_equal "$(mini-docker inspect -f '{{.State.Running}}' web)" true
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	run -0 mini-docker exec web cat /www/index.html
	assert_output web
	mini-docker rm -f web
	# Nobody in there, nobody holds it: processes, sockets and the network's program are gone.
	stop_daemon
	run -0 find "$PRIVATE/run/ranger" -type s
	assert_output ''
}

@test "a user with his own id only, and pasta" {
	start_daemon plain MINI_ROOTLESS_NET=pasta
	image
	run -0 mini-docker run --rm busybox sh -c 'id -u; awk "{ print \$2, \$3 }" /proc/self/uid_map'
	assert_output $'0\n4646 1'
	serve -p 8080:80
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
	sandbox_eventually 20 reaches_outside
	run -0 processes
	assert_line --partial 'pasta --foreground'
}

@test "what cannot be is told" {
	run -1 as ranger env -u XDG_RUNTIME_DIR mini-dockerd-rootless
	assert_output --partial 'XDG_RUNTIME_DIR needs to be set'
	run -1 as ranger env MINI_ROOTLESS_NET=carrier-pigeon mini-dockerd-rootless
	assert_output --partial "'carrier-pigeon' is not slirp4netns, pasta or none"
	run -1 as ranger env PATH=/nowhere "$PRIVATE/bin/mini-dockerd-rootless"
	assert_output --partial 'install the package slirp4netns or passt'
	run -1 as ranger mini-dockerd
	assert_output --partial 'mini-dockerd-rootless as yourself'
	run -1 mini-dockerd-rootless
	assert_output --partial 'root starts mini-dockerd'
	run -1 mini-dockerd --rootless
	assert_output --partial 'start it with mini-dockerd-rootless'
	run -0 as ranger mini-dockerd-rootless --version
	sandbox_eventually 20 nobody_is_left
	start_daemon ranger MINI_ROOTLESS_NET=none
	image
	serve -p 8080:80
	sandbox_eventually 20 answers web http://127.0.0.1:8080/
}
