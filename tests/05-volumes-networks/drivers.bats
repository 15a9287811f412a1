# The drivers of networks beside bridge: containers on a wire of the host's (macvlan, ipvlan). The
# wire is a veth pair of the sandbox, whose other end is the world.
load ../helper/sandbox

CABLES=/run/docker/plugins/cables.sock

setup_file() {
	sandbox_open
	# A daemon that turns forwarding on itself drops what strangers forward, as Docker's does; where
	# br_netfilter is loaded that is what passes a bridge of a plugin, too.
	sandbox_enter sysctl -qw net.ipv4.ip_forward=1
	private_start
	sandbox_image
	private_cover /run # where plugins are looked for is a fixed place
	private_enter mkdir -p /run/docker/plugins
	sandbox_enter ip link add wire type veth peer name world
	sandbox_enter ip link set wire up
	sandbox_enter ip link set world up
	sandbox_enter ip address add 10.9.0.254/24 dev world
	sandbox_remember
}
teardown_file() { sandbox_end; }
teardown() {
	sandbox_remove_containers # while their plugin answers: one that is away is waited for
	sandbox_client network prune -f >/dev/null
	plugin_stop
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

# ---- plugins ----

# A network driver and an IPAM driver, which is no part of the daemon: tests/helper/network-plugin.py.
plugin_start() {
	PLUGIN_LOG=$BATS_TEST_TMPDIR/log
	sandbox_enter ip link add plugged type bridge
	sandbox_enter ip link set plugged up
	# Where frames in a bridge go through the packet filter as well, the daemon has closed it for
	# what is not its own (ip_forward was off): this bridge is another's.
	sandbox_enter sh -c 'cd /proc/sys/net/bridge 2>/dev/null && echo 0 >bridge-nf-call-iptables' || true
	(private_exec "$SANDBOX_HELPER/network-plugin.py" $CABLES "$PLUGIN_LOG") </dev/null 3>&- &
	PLUGIN=$!
	sandbox_eventually 10 sandbox_enter test -S $CABLES
}

plugin_stop() {
	[ -n "${PLUGIN-}" ] || return 0
	kill "$PLUGIN"
	wait "$PLUGIN" || true
	PLUGIN=
	sandbox_enter rm -f $CABLES
	sandbox_enter ip link delete plugged
}

# $1: a method; the last request of it, in JSON.
asked() { sed -n "s/^$1 //p" "$PLUGIN_LOG" | tail -n 1; }
# $1: a method, $2: what is answered from now on; nothing: as before.
answers() {
	if [ -n "${2-}" ]; then
		echo "$2" >"$PLUGIN_LOG.$1"
	else
		rm "$PLUGIN_LOG.$1"
	fi
}

@test "a plugin's network and a plugin's addresses: made, joined, kept over a kill -9, given back" {
	local id
	plugin_start
	mini-docker network create -d cables --ipam-driver cables --ipam-opt color=red -o speed=9 net
	id=$(mini-docker network inspect -f '{{.Id}}' net)
	jq -e '.AddressSpace == "here" and .Pool == "" and .Options.color == "red" and .V6 == false' \
		<<<"$(asked IpamDriver.RequestPool)"
	jq -e '.Options.RequestAddressType == "com.docker.network.gateway"' <<<"$(asked IpamDriver.RequestAddress)"
	jq -e --arg id "$id" '.NetworkID == $id and .Options."com.docker.network.generic".speed == "9" and
		.IPv4Data == [{AddressSpace: "here", Pool: "10.77.0.0/24", Gateway: "10.77.0.1/24"}] and
		.IPv6Data == []' <<<"$(asked NetworkDriver.CreateNetwork)"
	run -0 mini-docker network inspect net
	jq -e '.[0] | .Driver == "cables" and .IPAM.Driver == "cables" and .IPAM.Options.color == "red" and
		.IPAM.Config == [{Subnet: "10.77.0.0/24", Gateway: "10.77.0.1"}] and (has("Pools") | not)' \
		<<<"$output"
	mini-docker run -d --name one --network net busybox sleep 1000
	jq -e '.Interface == {Address: "10.77.0.2/24", AddressIPv6: "", MacAddress: ""}' \
		<<<"$(asked NetworkDriver.CreateEndpoint)"
	jq -e '.SandboxKey | test("^/proc/[0-9]+/ns/net$")' <<<"$(asked NetworkDriver.Join)"
	run -0 mini-docker exec one ip addr show plug0
	assert_output --partial 'link/ether 02:00:00:00:77:03'
	assert_output --partial 'inet 10.77.0.2/24'
	run -0 mini-docker exec one ip route
	assert_line --partial 'default via 10.77.0.1 dev plug0'
	assert_line --partial '10.78.0.0/16 via 10.77.0.9 dev plug0'
	assert_line --regexp '^10.79.0.0/16 dev plug0 scope link'
	run -0 mini-docker inspect -f '{{json .NetworkSettings.Networks.net}}' one
	jq -e '.MacAddress == "02:00:00:00:77:03" and .IPAddress == "10.77.0.2" and .Gateway == "10.77.0.1"' \
		<<<"$output"
	run -0 mini-docker info --format '{{json .Plugins.Network}}'
	assert_output '["bridge","cables","host","ipvlan","macvlan","null"]'
	# The next daemon asks for nothing anew, and knows whom to give it back to.
	cp "$PLUGIN_LOG" "$PLUGIN_LOG.before"
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	cmp "$PLUGIN_LOG" "$PLUGIN_LOG.before"
	mini-docker run --rm --network net busybox ping -c 1 -W 5 one
	mini-docker network disconnect net one
	run -0 mini-docker exec one ip -o link
	[ "${#lines[@]}" = 1 ]
	jq -e '.PoolID == "pool-77" and .Address == "10.77.0.2"' <<<"$(asked IpamDriver.ReleaseAddress)"
	mini-docker network connect net one
	mini-docker exec one ping -c 1 -W 5 10.77.0.2
	mini-docker rm -f one
	run -0 sandbox_enter ip -o link show master plugged
	assert_output ''
	mini-docker network rm net
	jq -e --arg id "$id" '.NetworkID == $id' <<<"$(asked NetworkDriver.DeleteNetwork)"
	jq -e '.PoolID == "pool-77"' <<<"$(asked IpamDriver.ReleasePool)"
	# Each address that was asked for was given back: none is left, when a network of ours uses them.
	mini-docker network create --ipam-driver cables --aux-address r=10.77.0.4 --subnet 10.77.0.0/24 own
	run -0 mini-docker run --rm --network own busybox ip -o -4 addr show eth0
	assert_output --partial 'inet 10.77.0.2/24'
	mini-docker network rm own
	[ "$(grep -c '^IpamDriver.RequestAddress' "$PLUGIN_LOG")" = "$(grep -c '^IpamDriver.ReleaseAddress' "$PLUGIN_LOG")" ]
}

# All methods that were asked for since the mark, in order, on one line.
asked_since() { sed "1,/^$1 /d" "$PLUGIN_LOG" | grep -o '^NetworkDriver.[A-Za-z]*' | cut -d . -f 2 | xargs; }

@test "a plugin is told of ports: with the endpoint, the way in, and when it is the way out" {
	local told='{"com.docker.network.endpoint.exposedports": [{"Proto": 6, "Port": 80}, {"Proto": 17, "Port": 53}],
		"com.docker.network.portmap": [{"Proto": 6, "IP": "", "Port": 80, "HostIP": "127.0.0.1",
			"HostPort": 8080, "HostPortEnd": 8080}]}'
	plugin_start
	mini-docker network create -d cables --ipam-driver cables net
	# What dockerd 20.10 asks, in its order.
	mini-docker run -d --name one --network net -p 127.0.0.1:8080:80 --expose 53/udp busybox sleep 1000
	run -0 asked_since NetworkDriver.CreateNetwork
	assert_output 'CreateEndpoint Join EndpointOperInfo ProgramExternalConnectivity'
	for method in CreateEndpoint Join ProgramExternalConnectivity; do
		jq -e --argjson told "$told" '.Options == $told' <<<"$(asked NetworkDriver.$method)"
	done
	# Another network becomes the way out, and is it no longer.
	mini-docker network create zero
	echo 'mark 1' >>"$PLUGIN_LOG"
	mini-docker network connect --gw-priority 9 zero one
	run -0 asked_since 'mark'
	assert_output RevokeExternalConnectivity
	echo 'mark2 1' >>"$PLUGIN_LOG"
	mini-docker network disconnect zero one
	run -0 asked_since mark2
	assert_output ProgramExternalConnectivity
	echo 'mark3 1' >>"$PLUGIN_LOG"
	mini-docker rm -f one
	run -0 asked_since mark3
	assert_output 'RevokeExternalConnectivity Leave DeleteEndpoint'
	# It cannot: the container does not start. It does not know of that: it does.
	answers NetworkDriver.ProgramExternalConnectivity '{"Err": "no such port here"}'
	run -125 mini-docker run --rm --network net -p 8080:80 busybox true
	assert_output --partial 'no such port here'
	for method in ProgramExternalConnectivity RevokeExternalConnectivity EndpointOperInfo; do
		answers NetworkDriver.$method 404
	done
	mini-docker run --rm --network net -p 8080:80 busybox true
	mini-docker network rm net zero
}

@test "a plugin says whose its networks are: of this machine or of many" {
	plugin_start
	answers NetworkDriver.GetCapabilities '{"Scope": "somewhere"}'
	refused "expecting \"local\" or \"global\", got Scope 'somewhere'" -d cables x
	answers NetworkDriver.GetCapabilities '{"Scope": "local", "ConnectivityScope": "nowhere"}'
	refused "ConnectivityScope 'nowhere'" -d cables x
	answers NetworkDriver.GetCapabilities '{"Scope": "global"}'
	mini-docker network create -d cables --ipam-driver cables net
	run -0 mini-docker network ls --filter name=net --format '{{.Scope}}'
	assert_output global
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	run -0 mini-docker network inspect -f '{{.Scope}}' net
	assert_output global
	mini-docker run --rm --network net busybox true
	mini-docker network rm net
}

# $1: a method, $2: its answer, $3: a part of the error of a container's start.
start_fails() {
	answers "$1" "$2"
	run -125 mini-docker run --rm --network net busybox true
	assert_output --partial "$3"
	answers "$1"
}

@test "a plugin that refuses, or answers nonsense: an error that says so, and nothing taken" {
	plugin_start
	refused 'plugin "nobody" not found' -d nobody x
	refused 'plugin "nobody" not found' --ipam-driver nobody x
	answers NetworkDriver.CreateNetwork '{"Err": "no room"}'
	refused 'remote: no room' -d cables --ipam-driver cables x
	answers NetworkDriver.CreateNetwork
	answers IpamDriver.RequestPool '{"Err": "no pool"}'
	refused 'no pool' --ipam-driver cables x
	for pool in 'fd00::/64' nonsense '' ; do
		answers IpamDriver.RequestPool "{\"PoolID\": \"p\", \"Pool\": \"$pool\"}"
		refused 'the plugin cables gave' --ipam-driver cables x
	done
	answers IpamDriver.RequestPool
	[ "$(grep -c '^IpamDriver.RequestPool' "$PLUGIN_LOG")" = 5 ]
	[ "$(grep -c '^IpamDriver.ReleasePool' "$PLUGIN_LOG")" = 4 ] # not the one that was refused
	mini-docker network create -d cables --ipam-driver cables net
	start_fails IpamDriver.RequestAddress '{"Err": "none left"}' 'none left'
	start_fails IpamDriver.RequestAddress '{}' 'No address returned'
	start_fails IpamDriver.RequestAddress 'boom' 'IpamDriver.RequestAddress'
	start_fails IpamDriver.RequestAddress '{"Address": "10.77.0.1/24"}' 'Address already in use'
	start_fails IpamDriver.RequestAddress '{"Address": "10.1.0.201/24"}' 10.1.0.201
	start_fails NetworkDriver.CreateEndpoint '{"Err": "no room"}' 'on network net: remote: no room'
	start_fails NetworkDriver.CreateEndpoint '{"Interface": {"Address": "10.77.0.200/24"}}' \
		'driver modified interface address'
	start_fails NetworkDriver.CreateEndpoint '{"Interface": {"MacAddress": "x"}}' "MAC address 'x'"
	start_fails NetworkDriver.Join '{"Err": "out of cables"}' 'remote: out of cables'
	start_fails NetworkDriver.Join '{"InterfaceName": {"SrcName": "../x"}}' 'no names of a device'
	start_fails NetworkDriver.Join '{"InterfaceName": {"SrcName": "nope"}}' "there is no device 'nope'"
	mini-docker run --rm --network net busybox ip addr show plug0 # and the next one is as if nothing had been
	[ "$(grep -c '^NetworkDriver.CreateEndpoint' "$PLUGIN_LOG")" = 7 ]
	[ "$(grep -c '^NetworkDriver.DeleteEndpoint' "$PLUGIN_LOG")" = 6 ]
	run -0 sandbox_enter ip -o link show master plugged
	assert_output ''
	mini-docker network rm net
}
