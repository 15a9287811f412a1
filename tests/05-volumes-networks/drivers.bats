# The drivers of networks beside bridge: containers on a wire of the host's (macvlan, ipvlan). The
# wire is a veth pair of the sandbox, whose other end is the world.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
	sandbox_enter ip link add wire type veth peer name world
	sandbox_enter ip link set wire up
	sandbox_enter ip link set world up
	sandbox_enter ip address add 10.9.0.254/24 dev world
	sandbox_remember
}
teardown_file() { sandbox_end; }
teardown() {
	sandbox_remove_containers
	sandbox_client network prune -f >/dev/null
	sandbox_assert_nothing_left
}

refused() { # $1: a part of the error; the rest: options of network create
	local words=$1
	shift
	run -1 mini-docker network create "$@"
	assert_output --partial "$words"
}

@test "macvlan: on the wire with a hardware address of its own, before and after a kill -9" {
	mini-docker network create -d macvlan -o parent=wire --subnet 10.9.0.0/24 --gateway 10.9.0.254 \
		--ipv6 --subnet fd09::/64 lan
	mini-docker run -d --name one --network lan -p 80:80 busybox sleep 1000
	mini-docker run -d --name two --network lan --ip 10.9.0.77 busybox sleep 1000
	run -0 mini-docker exec one ip addr show eth0
	assert_output --partial 'eth0@if'
	assert_output --partial 'link/ether 02:42:0a:09:00:01'
	assert_output --partial 'inet 10.9.0.1/24'
	assert_output --partial 'inet6 fd09::2/64'
	run -0 mini-docker exec one ip route
	assert_line --partial 'default via 10.9.0.254 dev eth0'
	mini-docker exec one ping -c 1 -W 5 two
	mini-docker exec one ping -c 1 -W 5 10.9.0.254
	# The wire is the way to the world, so the daemon leads no port there; and it has no switch.
	run -0 mini-docker port one
	assert_output ''
	run -0 sandbox_enter ip -o link
	refute_output --partial veth
	run -0 mini-docker inspect -f '{{json .NetworkSettings.Networks.lan}}' one
	jq -e '.Gateway == "10.9.0.254" and .IPAddress == "10.9.0.1" and .IPv6Gateway == "fd09::1"' <<<"$output"
	refused 'already using parent interface wire' -d macvlan -o parent=wire more
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	run -0 mini-docker exec two ip -o link
	[ "${#lines[@]}" = 2 ]
	mini-docker exec two ping -c 1 -W 5 one
	# One that runs: another network takes over, and gives back.
	mini-docker network create side
	mini-docker network connect side one
	mini-docker network disconnect lan one
	run -0 mini-docker exec one ip -o addr
	refute_output --partial 10.9.0.
	run -0 mini-docker port one
	assert_line '80/tcp -> 0.0.0.0:80'
	mini-docker network connect lan one
	mini-docker network disconnect side one
	mini-docker exec one ping -c 1 -W 5 10.9.0.254
	mini-docker rm -f one two
	mini-docker network rm lan
	run -0 sandbox_enter ip -br link show wire # it is the host's
	assert_output --partial UP
}

@test "macvlan: what cannot be is said, and leaves nothing" {
	refused "invalid subinterface vlan name nope, example formatting is eth0.10" -d macvlan -o parent=nope x
	refused 'parent interface was not found on the host: nope' -d macvlan -o parent=nope.5 x
	refused 'vlan id must be between 1-4094, received: 5000' -d macvlan -o parent=wire.5000 x
	refused 'unable to parse a valid vlan id from: x (ex. eth0.10 for vlan 10)' -d macvlan -o parent=wire.x x
	refused 'loopback interface is not a valid macvlan parent link' -d macvlan -o parent=lo x
	refused "cannot be the name of a parent" -d macvlan -o parent=a/b x
	refused "requested macvlan mode 'l2' is not valid, 'bridge' mode is the macvlan driver default" \
		-d macvlan -o parent=wire -o macvlan_mode=l2 x
	refused "requested ipvlan mode 'bridge' is not valid, 'l2' mode is the ipvlan driver default" \
		-d ipvlan -o parent=wire -o ipvlan_mode=bridge x
	run -0 mini-docker network ls --filter driver=macvlan --filter driver=ipvlan -q
	assert_output ''
	# A parent that has gone meanwhile.
	sandbox_enter ip link add brief type bridge
	mini-docker network create -d macvlan -o parent=brief --internal --subnet 10.8.0.0/24 x
	run -0 mini-docker run --rm --network x busybox ip route
	refute_output --partial default
	sandbox_enter ip link delete brief
	run -125 mini-docker run --rm --network x busybox true
	assert_output --partial 'the requested parent interface brief was not found on the Docker host'
}

# Which of these kinds of device a kernel has is its builder's choice.
@test "ipvlan, tags and parents without a wire: where the kernel has them, and its word where not" {
	if sandbox_enter ip link add link wire name probe type ipvlan mode l2 2>/dev/null; then
		sandbox_enter ip link delete probe
		mini-docker network create -d ipvlan -o parent=wire --subnet 10.9.0.0/24 --gateway 10.9.0.254 flat
		mini-docker run --rm --network flat busybox ping -c 1 -W 5 10.9.0.254
		mini-docker network rm flat
		mini-docker network create -d ipvlan -o parent=wire -o ipvlan_mode=l3 --subnet 10.7.0.0/24 far
		run -0 mini-docker run --rm --network far busybox ip route
		assert_line --partial 'default dev eth0'
	else
		mini-docker network create -d ipvlan -o parent=wire --subnet 10.9.0.0/24 flat
		run -125 mini-docker run --rm --network flat busybox true
		assert_output --partial 'this kernel has no devices of the kind ipvlan'
	fi
	if sandbox_enter ip link add link wire name probe type vlan id 7 2>/dev/null; then
		sandbox_enter ip link delete probe
		mini-docker network create -d macvlan -o parent=wire.7 tagged
		mini-docker run --rm --network tagged busybox true
		mini-docker network rm tagged
		run -1 sandbox_enter ip link show wire.7
	else
		refused 'this kernel has no devices of the kind vlan' -d macvlan -o parent=wire.7 x
	fi
	if sandbox_enter ip link add probe type dummy 2>/dev/null; then
		sandbox_enter ip link delete probe
		mini-docker network create -d macvlan inner
		mini-docker run -d --name one --network inner busybox sleep 1000
		mini-docker run --rm --network inner busybox ping -c 1 -W 5 one
		mini-docker rm -f one
	else
		refused 'this kernel has no devices of the kind dummy' -d macvlan x
	fi
}
