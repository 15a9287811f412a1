# Published ports: from wherever they are reached, what is told of them, and what they survive.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
	# Another machine: a namespace beside the daemon's, and a cable.
	# shellcheck disable=SC2016 # the inner shell's
	sandbox_enter unshare -n sh -c 'echo $$ >"$1"; exec sleep 1000' outside \
		"$BATS_FILE_TMPDIR/outside" 3>&- &
	sandbox_eventually 10 test -s "$BATS_FILE_TMPDIR/outside"
	OUTSIDE=$(cat "$BATS_FILE_TMPDIR/outside")
	export OUTSIDE
	sandbox_enter ip link set lo up
	sandbox_enter ip link add out0 type veth peer name eth0 netns "$OUTSIDE"
	sandbox_enter ip addr add 10.9.0.1/24 dev out0
	sandbox_enter ip link set out0 up
	outside ip addr add 10.9.0.9/24 dev eth0
	outside ip link set eth0 up
	# It knows the way to the containers, and must not get there all the same.
	outside ip route add 172.16.0.0/12 via 10.9.0.1
	sandbox_remember
}

teardown_file() {
	kill "$OUTSIDE" 2>/dev/null || true
	sandbox_end
}

teardown() {
	# One that holds the network of a container, too.
	[ -z "${SERVER-}" ] || kill "$SERVER" || true
	sandbox_remove_containers
	mini-docker network prune -f >/dev/null
}

outside() {
	nsenter -t "$OUTSIDE" -n "$@"
}

# A server that answers with its name. $1: the name; then options of run.
serve() {
	mini-docker run -d --name "$1" "${@:2}" busybox \
		sh -c "mkdir /www; echo $1 >/www/index.html; exec httpd -f -p 80 -h /www"
	sandbox_eventually 20 answers_with "$1" sandbox_enter curl -s -m 2 "http://$(address_of "$1"):80/"
}

address_of() {
	mini-docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}

answers_with() {
	[ "$("${@:2}")" = "$1" ]
}

# $1: who answers; $2: the URL; then the command that goes to where it is asked from.
assert_reached() {
	local answer
	answer=$("${@:3}" curl -s -m 10 "$2") || true
	assert_equal "$answer" "$1"
}

refute_reached() {
	run "${@:2}" curl -s -m 1 "$1"
	assert_failure
	refute_output
}

# From inside a container, with the machine's curl.
inside() {
	nsenter -t "$(mini-docker inspect -f '{{.State.Pid}}' "$1")" -n "${@:2}"
}

map() {
	sandbox_enter nft list map inet mini-docker "$1"
}

@test "a published port is reached from everywhere, and only that one" {
	mini-docker network create other
	serve web -p 8080:80 -p 127.0.0.1:8081:80
	serve neighbour --network other
	assert_reached web http://10.9.0.1:8080/ outside
	assert_reached web http://10.9.0.1:8080/ sandbox_enter
	assert_reached web http://127.0.0.1:8080/ sandbox_enter
	assert_reached web http://127.0.0.1:8081/ sandbox_enter
	assert_reached web http://10.9.0.1:8080/ inside web # itself
	assert_reached web http://10.9.0.1:8080/ inside neighbour
	assert_reached web "http://$(address_of web):80/" sandbox_enter

	refute_reached http://10.9.0.1:8081/ outside # of localhost alone
	refute_reached "http://$(address_of web):80/" outside
	refute_reached "http://$(address_of web):80/" inside neighbour
	# The way out, under the host's address.
	# (`exec`, so that what is ended is the server.)
	# shellcheck disable=SC2016 # the variable of socat's child
	(exec nsenter -t "$OUTSIDE" -n socat TCP4-LISTEN:80,fork,reuseaddr \
		SYSTEM:'echo $SOCAT_PEERADDR' 3>&-) &
	SERVER=$!
	sandbox_eventually 20 answers_with 10.9.0.1 inside web socat -u TCP4:10.9.0.9:80 -

	mini-docker rm -f web neighbour
	mini-docker network rm other
	refute_reached http://10.9.0.1:8080/ outside
	sandbox_assert_nothing_left
	run -0 map ports4
	refute_output --partial elements
}

@test "how a bridge is a gateway: open to who knows the way, without an address, isolated" {
	local mode=com.docker.network.bridge.gateway_mode_ipv4
	mini-docker network create -o "$mode=nat-unprotected" open
	mini-docker network create other
	serve web --network open -p 8080:80
	serve neighbour --network other
	assert_reached web "http://$(address_of web):80/" outside
	assert_reached web http://10.9.0.1:8080/ outside
	refute_reached "http://$(address_of web):80/" inside neighbour
	mini-docker rm -f web neighbour
	mini-docker network rm open
	sandbox_enter ip addr show | grep -w inet >"$BATS_TEST_TMPDIR/before"
	mini-docker network create -o com.docker.network.bridge.inhibit_ipv4=true inhibited
	mini-docker network create --internal -o "$mode=isolated" apart
	run -0 diff "$BATS_TEST_TMPDIR/before" <(sandbox_enter ip addr show | grep -w inet)
	mini-docker run -d --name one --network apart busybox sleep 1000
	mini-docker run --rm --network apart busybox ping -c 1 -W 5 one
	run ! sandbox_enter ping -c 1 -W 1 "$(address_of one)"
	mini-docker rm -f one
	refused() {
		run ! docker network create "${@:2}" wrong
		assert_output --partial "$1"
	}
	refused "gateway mode 'isolated' can only be used for an internal network" -o "$mode=isolated"
	refused 'unknown gateway mode strange' -o "$mode=strange"
	refused "no mode 'routed'" -o "$mode=routed"
}

@test "--allow-direct-routing: published ports by the container's own address, from outside" {
	sandbox_daemon_stop
	sandbox_daemon_start --allow-direct-routing
	mini-docker network create other
	serve web -p 8080:80 -p 127.0.0.1:8081:80
	serve hidden -p 8082:81
	serve neighbour --network other
	for _ in 1 2; do
		assert_reached web "http://$(address_of web):80/" outside
		assert_reached web http://10.9.0.1:8080/ outside
		refute_reached "http://$(address_of hidden):80/" outside
		refute_reached "http://$(address_of web):80/" inside neighbour
		sandbox_daemon_stop KILL
		sandbox_daemon_start --allow-direct-routing
	done
	mini-docker rm -f web hidden
	run -0 sandbox_enter nft list set inet mini-docker direct4
	refute_output --partial elements
	# What was open is closed for who starts without it.
	serve web -p 8080:80
	assert_reached web "http://$(address_of web):80/" outside
	sandbox_daemon_stop
	sandbox_daemon_start
	sandbox_eventually 10 closed "http://$(address_of web):80/"
	assert_reached web http://10.9.0.1:8080/ outside
}

@test "--bridge-accept-fwmark: what somebody's own rules have marked is let in" {
	sandbox_enter nft 'table ip mine { chain in { type filter hook prerouting priority mangle;
		ip saddr 10.9.0.9 tcp dport 80 meta mark set 0x11; }; }'
	mini-docker network create other
	serve web
	serve neighbour --network other
	refute_reached "http://$(address_of web):80/" outside
	sandbox_daemon_stop
	sandbox_daemon_start --bridge-accept-fwmark 0x10/0xf0
	sandbox_eventually 10 answers_with web outside curl -s -m 2 "http://$(address_of web):80/"
	refute_reached "http://$(address_of web):80/" inside neighbour
	run -0 sandbox_enter nft list chain inet mini-docker forward
	assert_line --partial 'meta mark & 0x000000f0 == 0x00000010 accept'
	sandbox_enter nft delete table ip mine
	refute_reached "http://$(address_of web):80/" outside
	sandbox_daemon_stop
	sandbox_daemon_start
}

closed() {
	! outside curl -s -m 1 "$1"
}

@test "[::1] reaches what is published there or on all addresses, as long as there is a daemon" {
	mini-docker network create --ipv6 --subnet fd00:8::/64 both
	serve web -p 8080:80 -p 127.0.0.1:8081:80 -p '[::1]:8082:80'
	serve dual -p 8090:80 -p '[::1]:8092:80' --network both
	assert_reached web 'http://[::1]:8080/' sandbox_enter
	assert_reached web http://localhost:8080/ sandbox_enter
	assert_reached dual 'http://[::1]:8090/' sandbox_enter
	assert_reached web 'http://[::1]:8082/' sandbox_enter
	assert_reached dual 'http://[::1]:8092/' sandbox_enter
	run -0 docker port web 80
	assert_line '[::1]:8082'
	# Of 127.0.0.1 alone, of nobody, and of another machine's [::1]: refused, and at once.
	assert_refused() {
		run "${@:2}" curl -s -m 5 "$1"
		assert_failure 7
	}
	assert_refused 'http://[::1]:8081/' sandbox_enter
	assert_refused 'http://[::1]:80/' sandbox_enter
	assert_refused http://127.0.0.1:8082/ sandbox_enter
	assert_refused 'http://[::1]:8080/' outside
	# Nobody of the host gets the port.
	run sandbox_enter socat -u 'TCP6-LISTEN:8080,ipv6only,reuseaddr' -
	assert_failure
	assert_output --partial 'Address already in use'

	sandbox_daemon_stop KILL
	assert_refused 'http://[::1]:8080/' sandbox_enter
	assert_reached web http://localhost:8080/ sandbox_enter
	sandbox_daemon_start
	assert_reached web 'http://[::1]:8080/' sandbox_enter
	assert_reached web 'http://[::1]:8082/' sandbox_enter
	assert_reached dual 'http://[::1]:8090/' sandbox_enter
	mini-docker rm -f web dual
	assert_refused 'http://[::1]:8080/' sandbox_enter
	assert_refused 'http://[::1]:8082/' sandbox_enter
	# Who listens there already has the port.
	(exec nsenter -t "$PRIVATE_HOLDER" -n socat 'TCP6-LISTEN:8080,bind=[::1],fork,reuseaddr' \
		SYSTEM:'echo host' 3>&-) &
	SERVER=$! # teardown's
	sandbox_eventually 10 answers_with host sandbox_enter socat -u 'TCP6:[::1]:8080' -
	run -125 mini-docker run --rm -p 8080:80 busybox true
	assert_output --partial 'failed to bind host port for :::8080:'
	assert_output --partial 'address already in use'
	mini-docker run --rm -p 0.0.0.0:8080:80 busybox true
}

# No rule makes a packet of IPv6 one of IPv4: threads of the daemon copy.
@test "a container without IPv6 is reached over IPv6, from other machines, too" {
	sandbox_enter ip -6 addr add fd00:9::1/64 dev out0 nodad
	outside ip -6 addr add fd00:9::9/64 dev eth0 nodad
	serve web -p 8080:80 -p '[fd00:9::1]:8081:80' -p 5300:53/udp
	run -0 docker port web 80
	assert_line '[::]:8080'
	assert_line '[fd00:9::1]:8081'
	reached_by_six() {
		sandbox_eventually 20 answers_with web outside curl -s -m 2 'http://[fd00:9::1]:8080/'
		assert_reached web 'http://[fd00:9::1]:8081/' outside
		assert_reached web 'http://[fd00:9::1]:8080/' sandbox_enter
	}
	reached_by_six
	# Much of it, and who has said all he has to say still hears.
	mini-docker exec web dd if=/dev/zero of=/www/much bs=1M count=50
	run -0 outside curl -s -m 20 -o /dev/null -w '%{size_download}' 'http://[fd00:9::1]:8080/much'
	assert_output 52428800
	(exec nsenter -t "$(mini-docker inspect -f '{{.State.Pid}}' web)" -n \
		socat UDP4-RECVFROM:53,fork EXEC:cat 3>&-) &
	SERVER=$! # teardown's
	ask() {
		echo x | "${@:2}" socat -t 2 - "$1"
	}
	sandbox_eventually 20 answers_with x ask 'UDP6:[fd00:9::1]:5300' outside
	# Who names the address with each datagram asks nobody before (port_loopback.h).
	sandbox_eventually 20 answers_with x ask 'UDP6-SENDTO:[::1]:5300' sandbox_enter
	# Docker's own daemon ends its proxies with itself, too.
	sandbox_daemon_stop KILL
	run -7 outside curl -s -m 5 'http://[fd00:9::1]:8080/'
	assert_reached web http://10.9.0.1:8080/ outside
	sandbox_daemon_start
	reached_by_six
	mini-docker restart -t 0 web
	reached_by_six
	mini-docker rm -f web
	run -7 outside curl -s -m 5 'http://[fd00:9::1]:8080/'
	run -0 sandbox_enter ss -Hltnu
	assert_output ''
	# Many connections at once.
	serve web -p 8080:80
	run -0 outside curl -s -m 50 --parallel --parallel-max 60 -o /dev/null -w '%{http_code}\n' \
		'http://[fd00:9::1]:8080/?[1-300]'
	assert_equal "$(grep -cx 200 <<<"$output")" 300

	sandbox_daemon_stop
	sandbox_daemon_start --userland-proxy=false
	mini-docker run -d --name plain -p 8090:80 busybox sleep 1000
	run -0 docker port plain
	assert_output '80/tcp -> 0.0.0.0:8090'
	# Without rules of the packet filter there is no other way than to copy.
	sandbox_daemon_stop
	sandbox_enter nft delete table inet mini-docker
	sandbox_daemon_start --iptables=false
	reached_without_rules() {
		assert_reached "$1" "http://10.9.0.1:$2/" outside
		assert_reached "$1" "http://127.0.0.1:$2/" sandbox_enter
		assert_reached "$1" "http://[fd00:9::1]:$2/" outside
	}
	reached_without_rules web 8080
	serve other -p 8095:80
	reached_without_rules other 8095
	mini-docker rm -f web plain other
	sandbox_daemon_stop
	sandbox_daemon_start
}

@test "numbers: conflict, range, any, all, what port and ps say" {
	serve web -p 8080:80 -p 8080:80/udp
	run docker run -d --name second -p 8080:80 busybox sleep 1000
	assert_failure 125
	assert_output --partial 'driver failed programming external connectivity on endpoint second'
	assert_output --partial 'Bind for 0.0.0.0:8080 failed: port is already allocated'
	run docker run -d --name third -p 127.0.0.1:8080:80 busybox sleep 1000
	assert_failure 125
	assert_output --partial 'Bind for 127.0.0.1:8080 failed: port is already allocated'
	# A server of the host's own, and the port it cannot have.
	run sandbox_enter socat -u TCP4-LISTEN:8080,reuseaddr -
	assert_failure
	assert_output --partial 'Address already in use'

	docker run -d --name r1 -p 9000-9001:80 busybox sleep 1000
	docker run -d --name r2 -p 9000-9001:80 busybox sleep 1000
	run -0 docker port r2 80
	assert_output $'0.0.0.0:9001\n[::]:9001'
	run docker run -d --name r3 -p 9000-9001:80 busybox sleep 1000
	assert_failure 125
	assert_output --partial 'all ports are allocated'

	docker run -d --name all -P --expose 80 --expose 53/udp busybox sleep 1000
	run -0 docker port all
	assert_line --regexp '^80/tcp -> 0\.0\.0\.0:[0-9]+$'
	assert_line --regexp '^53/udp -> 0\.0\.0\.0:[0-9]+$'
	docker run -d --name several -p 7000-7002:80-82 busybox sleep 1000
	run -0 mini-docker port several
	assert_output '80/tcp -> 0.0.0.0:7000
80/tcp -> [::]:7000
81/tcp -> 0.0.0.0:7001
81/tcp -> [::]:7001
82/tcp -> 0.0.0.0:7002
82/tcp -> [::]:7002'
	run -0 docker ps --filter name=web --format '{{.Ports}}'
	assert_output --partial '[::]:8080->80/tcp'
	# The host's port, the container's port, or either of them.
	found_by() {
		run -0 docker ps --format '{{.Names}}' "${@:2}"
		assert_equal "$(sort <<<"$output")" "$1"
	}
	found_by web --filter publish=8080
	found_by web --filter publish=8080/udp
	found_by '' --filter publish=80
	found_by several --filter publish=7002-7010/tcp
	found_by all --filter expose=53/udp
	found_by several --filter expose=81-82
	found_by $'all\nseveral' --filter expose=53/udp --filter publish=7000
	run -1 docker ps --filter expose=x
	assert_output --partial 'error while looking up for expose x'
	run -1 docker ps --filter publish=8-7
	docker stop -t 0 web
	run -0 docker inspect -f '{{json .NetworkSettings.Ports}}' web
	assert_output '{}'
	docker run -d --name second2 -p 8080:80 busybox sleep 1000
	run docker start web
	assert_failure
	assert_output --partial 'port is already allocated'
}

# Descriptors of the daemon are above 1024 then, which select(2) of a library cannot bear.
@test "many ports of one container, found again by the next daemon" {
	sandbox_daemon_stop
	sandbox_daemon_start
	mini-docker run -d --name many -p 10000-10499:10000-10499 busybox httpd -f -p 10499 -h /etc
	sandbox_eventually 20 outside curl -s -m 2 -o /dev/null http://10.9.0.1:10499/
	sandbox_daemon_stop KILL
	sandbox_enter nft delete table inet mini-docker
	sandbox_daemon_start
	sandbox_eventually 20 outside curl -s -m 2 -o /dev/null http://10.9.0.1:10499/
	run -0 mini-docker port many 10499
	assert_output $'0.0.0.0:10499\n[::]:10499'
	mini-docker rm -f many
	mini-docker run --rm -p 10499:80 busybox true
}

@test "udp, from outside and from localhost" {
	mini-docker run -d --name echo -p 5300:53/udp busybox sleep 1000
	(exec nsenter -t "$(mini-docker inspect -f '{{.State.Pid}}' echo)" -n \
		socat UDP4-RECVFROM:53,fork EXEC:cat 3>&-) &
	SERVER=$!
	ask() {
		echo x | "${@:2}" socat -t 2 - "UDP4:$1:5300"
	}
	sandbox_eventually 20 answers_with x ask 10.9.0.1 outside
	sandbox_eventually 20 answers_with x ask 127.0.0.1 sandbox_enter
	sandbox_eventually 20 answers_with x ask 10.9.0.1 sandbox_enter
}

@test "somebody flushes all rules, the daemon is killed: ports are there again" {
	serve web -p 8080:80
	sandbox_enter nft flush ruleset
	sandbox_eventually 20 answers_with web outside curl -s -m 2 http://10.9.0.1:8080/
	sandbox_enter nft flush chain inet mini-docker publish
	sandbox_eventually 20 answers_with web outside curl -s -m 2 http://10.9.0.1:8080/
	run -0 cat "$PRIVATE/daemon.log"
	assert_output --partial "somebody changed the table 'inet mini-docker'"

	sandbox_daemon_stop KILL
	assert_reached web http://10.9.0.1:8080/ outside # nobody is needed for it
	sandbox_daemon_start
	assert_reached web http://10.9.0.1:8080/ outside
	run mini-docker run --rm -p 8080:80 busybox true
	assert_failure 125
	assert_output --partial 'port is already allocated'

	# One that ended when nobody was there leaves its port.
	local pid
	pid=$(mini-docker inspect -f '{{.State.Pid}}' web)
	sandbox_daemon_stop KILL
	kill -9 "$pid"
	sandbox_daemon_start
	sandbox_eventually 20 is_unpublished
	mini-docker run --rm -p 8080:80 busybox true
}

is_unpublished() {
	! map ports4 | grep -q 8080
}

# Needs a kernel that forgets flows by their port: Linux 6.11.
@test "UDP: who has sent to a port before it was published gets there with the same socket" {
	mini-docker run -d --name first busybox sleep 1000 # the rules are there: flows are remembered
	# shellcheck disable=SC2016 # the inner shell's
	(exec nsenter -t "$OUTSIDE" -n bash -c \
		'exec 9<>/dev/udp/10.9.0.1/8053; while true; do echo >&9; sleep 0.1; done' 2>/dev/null 3>&-) &
	SERVER=$! # teardown's
	sandbox_eventually 5 sandbox_enter grep -q 'dport=8053 \[UNREPLIED\] src=10.9.0.1 ' /proc/net/nf_conntrack
	mini-docker run -d --name server -p 8053:53/udp busybox sleep 1000
	sandbox_eventually 5 sandbox_enter grep -q 'dport=8053 .*src=172.17.0.3 ' /proc/net/nf_conntrack
	# And it is not led to who has the address next.
	mini-docker rm -f server
	sandbox_eventually 5 sandbox_enter grep -q 'dport=8053 \[UNREPLIED\] src=10.9.0.1 ' /proc/net/nf_conntrack
}
