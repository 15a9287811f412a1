# Two daemons on two hosts: each in network namespaces of its own, with a cable from one to the other.
# Both have the same default subnet, as hosts do that know nothing of each other.
# shellcheck disable=SC2154 # near_ and far_: private_keep sets them
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

# The sandbox is the near host; the far one is opened here, and is there as long as a test.
setup() {
	private_keep near
	private_open ""
	private_keep far
	private_start
	"$SANDBOX_HELPER/busybox-rootfs" | mini-docker import --change 'CMD ["sh"]' - busybox:latest
	private_enter ip link add wire type veth peer name wire netns "$near_PRIVATE_HOLDER"
	plug far 192.0.2.2
	plug near 192.0.2.1
}

teardown() {
	[ -z "${far_PRIVATE-}" ] || (private_use far && private_close)
	private_use near
	sandbox_remove_containers
	mini-docker network prune -f
	mini-docker volume prune -af
}

# $1: a host; $2: its address on the wire.
plug() {
	private_use "$1"
	private_enter ip link set lo up
	private_enter ip addr add "$2/24" dev wire
	private_enter ip link set wire up
}

# $1: a host; then a command with its daemon's client.
on() {
	private_use "$1"
	"${@:2}"
}

answers() {
	on "$1" mini-docker run --rm "${@:2}" | grep -qx "$ANSWER"
}

@test "a container of one host reaches what one of the other has published, and nothing else of it" {
	on far mini-docker run -d --name web -p 8080:80 -p 192.0.2.2:9090:90/udp busybox \
		sh -c 'mkdir /www; echo far >/www/index.html; exec httpd -f -v -p 80 -h /www'
	ANSWER=far sandbox_eventually 20 answers near busybox wget -qO- http://192.0.2.2:8080/
	# It comes from the near host, whose container has an address that means nothing over there.
	run -0 on far mini-docker logs web
	assert_output --partial '192.0.2.1'
	refute_output --partial '172.17.'
	# From a network of one's own, and from the host itself.
	on near mini-docker network create own
	run -0 on near mini-docker run --rm --network own busybox wget -qO- http://192.0.2.2:8080/
	assert_output far
	run -0 on near private_enter curl -s -m 10 http://192.0.2.2:8080/
	assert_output far
	# What is not published, and what may not go out.
	run ! on near mini-docker run --rm busybox wget -qO- -T 3 http://192.0.2.2:80/
	on near mini-docker network create --internal inside
	run ! on near mini-docker run --rm --network inside busybox wget -qO- -T 3 http://192.0.2.2:8080/
	# A way to the other host's containers is no way in.
	on far mini-docker network create --subnet 10.77.0.0/24 behind
	on far mini-docker run -d --network behind --ip 10.77.0.2 busybox httpd -f -p 80 -h /
	sandbox_eventually 20 on far private_enter curl -s -o /dev/null http://10.77.0.2:80/
	private_use near
	private_enter ip route add 10.77.0.0/24 via 192.0.2.2
	run ! private_enter curl -s -m 3 -o /dev/null http://10.77.0.2:80/
	private_enter ip route del 10.77.0.0/24
}

@test "names and volumes are of one host; what one daemon suffers is none of the other's" {
	on far mini-docker network create shared
	on near mini-docker network create shared
	on far mini-docker run -d --name db --network shared -v data:/data -p 5432:80 busybox \
		sh -c 'echo kept >/data/index.html; exec httpd -f -p 80 -h /data'
	on near mini-docker run -d --name db --network shared -p 5432:80 busybox \
		sh -c 'mkdir /www; echo near >/www/index.html; exec httpd -f -p 80 -h /www'
	ANSWER=kept sandbox_eventually 20 answers far --network shared busybox wget -qO- http://db/
	ANSWER=near sandbox_eventually 20 answers near --network shared busybox wget -qO- http://db/
	run ! on near mini-docker volume inspect data
	# One daemon dies; its container goes on, and is reached from the other host all the time.
	on far private_stop KILL
	ANSWER=kept sandbox_eventually 20 answers near busybox wget -qO- http://192.0.2.2:5432/
	on far private_start
	ANSWER=kept sandbox_eventually 20 answers near busybox wget -qO- http://192.0.2.2:5432/
	ANSWER=near sandbox_eventually 20 answers far busybox wget -qO- http://192.0.2.1:5432/
}
