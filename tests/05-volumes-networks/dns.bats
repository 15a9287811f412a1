# Names in networks, and the files that say where to ask for them. Real resolvers ask: those of
# busybox in the container, and dig in its network. Docker's own client makes what is asked about
# (setup_file); for the many small looks ours does, which is quicker.
load ../helper/sandbox

# The host's resolv.conf is ours in the daemon's mount namespace: its only server is on the daemon's
# own loopback, where dns-server.py stands for the world outside.
setup_file() {
	sandbox_start
	sandbox_image
	printf 'nameserver 127.0.0.1\n' >"$PRIVATE/resolv.conf"
	sandbox_enter mount --bind "$PRIVATE/resolv.conf" /etc/resolv.conf
	docker network create front
	docker network create back
	docker run -d --name web --network front --network-alias www busybox sleep 1000
	docker run -d --name db --network front --network-alias www busybox sleep 1000
	docker network connect --alias store back db
	servers world sandbox_enter -- 127.0.0.1=192.0.2.1
	sandbox_remember
}

teardown_file() {
	local log
	for log in "$PRIVATE"/server-*; do
		kill "$(awk 'NR == 1 { print $2 }' "$log")"
	done
	sandbox_remove_containers
	mini-docker network rm front back || true
	sandbox_enter umount /etc/resolv.conf
	sandbox_end
}

# In the network of a container, and in no other of its namespaces.
inside() {
	local pid
	pid=$(mini-docker inspect -f '{{.State.Pid}}' "$1")
	shift
	nsenter -t "$pid" -n "$@"
}

# ask CONTAINER WORD... as a resolver asks in its network
ask() {
	local container=$1
	shift
	inside "$container" dig @127.0.0.11 +timeout=15 +tries=1 "$@"
}

# servers NAME COMMAND... -- ADDRESS=ANSWER...: dns-server.py, started by COMMAND; what they were asked
# is in server-NAME
servers() {
	local log=$PRIVATE/server-$1 starter=()
	shift
	while [ "$1" != -- ]; do
		starter+=("$1")
		shift
	done
	shift
	: >"$log"
	"${starter[@]}" python3 -B "$SANDBOX_HELPER/dns-server.py" "$log" "$@" 3>&- 4>&- &
	sandbox_eventually 20 grep -q ready "$log"
}

asked() {
	cat "$PRIVATE/server-$1"
}

address_of() { # CONTAINER NETWORK
	mini-docker inspect -f "{{.NetworkSettings.Networks.$2.IPAddress}}" "$1"
}

@test "in a network others are known by name, alias, short id and with the network's name" {
	local web db id
	web=$(address_of web front)
	db=$(address_of db front)
	id=$(mini-docker inspect -f '{{.Id}}' db)
	run -0 ask web +short db DB db.front "${id:0:12}"
	assert_output "$(printf '%s\n' "$db" "$db" "$db" "$db")"
	run -0 ask web +short +tcp db
	assert_output "$db"
	# As programs in a container ask.
	run -0 mini-docker exec web nslookup db
	assert_line "Address: $db"
	run -0 mini-docker exec web ping -c 1 db
	assert_line --partial "PING db ($db)"
	# All that have an alias.
	run -0 ask web +short www
	run -0 sort <<<"$output"
	assert_output "$(printf '%s\n' "$web" "$db" | sort)"
	# And back.
	run -0 ask web +short -x "$db"
	assert_output db.front.
	run -0 mini-docker exec web nslookup "$db"
	assert_line --regexp 'name = db.front$'
}

@test "a name has answers of no kind but its own, and is known in its networks only" {
	mini-docker run -d --name cache --network back busybox sleep 1000
	run -0 ask web db AAAA db MX db TXT db SRV
	assert_equal "$(grep -c 'status: NOERROR' <<<"$output")" 4
	assert_equal "$(grep -c 'ANSWER: 0' <<<"$output")" 4
	run -0 ask cache +short store
	assert_output "$(address_of db back)"
	run -0 ask cache +short web
	assert_output ''
	run -0 ask web +short store cache
	assert_output ''
	# What a network knows was never asked outside; what none knows was.
	run -1 grep -wE 'db|www' "$PRIVATE/server-world"
	run -0 asked world
	assert_line 'udp cache 127.0.0.1'
	mini-docker rm -f cache
	# One who has gone is known no more.
	run -0 ask db +short cache
	assert_output ''
}

@test "all other names are asked of the host's servers, by UDP and by TCP" {
	run -0 ask web +short one.example.org
	assert_output 192.0.2.1
	run -0 ask web +tcp +short two.example.org
	assert_output 192.0.2.1
	run -0 ask web nowhere.invalid
	assert_output --partial 'status: NXDOMAIN'
	# What is too large for UDP is cut, and asked again by TCP.
	run -0 ask web large.example.org +short
	assert_equal "${#lines[@]}" 60
	run -0 asked world
	assert_line 'udp one.example.org 127.0.0.1'
	assert_line 'tcp two.example.org 127.0.0.1'
	assert_line 'udp large.example.org 127.0.0.1'
	assert_line 'tcp large.example.org 127.0.0.1'
}

@test "--dns: its servers are reached in the container's network; one after the other" {
	local address
	mini-docker run -d --name asker --network front --dns-search example.org --dns-option timeout:9 \
		--dns 127.0.0.3 --dns 127.0.0.4 --dns 127.0.0.5 busybox sleep 1000
	run -0 mini-docker exec asker cat /etc/resolv.conf
	assert_line 'nameserver 127.0.0.11'
	assert_line 'search example.org'
	assert_line 'options timeout:9 ndots:0'
	assert_line '# ExtServers: [127.0.0.3 127.0.0.4 127.0.0.5]'
	assert_line '# Overrides: [nameservers search options]'
	# The domain stands behind a name that is not found alone; nobody is there to know either.
	run -0 ask asker one.example.org
	assert_output --partial 'status: SERVFAIL'
	# One refuses, one says nothing, one answers.
	servers inside inside asker -- 127.0.0.3=refuse 127.0.0.4=silent 127.0.0.5=192.0.2.5
	run mini-docker exec asker ping -c 1 -W 1 one
	assert_output --partial 'PING one (192.0.2.5)'
	run -0 asked inside
	for address in 3 4 5; do
		assert_line "udp one.example.org 127.0.0.$address"
	done
	kill "$(awk 'NR == 1 { print $2 }' "$PRIVATE/server-inside")"
	rm "$PRIVATE/server-inside"
	mini-docker rm -f asker
}

@test "in a network that is internal nobody outside is asked" {
	mini-docker network create --internal alone
	mini-docker run -d --name hermit --network alone busybox sleep 1000
	run -0 ask hermit secret.example.org
	assert_output --partial 'status: SERVFAIL'
	run -0 ask hermit +short hermit
	assert_output "$(address_of hermit alone)"
	run -1 grep secret "$PRIVATE/server-world"
	# With a second network that is not, it may.
	mini-docker network connect front hermit
	run -0 ask hermit +short secret.example.org
	assert_output 192.0.2.1
	mini-docker rm -f hermit
	mini-docker network rm alone
}

@test "many containers of one alias all answer; a container may serve port 53 itself" {
	local i
	for i in {1..16}; do
		mini-docker run -d --name "many$i" --network back --network-alias many \
			busybox sleep 1000
	done
	run -0 ask db +short +tcp many
	assert_equal "$(sort -u <<<"$output" | wc -l)" 16
	# All of them fit into the smallest packet there is.
	run -0 ask db +ignore +noedns many
	assert_output --partial 'ANSWER: 16'
	refute_output --regexp 'flags:.* tc '
	mini-docker rm -f many{1..16}
	mini-docker exec -d db nc -l -p 53 -e echo its own
	sandbox_eventually 20 serves_port_53 db
	run -0 ask db +short +tcp web
	assert_output "$(address_of web front)"
	run -0 inside db socat -u TCP:127.0.0.1:53 -
	assert_output 'its own'
}

# "00000000:0035", state 0A: somebody listens on port 53 of all addresses.
serves_port_53() {
	inside "$1" grep -q '00000000:0035 00000000:0000 0A\|00000000000000000000000000000000:0035 .* 0A' \
		/proc/net/tcp /proc/net/tcp6
}

@test "links: names of one's own in a network, lines of hosts and variables on the default bridge" {
	mini-docker run -d --name linked --network front --link db:base busybox sleep 1000
	run -0 ask linked +short base
	assert_output "$(address_of db front)"
	run -0 ask web +short base
	assert_output ''
	mini-docker run -d --name old -h old-host --expose 80 -e USER=me busybox sleep 1000
	run -0 mini-docker run --rm --link old:ancient-one --name new busybox sh -c 'cat /etc/hosts; env'
	local address
	address=$(address_of old bridge)
	assert_line "$address"$'\t''ancient-one old-host old'
	assert_line "ANCIENT_ONE_PORT=tcp://$address:80"
	assert_line "ANCIENT_ONE_PORT_80_TCP_ADDR=$address"
	assert_line 'ANCIENT_ONE_NAME=/new/ancient-one'
	assert_line 'ANCIENT_ONE_ENV_USER=me'
	mini-docker create --name new --link old busybox true
	run -0 mini-docker inspect -f '{{.HostConfig.Links}}' new
	assert_output '[/old:/new/old]'
	# What it calls another one is a name of that one, until it is taken away.
	mini-docker run -d --name other --link old:first --link old:second busybox sleep 1000
	run -0 mini-docker exec other env
	assert_line 'SECOND_NAME=/other/second'
	run -0 docker ps --no-trunc --filter name=old --format '{{.Names}}'
	assert_output old,other/first,other/second,new/old
	run -0 mini-docker ps --no-trunc --filter name=old --format '{{.Names}}'
	assert_output old,other/first,other/second,new/old
	run -0 mini-docker ps --filter name=old --format '{{.Names}}'
	assert_output old
	docker rm --link other/first
	run -1 docker rm --link other/first
	assert_output --partial 'No such link: other/first'
	run -1 docker rm --link other
	assert_output --partial 'Conflict, cannot remove the default name of the container'
	run -1 docker rm other/second
	assert_output --partial 'No such container: other/second'
	run -0 docker inspect -f '{{.HostConfig.Links}}' other
	assert_output '[/old:/other/second]'
	docker rm --link other/second
	docker restart -t 0 other
	run -0 docker inspect -f '{{json .HostConfig.Links}}' other
	assert_output null
	run -0 docker exec other cat /etc/hosts
	refute_output --partial second
	docker rm -f other
	mini-docker rm -f old
	run -1 docker restart new
	assert_output --partial 'Cannot restart container new: Cannot link to'
	run ! mini-docker start new
	assert_output --partial 'Cannot link to'
	run ! mini-docker create --link nobody:x busybox
	assert_output --partial 'could not get container for nobody: No such container: nobody'
	mini-docker rm -f new linked
}

# $1: what hosts of container `$2` is to have
hosts_have() {
	mini-docker exec "$2" grep -qxF "$1" /etc/hosts
}

@test "links follow who comes back with another address, after a daemon's restart, too" {
	local before after
	mini-docker run -d --name base -h host busybox sleep 1000
	mini-docker run -d --name reader --link base:db busybox sleep 1000
	before=$(address_of base bridge)
	hosts_have "$before"$'\t''db host base' reader
	mini-docker exec reader sh -c 'echo "10.9.9.9 mine" >>/etc/hosts'
	move_base() {
		mini-docker stop -t 0 base
		mini-docker run -d --name "taker$1" busybox sleep 1000
		mini-docker start base
	}
	move_base 1
	after=$(address_of base bridge)
	refute [ "$after" = "$before" ]
	sandbox_eventually 5 hosts_have "$after"$'\t''db host base' reader
	hosts_have '10.9.9.9 mine' reader
	run ! hosts_have "$before"$'\t''db host base' reader

	sandbox_daemon_stop KILL
	sandbox_daemon_start
	move_base 2
	before=$after
	after=$(address_of base bridge)
	refute [ "$after" = "$before" ]
	sandbox_eventually 5 hosts_have "$after"$'\t''db host base' reader
	mini-docker rm -f base reader taker1 taker2
}

@test "hosts and resolv.conf: of each kind of network, and while networks come and go" {
	local own
	run -0 mini-docker run --rm --network host busybox cat /etc/resolv.conf
	assert_line 'nameserver 127.0.0.1'
	# The default bridge has no names: there the host's loopback would be the container's own.
	mini-docker run -d --name plain -h plain.example.org --add-host up:host-gateway busybox sleep 1000
	run -0 mini-docker exec plain cat /etc/resolv.conf
	assert_line 'nameserver 8.8.8.8'
	assert_line '# Used default nameservers.'
	refute_line --partial 127.0.0.
	run -0 mini-docker exec plain cat /etc/hosts
	assert_line "$(mini-docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' bridge)"$'\tup'
	own=$(address_of plain bridge)
	assert_line "$own"$'\tplain.example.org plain'
	mini-docker exec plain sh -c 'echo 10.9.8.7 mine >>/etc/hosts'
	mini-docker network connect front plain
	run -0 mini-docker exec plain cat /etc/resolv.conf
	assert_line 'nameserver 127.0.0.11'
	run -0 mini-docker exec plain nslookup db
	run -0 mini-docker exec plain cat /etc/hosts
	assert_line "$(address_of plain front)"$'\tplain.example.org plain'
	mini-docker network disconnect front plain
	run -0 mini-docker exec plain cat /etc/resolv.conf
	assert_line 'nameserver 8.8.8.8'
	# The user's own lines stay, in both files.
	mini-docker exec plain sh -c 'echo nameserver 10.9.8.7 >/etc/resolv.conf'
	mini-docker network connect front plain
	run -0 mini-docker exec plain cat /etc/resolv.conf
	assert_output 'nameserver 10.9.8.7'
	mini-docker network disconnect front plain
	run -0 mini-docker exec plain cat /etc/hosts
	assert_line '10.9.8.7 mine'
	assert_line "$own"$'\tplain.example.org plain'
	assert_equal "$(grep -c plain <<<"$output")" 1
	mini-docker rm -f plain
}

@test "killed and started again the daemon answers again; nothing is left of who has gone" {
	local before address
	address=$(address_of db front)
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	sandbox_eventually 20 ask web +short db
	run -0 ask web +short db
	assert_output "$address"
	run -0 ask web +short +tcp www
	assert_equal "${#lines[@]}" 2
	run -0 ask web +short again.example.org
	assert_output 192.0.2.1
	mini-docker run --rm --network front busybox nslookup db
	before=$(descriptors)
	for _ in {1..3}; do
		mini-docker run --rm --network front busybox nslookup db
	done
	sandbox_eventually 20 descriptors_are "$before"
	sandbox_assert_nothing_left
}

descriptors() {
	find "/proc/$(sandbox_daemon_pid)/fd" -mindepth 1 | wc -l
}

descriptors_are() {
	[ "$(descriptors)" -le "$1" ]
}
