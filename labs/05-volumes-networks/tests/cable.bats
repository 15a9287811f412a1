load ../../lib/engine

# bats test_tags=task:cable,pts:2,alone
@test "a bridge is made" {
	alone cable_functions_test a_bridge_is_made
}

# bats test_tags=task:cable,pts:3,alone
@test "a cable leads into another network" {
	alone cable_functions_test a_cable_leads_elsewhere
}

# bats test_tags=task:cable,pts:2,alone
@test "a device is given addresses" {
	alone cable_functions_test addresses_are_given
}

# bats test_tags=task:cable,pts:1,hidden
@test "an address is usable at once" {
	alone cable_functions_test an_address_is_usable_at_once
}

# bats test_tags=task:cable,pts:1,hidden
@test "all of a subnet have an address" {
	alone cable_functions_test all_of_a_subnet_have_an_address
}

# bats test_tags=task:cable,pts:2,alone
@test "there is one way to everywhere else" {
	alone cable_functions_test the_way_to_everywhere_else
	alone cable_functions_test any_way_out_is_removed
}

# bats test_tags=task:cable,pts:2,alone
@test "hardware addresses are read and made" {
	alone cable_functions_test hardware_addresses
}

# port NAME: how the bridge treats the port of that container
port() {
	inside bridge -d -j link show |
		jq -rc --arg veth "veth$(state "$1" '.NetworkSettings.Networks[].EndpointID[:11]')" \
			'.[] | select(.ifname == $veth) | [.hairpin, .isolated]'
}

# bats test_tags=task:cable,pts:2
@test "a container is plugged into the bridge" {
	daemon
	docker network create -o com.docker.network.bridge.enable_icc=false apart >/dev/null
	starts_detached web box sleep 1000
	starts_detached db --network apart --mac-address 02:42:11:22:33:44 box sleep 1000
	run docker exec web /bin/busybox ip route
	expect "its routes" "default via 172.17.0.1 dev eth0 172.17.0.0/16 dev eth0 scope link src 172.17.0.2" \
		"$(xargs <<<"$output")"
	run docker exec web cat /sys/class/net/eth0/address
	expect "its hardware address" 02:42:ac:11:00:02 "$output"
	run docker exec db cat /sys/class/net/eth0/address
	expect "one that was asked for" 02:42:11:22:33:44 "$output"
	expect "hairpin and isolation of its port" '[true,false]' "$(port web)"
	expect "the same in a network without icc" '[true,true]' "$(port db)"
	run docker exec web /bin/busybox ping -c 1 -W 5 172.17.0.1
	expect "whether the gateway answers" 0 "$status"
}
