# Others at the packet filter of the same machine: Docker's own daemon, and firewalld's rules.
# Nobody's rules are changed by us; whoever is in the way is told of, with what helps.
load ../helper/sandbox

setup_file() {
	sandbox_open
	"$SANDBOX_HELPER/busybox-rootfs" >"$BATS_FILE_TMPDIR/busybox.tar"
	# Another machine, which answers with its name on port 80.
	# shellcheck disable=SC2016 # the inner shell's
	sandbox_enter unshare -n sh -c 'echo $$ >"$1"; exec sleep 1000' outside \
		"$BATS_FILE_TMPDIR/outside" 3>&- &
	sandbox_eventually 10 test -s "$BATS_FILE_TMPDIR/outside"
	OUTSIDE=$(cat "$BATS_FILE_TMPDIR/outside")
	export OUTSIDE
	sandbox_enter ip link add out0 type veth peer name eth0 netns "$OUTSIDE"
	sandbox_enter ip addr add 10.9.0.1/24 dev out0
	sandbox_enter ip link set out0 up
	outside ip addr add 10.9.0.9/24 dev eth0
	outside ip link set eth0 up
	(exec nsenter -t "$OUTSIDE" -n socat TCP4-LISTEN:80,fork,reuseaddr SYSTEM:'echo world' 3>&-) &
	SERVER=$!
	export SERVER
}

teardown_file() {
	kill "$OUTSIDE" "$SERVER" || true
	sandbox_end
}

teardown() {
	! private_is_alive "$(private_daemon)" || sandbox_remove_containers
	docker_stop
	sandbox_daemon_stop
	: >"$PRIVATE/daemon.log"
	# The next test begins as a machine does: no rules, no bridges, no router.
	sandbox_enter nft flush ruleset
	for bridge in mini0 docker0; do
		sandbox_enter ip link delete $bridge 2>/dev/null || true
	done
	sandbox_enter sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'
}

outside() {
	nsenter -t "$OUTSIDE" -n "$@"
}

theirs() {
	docker -H "unix://$PRIVATE/theirs.sock" "$@"
}

# Docker's own daemon, with its rules, beside ours.
docker_start() {
	"$SANDBOX_HELPER/../../scripts/peers" docker dockerd >/dev/null || skip "Docker's daemon is not here"
	sandbox_enter sh -c 'command -v iptables' || skip 'iptables is not here'
	private_cover /etc /run
	mkdir -p "$PRIVATE/theirs" "$PRIVATE/theirs-run"
	(
		private_close_descriptors
		private_join
		private_exec setsid dockerd -H "unix://$PRIVATE/theirs.sock" --data-root "$PRIVATE/theirs" \
			--exec-root "$PRIVATE/theirs-run" --pidfile "$PRIVATE/theirs.pid" \
			--cgroup-parent "/$PRIVATE_GROUP/theirs"
	) </dev/null >>"$PRIVATE/theirs.log" 2>&1 &
	disown $!
	sandbox_eventually 20 theirs version >/dev/null
	theirs import --change 'CMD ["sh"]' - busybox:latest <"$BATS_FILE_TMPDIR/busybox.tar"
}

docker_stop() {
	local pid
	pid=$(cat "$PRIVATE/theirs.pid" 2>/dev/null) || return 0
	theirs ps -aq | xargs -r docker -H "unix://$PRIVATE/theirs.sock" rm -f
	kill "$pid"
	private_wait_for 30 private_is_gone "$pid"
}

ours_start() {
	sandbox_daemon_start
	mini-docker import --change 'CMD ["sh"]' - busybox:latest <"$BATS_FILE_TMPDIR/busybox.tar"
}

# serve COMMAND NAME PORT: a container that answers with its name
serve() {
	"$1" run -d --name "$2" -p "$3:80" busybox \
		sh -c "mkdir /www; echo $2 >/www/index.html; exec httpd -f -p 80 -h /www"
	sandbox_eventually 20 answers_with "$2" sandbox_enter curl -s -m 2 "http://127.0.0.1:$3/"
}

answers_with() {
	[ "$("${@:2}")" = "$1" ]
}

# $1: the client, $2: the container
gets_out() {
	answers_with world "$1" exec "$2" nc -w 2 10.9.0.9 80
}

is_told() {
	grep -qF -- "$1" "$PRIVATE/daemon.log"
}

# Rules without counters and times.
their_rules() {
	sandbox_enter iptables-save | grep '^-'
}

@test "Docker comes after us: both publish, both reach the world, and what goes is each one's own" {
	local before
	ours_start
	serve mini-docker ours 8080
	docker_start
	serve theirs theirs 9090
	before=$(their_rules)
	for _ in 1 2; do
		assert_equal "$(outside curl -s -m 5 http://10.9.0.1:8080/)" ours
		assert_equal "$(outside curl -s -m 5 http://10.9.0.1:9090/)" theirs
		# We turned on forwarding, for containers alone: theirs are some, too.
		sandbox_eventually 10 gets_out theirs theirs
		gets_out mini-docker ours
		sandbox_daemon_stop KILL
		sandbox_daemon_start
	done
	mini-docker rm -f ours
	assert_equal "$(their_rules)" "$before"
	assert_equal "$(outside curl -s -m 5 http://10.9.0.1:9090/)" theirs
	gets_out theirs theirs
	run outside curl -s -m 1 http://10.9.0.1:8080/
	assert_failure
}

@test "Docker was there first and drops what it does not know: the log has the commands that help" {
	local line
	docker_start
	serve theirs theirs 9090
	ours_start
	mini-docker run -d --name ours -p 8080:80 busybox \
		sh -c 'mkdir /www; echo ours >/www/index.html; exec httpd -f -p 80 -h /www'
	sandbox_enter iptables -S FORWARD | grep -x -- '-P FORWARD DROP'
	sandbox_eventually 10 is_told 'iptables -I DOCKER-USER -i mini0 -j ACCEPT'
	sandbox_eventually 10 answers_with ours sandbox_enter curl -s -m 2 http://127.0.0.1:8080/
	run outside curl -s -m 1 http://10.9.0.1:8080/
	assert_failure
	# The line's own words.
	line=$(grep -o "iptables -I DOCKER-USER .* -o mini0 -j ACCEPT" "$PRIVATE/daemon.log" | tail -n 1)
	sandbox_enter sh -c "$line"
	assert_equal "$(outside curl -s -m 5 http://10.9.0.1:8080/)" ours
	gets_out mini-docker ours
	assert_equal "$(outside curl -s -m 5 http://10.9.0.1:9090/)" theirs
	gets_out theirs theirs
}

@test "a policy that becomes drop while we run is told of, once" {
	ours_start
	mini-docker run -d --name ours busybox sleep 1000
	gets_out mini-docker ours
	sandbox_enter nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	sandbox_eventually 10 is_told "the table 'ip filter' of somebody else drops what is forwarded"
	run gets_out mini-docker ours
	assert_failure
	sandbox_enter nft 'add table ip other; add chain ip other x { type filter hook forward priority 5; }'
	sleep 2
	assert_equal "$(grep -c 'of somebody else drops' "$PRIVATE/daemon.log")" 1
}

@test "a machine that was no router becomes one for containers, or for all who ask it" {
	local flag reached
	# What the other machine sends to a third one behind us, which is no container.
	sandbox_enter ip link add third type bridge
	sandbox_enter ip addr add 10.8.0.1/24 dev third
	sandbox_enter ip link set third up
	outside ip route replace 10.8.0.0/24 via 10.9.0.1
	for flag in --ip-forward-no-drop=false --ip-forward-no-drop; do
		sandbox_daemon_start "$flag"
		mini-docker import --change 'CMD ["sh"]' - busybox:latest <"$BATS_FILE_TMPDIR/busybox.tar"
		mini-docker run -d --name ours busybox sleep 1000
		gets_out mini-docker ours
		sandbox_eventually 10 sandbox_enter nft list chain inet mini-docker forward
		sandbox_enter nft 'table ip seen { chain passed { type filter hook postrouting priority 0;
			ip saddr 10.9.0.9 oifname "third" counter; }; }'
		outside busybox ping -c 1 -W 1 10.8.0.9 || true
		reached=$(sandbox_enter nft list table ip seen)
		if [ "$flag" = --ip-forward-no-drop ]; then
			assert_regex "$reached" 'packets [1-9]'
			is_told 'those of others are handed on, too, and will be (--ip-forward-no-drop)'
		else
			assert_regex "$reached" 'packets 0 '
		fi
		teardown
	done
	sandbox_enter ip link delete third
}

# What firewalld 1.3.3 writes for what is forwarded, when no device is in a zone of its own (the
# chain of the zone `public` is left out: its end is the same `reject`).
firewalld_rules() {
	cat <<-'RULES'
		table inet firewalld {
			chain filter_FORWARD {
				type filter hook forward priority filter + 10; policy accept;
				ct state { established, related } accept
				ct status dnat accept
				iifname "lo" accept
				ct state invalid drop
				jump filter_FORWARD_ZONES
				reject with icmpx admin-prohibited
			}
			chain filter_FORWARD_ZONES {
			}
		}
	RULES
}

@test "firewalld: ports are reached, the way out is told of, and free when mini0 is in a zone" {
	ours_start
	serve mini-docker ours 8080
	firewalld_rules | sandbox_enter nft -f -
	assert_equal "$(outside curl -s -m 5 http://10.9.0.1:8080/)" ours # "ct status dnat accept"
	run gets_out mini-docker ours
	assert_failure
	sandbox_eventually 10 is_told 'firewall-cmd --permanent --zone=trusted --add-interface=mini0'
	# What that command comes to.
	sandbox_enter nft add rule inet firewalld filter_FORWARD_ZONES iifname mini0 accept
	gets_out mini-docker ours
	# And who is in a zone is not told again.
	sandbox_daemon_stop
	: >"$PRIVATE/daemon.log"
	sandbox_daemon_start
	sandbox_eventually 10 is_told 'Daemon has completed initialization'
	sleep 2
	run is_told firewall-cmd
	assert_failure
	# `firewall-cmd --reload` takes its own table away and makes it again: ours stays.
	sandbox_enter nft delete table inet firewalld
	assert_equal "$(outside curl -s -m 5 http://10.9.0.1:8080/)" ours
}
