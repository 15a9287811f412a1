# Networks: what the daemon makes of them in the kernel, what the API tells of them, and that both
# are still true after a kill -9. The docker CLI asks, iproute2 looks.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}
teardown_file() { sandbox_end; }
teardown() {
	sandbox_remove_containers
	sandbox_client network prune -f >/dev/null
	sandbox_assert_nothing_left
}

# $1: a container, $2: a network; what inspect says.
address_of() {
	docker inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"
}

@test "the default bridge: an address, a gateway, a way there and back" {
	run -0 docker network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'
	assert_output $'bridge bridge local\nhost host local\nnone null local'
	docker run -d --name one busybox sleep 1000
	run -0 docker exec one ip -4 addr show eth0
	assert_output --partial 'inet 172.17.0.2/16 brd 172.17.255.255'
	assert_output --partial 'UP'
	run -0 docker exec one ip route
	assert_line --partial 'default via 172.17.0.1 dev eth0'
	run -0 docker exec one ip -6 addr show eth0
	assert_output ''
	docker exec one ping -c 1 -W 5 172.17.0.1
	sandbox_enter busybox ping -c 1 -W 5 172.17.0.2
	run -0 docker inspect -f '{{json .NetworkSettings}}' one
	jq -e '.IPAddress == "172.17.0.2" and .Gateway == "172.17.0.1" and .IPPrefixLen == 16 and
		.MacAddress == "02:42:ac:11:00:02" and .Networks.bridge.DNSNames == null and
		.EndpointID == .Networks.bridge.EndpointID and (.SandboxID | length) == 64' <<<"$output"
	run -0 docker network inspect bridge
	jq -e '.[0].Containers | length == 1 and
		(.[].Name == "one" and .[].IPv4Address == "172.17.0.2/16")' <<<"$output"
	run -0 docker ps --filter network=bridge --format '{{.Names}} {{.Networks}}'
	assert_output 'one bridge'
	# The same address again, as soon as it is free.
	run -0 docker run --rm busybox ip -4 addr show eth0
	assert_output --partial 172.17.0.3/16
	docker stop -t 0 one
	run -0 docker inspect -f '{{.NetworkSettings.IPAddress}}{{.NetworkSettings.SandboxKey}}' one
	assert_output ''
	run -0 docker run --rm busybox ip -4 addr show eth0
	assert_output --partial 172.17.0.2/16
}

@test "networks that others name: host, none, another container's" {
	docker run -d --name one busybox sleep 1000
	run -0 docker run --rm --network none busybox ip -o link
	assert_output --partial '1: lo:'
	[ "${#lines[@]}" = 1 ]
	run -0 docker run --rm --network host busybox ip -o link
	assert_output --partial mini0
	run -0 docker run --rm --network container:one busybox ip -4 addr show eth0
	assert_output --partial 172.17.0.2/16
	docker run -d --name two --network host busybox sleep 1000
	docker run -d --name three --network container:one busybox sleep 1000
	run -0 docker inspect -f '{{json .NetworkSettings.Networks}}' three
	assert_output '{}'
	run -0 docker network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}}' host
	assert_output 'two '
	# Who joins the network of one that has joined another's has the files of that one.
	docker run --rm --network container:three busybox grep "$(docker inspect -f '{{.Config.Hostname}}' one)" \
		/etc/hosts /etc/hostname
	docker network create front
	for name in two three; do
		run -1 docker network connect front "$name"
		assert_output --partial 'container sharing network namespace with another container or host cannot be connected to any other network'
	done
	run -1 docker network connect host one
	assert_output --partial 'container cannot be disconnected from host network or connected to host network'
	run -1 docker network connect none one
	assert_output --partial 'container cannot be connected to multiple networks with one of the networks in private (none) mode'
	# It has nothing of its own there.
	refused() {
		run -125 docker run --rm --network container:one "${@:2}" busybox true
		assert_output --partial "conflicting options: $1"
	}
	refused 'hostname and the network mode' --hostname other
	refused 'port publishing and the container type network mode' -p 80:80
	refused 'port publishing and the container type network mode' -P
	refused 'port exposing and the container type network mode' --expose 80
	refused 'dns and the network mode' --dns 1.1.1.1
	refused 'custom host-to-IP mapping and the network mode' --add-host other:1.1.1.1
	refused "container type network can't be used with links" --link one
	run -0 docker run --rm --network host -p 80:80 busybox true
	assert_output 'WARNING: Published ports are discarded when using host network mode'
	# The host is where its default bridge is, also for who is not in that.
	for name in host none front; do
		run -0 docker run --rm --network "$name" --add-host up:host-gateway busybox grep up /etc/hosts
		assert_output $'172.17.0.1\tup'
	done
	docker rm -f one two three
}

@test "a container's devices: names, link-local addresses, settings of the kernel" {
	local names=com.docker.network.endpoint.ifname settings=com.docker.network.endpoint.sysctls
	docker network create -o com.docker.network.container_iface_prefix=wire back
	docker network create --ipv6 --subnet fd01:5::/64 front
	run -1 docker network create -o com.docker.network.container_iface_prefix=much-too-long wrong
	assert_output --partial "'much-too-long' cannot be what names of devices begin with"
	docker run -d --name one --network back \
		--network "name=front,driver-opt=$names=web,driver-opt=$settings=net.ipv4.conf.IFNAME.log_martians=1" \
		--sysctl net.ipv4.conf.web.forwarding=1 busybox sleep 1000
	run -0 docker exec one sh -c 'cd /proc/sys/net/ipv4/conf; cat web/log_martians wire0/log_martians \
		web/forwarding wire0/forwarding'
	assert_output $'1\n0\n1\n0'
	docker network connect --link-local-ip 169.254.3.3 --link-local-ip fe80::33 --driver-opt "$names=more.1" \
		--driver-opt "$settings=net.ipv4.conf.IFNAME.forwarding=1" bridge one
	run -0 docker exec one ip addr show more.1
	assert_output --partial 'inet 169.254.3.3/16'
	assert_output --partial 'inet6 fe80::33/64'
	run -0 docker exec one cat /proc/sys/net/ipv4/conf/more.1/forwarding
	assert_output 1
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	docker restart -t 0 one
	run -0 docker exec one cat /proc/sys/net/ipv4/conf/more.1/forwarding /proc/sys/net/ipv4/conf/web/log_martians
	assert_output $'1\n1'

	refused() {
		run -1 docker network connect "${@:2}" front two
		assert_output --partial "$1"
	}
	docker run -d --name two busybox sleep 1000
	refused "'lo' cannot be the name of a device" --driver-opt "$names=lo"
	refused "'a/b' cannot be the name of a device" --driver-opt "$names=a/b"
	refused already --driver-opt "$names=eth0"
	refused 'unrecognised network interface sysctl' --driver-opt "$settings=net.ipv4.conf.eth0.forwarding=0"
	refused 'unrecognised network interface sysctl' --driver-opt "$settings=kernel.IFNAME.x=0"
	refused 'unrecognised network interface sysctl' --driver-opt "$settings=net.//.IFNAME.x=0"
	refused 'No such file' --driver-opt "$settings=net.ipv4.conf.IFNAME.nothing=0"
	refused 'invalid link-local IP address: x' --link-local-ip x
	run -0 docker inspect -f '{{len .NetworkSettings.Networks}}' two
	assert_output 1
	# What is said of all devices holds for those that come from networks, whichever is there first.
	for _ in {1..5}; do
		run -0 docker run --rm --network front --sysctl net.ipv6.conf.all.disable_ipv6=1 busybox ip -6 addr
		assert_output ''
		run -0 docker run --rm --network front --sysctl net.ipv4.conf.eth0.forwarding=1 busybox \
			cat /proc/sys/net/ipv4/conf/eth0/forwarding
		assert_output 1
	done
	docker rm -f one two
}

@test "a network of one's own: subnets, ranges, addresses that are wished for, both versions" {
	docker network create --ipv6 --subnet 10.1.2.0/24 --ip-range 10.1.2.128/25 --gateway 10.1.2.200 \
		--aux-address router=10.1.2.128 --subnet fd01:2::/64 --label tier=front \
		-o com.docker.network.bridge.name=brtest -o com.docker.network.driver.mtu=1400 front
	run -0 sandbox_enter ip -o addr show brtest
	assert_line --partial 'inet 10.1.2.200/24 brd 10.1.2.255'
	assert_line --partial 'inet6 fd01:2::1/64'
	run -0 docker network inspect front
	# The client sends its subnets in any order: IPv4 is first.
	jq -e '.[0] | .Driver == "bridge" and .EnableIPv6 and .Labels == {"tier": "front"} and
		.IPAM.Config == [{"Subnet": "10.1.2.0/24", "IPRange": "10.1.2.128/25",
			"Gateway": "10.1.2.200", "AuxiliaryAddresses": {"router": "10.1.2.128"}},
			{"Subnet": "fd01:2::/64"}] and .Containers == {} and (has("Chosen") | not)' <<<"$output"
	docker run -d --name one --network front --network-alias web busybox sleep 1000
	[ "$(address_of one front)" = 10.1.2.129 ]
	run -0 docker exec one ip addr show eth0
	assert_output --partial 'mtu 1400'
	assert_output --partial 'inet6 fd01:2::2/64 scope global'
	docker exec one ping -c 1 -W 5 fd01:2::1
	run -0 docker inspect -f '{{json .NetworkSettings.Networks.front}}' one
	jq -e --arg short "$(docker inspect -f '{{slice .Id 0 12}}' one)" \
		'.Aliases == ["web"] and .DNSNames == ["one", "web", $short] and
		.GlobalIPv6Address == "fd01:2::2" and .IPv6Gateway == "fd01:2::1" and
		.GlobalIPv6PrefixLen == 64 and .Gateway == "10.1.2.200"' <<<"$output"
	docker run -d --name two --network front --ip 10.1.2.7 --ip6 fd01:2::77 \
		--mac-address 02:42:ac:11:00:99 busybox sleep 1000
	run -0 docker exec two ip addr show eth0
	assert_output --partial 10.1.2.7/24
	assert_output --partial fd01:2::77/64
	assert_output --partial 02:42:ac:11:00:99
	docker restart -t 0 two
	run -0 docker exec two ip addr show eth0
	assert_output --partial 02:42:ac:11:00:99
	docker exec two ping -c 1 -W 5 one
	# What cannot be had.
	run -125 docker run --rm --network front --ip 10.1.2.7 busybox true
	assert_output --partial 'Address already in use'
	run -125 docker run --rm --network front --ip 10.9.9.9 busybox true
	assert_output --partial 'no configured subnet contains IP address 10.9.9.9'
	run -125 docker run --rm --ip 172.17.0.77 busybox true
	assert_output --partial 'user specified IP address is supported on user defined networks only'
	docker network create back
	run -125 docker run --rm --network back --ip 172.18.0.77 busybox true
	assert_output --partial 'supported only when connecting to networks with user configured subnets'
	docker rm -f one two
}

@test "several networks: a cable for each, connect and disconnect while it runs" {
	docker network create --subnet 10.1.0.0/24 front
	docker network create --subnet 10.2.0.0/24 back
	docker network create --internal --subnet 10.3.0.0/24 vault
	docker run -d --name one --network back --network name=front,ip=10.1.0.9 busybox sleep 1000
	run -0 docker exec one ip -4 -o addr
	assert_line --regexp 'eth0 +inet 10\.2\.0\.2/24'
	assert_line --regexp 'eth1 +inet 10\.1\.0\.9/24'
	run -0 docker exec one ip route
	assert_line --partial 'default via 10.2.0.1' # of the networks the first by name
	docker network connect --ip 10.3.0.7 --alias safe vault one
	run -0 docker exec one ip -4 -o addr
	assert_line --regexp 'eth2 +inet 10\.3\.0\.7/24'
	run -1 docker network connect vault one
	assert_output --partial 'endpoint with name one already exists in network vault'
	docker network disconnect back one
	run -0 docker exec one ip route
	assert_line --partial 'default via 10.1.0.1'
	refute_line --partial 10.2.0
	docker network disconnect front one
	run -0 docker exec one ip route
	refute_line --partial default
	run -1 docker network disconnect front one
	assert_output --partial 'is not connected to network front'
	run -0 docker inspect -f '{{json .NetworkSettings.Networks}}' one
	jq -e 'keys == ["vault"]' <<<"$output"
	# One that does not run is changed for its next start.
	docker stop -t 0 one
	docker network connect back one
	docker network disconnect vault one
	docker start one
	run -0 docker exec one ip -4 -o addr
	assert_line --regexp 'eth0 +inet 10\.2\.0\.2/24'
	refute_output --partial 10.3.0
	docker rm -f one
}

@test "what is refused, with Docker's words and codes" {
	docker network create --subnet 10.1.0.0/24 front
	docker network create --config-only --subnet 10.7.0.0/24 pattern
	while IFS='|' read -r code message request; do
		sandbox_api POST /networks/create "$request"
		[ "$status $(jq -r .message <<<"$output")" = "$code $message" ] || {
			echo "$request: $status $output"
			return 1
		}
	done <<-'EOF'
		409|network with name front already exists|{"Name":"front"}
		400|invalid name: name is empty|{}
		403|operation is not permitted on predefined bridge network |{"Name":"bridge"}
		403|only one instance of "host" network is allowed|{"Name":"x","Driver":"host"}
		403|cannot create a swarm scoped network when swarm is not active|{"Name":"x","Scope":"swarm"}
		400|invalid scope 'global': a network is local|{"Name":"x","Scope":"global"}
		404|configuration network "nope" does not exist|{"Name":"x","ConfigFrom":{"Network":"nope"}}
		400|user specified configurations are not supported if the network depends on a configuration network|{"Name":"x","ConfigFrom":{"Network":"pattern"},"IPAM":{"Config":[{"Subnet":"10.5.0.0/24"}]}}
		404|plugin "nope" not found|{"Name":"x","Driver":"nope"}
		404|plugin "nope" not found|{"Name":"x","IPAM":{"Driver":"nope"}}
		403|bridge driver doesn't support multiple subnets|{"Name":"x","IPAM":{"Config":[{"Subnet":"10.5.0.0/24"},{"Subnet":"10.6.0.0/24"}]}}
		409|failed to allocate secondary ip address (r:10.5.0.1): Address already in use|{"Name":"x","IPAM":{"Config":[{"Subnet":"10.5.0.0/24","AuxiliaryAddresses":{"r":"10.5.0.1"}}]}}
		403|invalid pool request: Pool overlaps with other one on this address space: network front has it|{"Name":"x","IPAM":{"Config":[{"Subnet":"10.1.0.0/16"}]}}
	EOF
	while IFS='|' read -r message request; do
		sandbox_api POST /networks/create "{\"Name\":\"x\",\"IPAM\":{\"Config\":[$request]}}"
		[ "$status" = 400 ]
		[ "$(jq -r .message <<<"$output")" = $'invalid network config:\n'"$message" ]
	done <<-'EOF'
		invalid subnet 10.5.0.3: invalid CIDR block notation|{"Subnet":"10.5.0.3"}
		invalid subnet 10.5.0.3/24: it should be 10.5.0.0/24|{"Subnet":"10.5.0.3/24"}
		invalid gateway 10.6.0.1: parent subnet 10.5.0.0/24 doesn't contain this address|{"Subnet":"10.5.0.0/24","Gateway":"10.6.0.1"}
		invalid ip-range 10.6.0.0/25: parent subnet 10.5.0.0/24 doesn't contain ip-range|{"Subnet":"10.5.0.0/24","IPRange":"10.6.0.0/25"}
		invalid ip-range 10.0.0.0/8: CIDR block is bigger than its parent subnet 10.5.0.0/24|{"Subnet":"10.5.0.0/24","IPRange":"10.0.0.0/8"}
		invalid auxiliary address r: parent subnet is an IPv4 block|{"Subnet":"10.5.0.0/24","AuxiliaryAddresses":{"r":"fd00::1"}}
	EOF
	run -1 docker network rm host
	assert_output --partial 'host is a pre-defined network and cannot be removed'
	run -1 docker network inspect nope
	assert_output --partial 'network nope not found'
	run -125 docker run --rm --network nope busybox true
	assert_output --partial 'network nope not found'
	docker run -d --name one --network front busybox sleep 1000
	run -1 docker network rm front
	assert_output --partial 'has active endpoints'
	run -0 docker network inspect -f '{{.Name}}' "$(docker network ls -q -f name=front | cut -c 1-6)"
	assert_output front
	docker rm -f one
	# A client of before 1.44 connects a container to its second network itself.
	local two='{"Image":"busybox","NetworkingConfig":{"EndpointsConfig":{"front":{},"bridge":{}}}}'
	sandbox_api POST /v1.43/containers/create "$two"
	[ "$status $(jq -r .message <<<"$output")" = '400 Container cannot be connected to network endpoints: front, bridge' ]
	sandbox_api POST '/v1.44/containers/create?name=two' "$two"
	[ "$status" = 201 ]
	while IFS='|' read -r message network force; do
		sandbox_api POST "/networks/$network/disconnect" "{\"Container\":\"gone\",\"Force\":$force}"
		[ "$status $(jq -r .message <<<"$output")" = "404 $message" ]
	done <<-'EOF'
		endpoint gone not found|front|true
		network nope not found|nope|true
		No such container: gone|front|false
	EOF
}

@test "lists, filters, prune, patterns for others, events" {
	local since
	since=$(date +%s.%N)
	docker network create --label tier=a aa
	docker network create --label tier=b bb
	docker network create --config-only --subnet 10.7.0.0/24 pattern
	docker network create --config-from pattern cc
	docker run -d --name one --network aa busybox sleep 1000
	run -0 docker network ls -q -f type=builtin
	[ "${#lines[@]}" = 3 ]
	run -0 docker network ls -f label=tier --format '{{.Name}}'
	assert_output $'aa\nbb'
	run -0 docker network ls -f dangling=true -f driver=bridge --format '{{.Name}}'
	assert_output $'bb\ncc'
	run -0 docker network inspect -f '{{(index .IPAM.Config 0).Subnet}} {{.ConfigFrom.Network}}' cc
	assert_output '10.7.0.0/24 pattern'
	run -1 docker network rm pattern
	assert_output --partial 'configuration network "pattern" is in use'
	run -125 docker run --rm --network pattern busybox true
	sandbox_api GET '/networks?filters=%7B%22type%22:%5B%22nope%22%5D%7D'
	[ "$status" = 400 ]
	sandbox_api GET '/networks?filters=%7B%22nope%22:%5B%22x%22%5D%7D'
	[ "$status" = 400 ]
	sandbox_api POST '/networks/prune?filters=%7B%22label%22:%5B%22tier=b%22%5D%7D'
	[ "$(jq -c .NetworksDeleted <<<"$output")" = '["bb"]' ]
	docker rm -f one
	docker network rm cc pattern
	docker network prune -f
	run -0 docker events --since "$since" --until "$(date +%s.%N)" --filter type=network \
		--format '{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.type}}'
	assert_output - <<-'EOF'
		create aa bridge
		create bb bridge
		create pattern null
		create cc bridge
		connect aa bridge
		destroy bb bridge
		prune <no value> <no value>
		disconnect aa bridge
		destroy cc bridge
		destroy pattern null
		destroy aa bridge
		prune <no value> <no value>
	EOF
}

@test "a subnet that the host has a way to is not chosen" {
	sandbox_enter ip route add 172.18.5.0/24 dev lo
	docker network create front
	run -0 docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' front
	assert_output 172.19.0.0/16
	sandbox_enter ip route del 172.18.5.0/24 dev lo
	docker network create back
	run -0 docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' back
	assert_output 172.18.0.0/16
}

@test "kill -9: networks are as before, what runs keeps its address, its cable and its name" {
	local before gone
	docker network create --subnet 10.1.0.0/24 front
	gone=br-$(docker network create gone | cut -c 1-12)
	docker run -d --name one --network front busybox sleep 1000
	docker run -d --name two busybox sleep 1000
	docker run -d --name three --network front busybox sleep 1000
	before=$(docker network ls)
	sandbox_daemon_stop KILL
	sandbox_enter ip link delete "$gone"
	sandbox_daemon_start
	run -0 docker network ls
	assert_output "$before"
	[ "$(address_of one front)" = 10.1.0.2 ]
	docker exec one ping -c 1 -W 5 three
	docker exec two ping -c 1 -W 5 172.17.0.1
	run -1 docker network rm front
	assert_output --partial 'has active endpoints'
	# Nothing that is taken is given to another one, and what was free stays so.
	docker run -d --name four --network front busybox sleep 1000
	[ "$(address_of four front)" = 10.1.0.4 ]
	run -0 sandbox_enter ip -o link
	assert_output --partial "$gone"
	docker rm -f one two three four
}

@test "a bridge that was there before its network keeps its addresses, and stays" {
	sandbox_enter ip link add brown type bridge
	sandbox_enter ip addr add 10.99.3.1/24 dev brown
	docker network create --subnet 10.99.2.0/24 -o com.docker.network.bridge.name=brown own
	run -0 docker run --rm --network own busybox ping -c 1 -W 10 10.99.2.1
	docker network rm own
	run -0 sandbox_enter ip -o -4 addr show brown
	assert_output --partial 10.99.3.1/24
	sandbox_enter ip link delete brown
}

ports_of() {
	sandbox_enter ip -o link show master "$1"
}

has_no_port() {
	[ -z "$(ports_of "$1")" ]
}

@test "a network namespace that somebody holds is no neighbour any more when its container has ended" {
	docker network create --subnet 10.99.1.0/24 -o com.docker.network.bridge.name=brheld held
	sandbox_client run -d --name first --network held --ip 10.99.1.9 busybox sleep 1000
	nsenter --target "$(docker inspect -f '{{.State.Pid}}' first)" --net sleep 1000 3>&- &
	local holder=$!
	sandbox_eventually 10 holds_another_network "$holder"
	[ -n "$(ports_of brheld)" ]
	local cable
	cable=$(ports_of brheld | grep -o 'veth[0-9a-f]*' | head -n 1)
	sandbox_client rm -f first
	sandbox_eventually 10 has_no_port brheld
	# Nor does its cable stay for as long as that lasts.
	sandbox_eventually 10 has_no_device "$cable"
	kill -0 "$holder"
	# Who has the address now is reached.
	sandbox_client run -d --name second --network held --ip 10.99.1.9 busybox sleep 1000
	run -0 docker run --rm --network held busybox ping -c 1 -W 10 10.99.1.9
	kill "$holder"
	wait "$holder" || true
	sandbox_client rm -f second
	docker network rm held
	run -0 docker info --format '{{json .Plugins.Network}}'
	assert_output '["bridge","host","ipvlan","macvlan","null"]'
}

has_no_device() {
	! sandbox_enter ip link show "$1" >/dev/null 2>&1
}

@test "a daemon that was killed before it could bury a cable does so when it starts" {
	docker network create held
	sandbox_client run -d --name first --network held busybox sleep 1000
	nsenter --target "$(docker inspect -f '{{.State.Pid}}' first)" --net sleep 1000 3>&- &
	local holder=$!
	sandbox_eventually 10 holds_another_network "$holder"
	local cable
	cable=$(sandbox_enter ip -o link show type veth | grep -o 'veth[0-9a-f]*' | head -n 1)
	[ -n "$cable" ]
	sandbox_client rm -f first
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	has_no_device "$cable"
	kill "$holder"
	wait "$holder" || true
	docker network rm held
}

holds_another_network() {
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# As many as one likes: make leaks TIMES=1000 (LEAK_RUNS).
@test "nothing leaks: containers with networks and ports, killed daemons in between" {
	local round
	mini-docker network create --subnet 10.1.0.0/24 front
	for ((round = 0; round < ${LEAK_RUNS:-30} / 10; round++)); do
		for _ in 1 2 3 4 5; do
			mini-docker run --rm busybox true
			mini-docker run --rm --network front -p 8080:80 busybox true
		done
		((round < 3)) || mini-docker rm -f "left$((round % 3))"
		mini-docker run -d --name "left$((round % 3))" --network front busybox sleep 1000
		sandbox_daemon_stop KILL
		sandbox_daemon_start
	done
	run -0 mini-docker network inspect -f '{{len .Containers}}' front
	assert_output 3
	sandbox_remove_containers
	mini-docker run --rm --network front busybox ip -4 addr show eth0 | grep -F 10.1.0.2/24
	mini-docker network rm front
	run -0 sandbox_enter nft list ruleset
	refute_output --partial 8080
	refute_output --partial 10.1.0.
	sandbox_assert_nothing_left
}

networks_of() {
	mini-docker inspect -f '{{len .NetworkSettings.Networks}}' "$1"
}

@test "killed while a container gets in and out of a network: it has what its document says" {
	local round action
	mini-docker network create front
	mini-docker run -d --name one busybox sleep 1000
	for round in 1 2 3 4 5; do
		action=connect
		[ "$(networks_of one)" = 1 ] || action=disconnect
		sandbox_api POST "/networks/front/$action" '{"Container": "one"}' &
		sleep "0.0$round"
		sandbox_daemon_stop KILL
		wait $! || true
		sandbox_daemon_start
		run -0 mini-docker exec one ip -o link
		assert_equal "$(grep -c eth <<<"$output")" "$(networks_of one)"
		mini-docker exec one ping -c 1 -W 5 172.17.0.1
	done
}

@test "the daemon's own settings: address and pools of the default bridge, or none at all" {
	sandbox_daemon_stop
	sandbox_daemon_start --bip 10.77.0.1/24 --fixed-cidr 10.77.0.128/25 --mtu 1300 \
		--default-address-pool base=10.88.0.0/16,size=24
	run -0 docker run --rm busybox ip addr show eth0
	assert_output --partial 10.77.0.128/24
	assert_output --partial 'mtu 1300'
	docker network create front
	run -0 docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' front
	assert_output 10.88.0.0/24
	sandbox_daemon_stop
	sandbox_daemon_start --bridge none
	run -0 sandbox_enter ip -o link
	refute_output --partial mini0
	run -0 docker run --rm busybox ip -o link
	refute_output --partial eth0
	run -0 docker run --rm --network front busybox ip addr show eth0
	assert_output --partial 10.88.0.2/24
	sandbox_daemon_stop
	sandbox_daemon_start
	run -0 docker run --rm busybox ip addr show eth0
	assert_output --partial 172.17.0.2/16
	sandbox_daemon_stop
	run -0 sandbox_enter timeout 20 mini-dockerd -H "unix://$PRIVATE/x.sock" --data-root "$PRIVATE/root" \
		--exec-root "$PRIVATE/run" --bip 10.77.0/24 || true
	assert_output --partial 'invalid CIDR address: 10.77.0/24'
	sandbox_daemon_start
}

@test "a container whose first steps fail while it is plugged in says why, not that it is gone" {
	for _ in {1..12}; do
		run -127 sandbox_client run --rm --sysctl net.ipv4.nosuch=1 busybox true
		assert_line --partial "cannot set the sysctl 'net.ipv4.nosuch'"
	done
}

@test "options of new networks that the daemon was told of: what a request names is its own" {
	local mtu=com.docker.network.driver.mtu
	sandbox_daemon_stop
	sandbox_daemon_start --default-network-opt "bridge=$mtu=1234" \
		--default-network-opt bridge=com.docker.network.bridge.host_binding_ipv4=127.0.0.1
	options() {
		docker network inspect -f '{{json .Options}}' "$1"
	}
	docker network create plain
	docker network create -o "$mtu=1300" own
	run -0 options plain
	assert_output "{\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\",\"$mtu\":\"1234\"}"
	run -0 options own
	assert_output "{\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\",\"$mtu\":\"1300\"}"
	run -0 docker run --rm --network plain busybox cat /sys/class/net/eth0/mtu
	assert_output 1234
	run -0 options bridge
	assert_output --partial "\"$mtu\":\"1500\""
	docker network rm plain own
	sandbox_daemon_stop
	sandbox_daemon_start
}
