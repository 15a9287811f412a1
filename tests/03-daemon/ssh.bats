# The daemon, reached through a real sshd: what remote.bats does with an ssh that is a script.
#
# Each request of the real client is a connection of its own, with keys and a shell.
BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-180}
load ../helper/sandbox

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" sshd
	sandbox_start
	sandbox_image
	start_sshd
	sandbox_remember
}

teardown_file() {
	sandbox_end
}

# An sshd of the sandbox alone: port, keys and configuration of its own; on loopback, and no PAM.
write_server() {
	local far=mini-docker
	[ -z "${PRIVATE_DAEMON-}" ] || far=docker
	mkdir -m 700 "$SSH_FOLDER" "$SSH_FOLDER/bin"
	ssh-keygen -q -t ed25519 -N '' -f "$SSH_FOLDER/host"
	ssh-keygen -q -t ed25519 -N '' -f "$SSH_FOLDER/id"
	ln -s "$(command -v "$far")" "$SSH_FOLDER/bin/docker" # what the real client asks for there
	cat >"$SSH_FOLDER/config" <<-END
		ListenAddress 127.0.0.1:2222
		HostKey $SSH_FOLDER/host
		AuthorizedKeysFile $SSH_FOLDER/id.pub
		PidFile none
		StrictModes no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		LogLevel VERBOSE
		SetEnv PATH=$SSH_FOLDER/bin:$PATH
	END
}

# The clients start `ssh` without a word about keys: that of PATH is told of them.
write_client() {
	cat >"$SSH_FOLDER/ssh" <<-END
		#!/bin/sh
		exec $(command -v ssh) -F none -o IdentityFile=$SSH_FOLDER/id -o IdentitiesOnly=yes \\
			-o UserKnownHostsFile=$SSH_FOLDER/known -o StrictHostKeyChecking=accept-new \\
			-o BatchMode=yes "\$@"
	END
	chmod +x "$SSH_FOLDER/ssh"
}

start_sshd() {
	local sshd
	sshd=$(command -v sshd) # it wants to be called by its whole path
	export SSH_FOLDER=$PRIVATE/ssh
	write_server
	write_client
	private_cover /etc /run
	# Not the shell of who runs this, which may do much before it does what it is told.
	# shellcheck disable=SC2016 # the inner shell's variable
	sandbox_enter sh -c 'mkdir -p /run/sshd
		grep -q ^sshd: /etc/passwd || echo "sshd:x:901:65534::/run/sshd:/bin/false" >>/etc/passwd
		sed -i "s|^root:.*|root:x:0:0::$SSH_FOLDER:/bin/sh|" /etc/passwd'
	(
		private_close_descriptors
		private_join
		private_exec "$sshd" -D -e -f "$SSH_FOLDER/config"
	) </dev/null >"$SSH_FOLDER/log" 2>&1 &
	sandbox_eventually 10 grep -q 'Server listening' "$SSH_FOLDER/log"
}

# over_ssh HOST COMMAND...: with the key, in the daemon's network
over_ssh() {
	local host=$1
	shift
	DOCKER_HOST=$host PATH=$SSH_FOLDER:$PATH sandbox_enter timeout 60 "$@"
}

@test "ssh://: a container's streams and its exit code, with both clients" {
	local client
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
	for client in docker mini-docker; do
		run -7 over_ssh "ssh://root@127.0.0.1:2222$PRIVATE/docker.sock" "$client" run --rm -i busybox \
			sh -c 'md5sum; echo err >&2; exit 7' <"$BATS_TEST_TMPDIR/bytes"
		assert_line "$(md5sum <"$BATS_TEST_TMPDIR/bytes")"
		assert_line err
	done
	sandbox_assert_nothing_left
}

@test "ssh://: who is not let in hears it in ssh's own words, with both clients" {
	local client
	for client in docker mini-docker; do
		run -1 over_ssh ssh://nobody@127.0.0.1:2222 "$client" ps
		assert_output --partial 'Permission denied (publickey)'
	done
}

@test "ssh://: as a context" {
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR
	mini-docker context create far --docker "host=ssh://root@127.0.0.1:2222$PRIVATE/docker.sock"
	run -0 over_ssh '' mini-docker --context far version --format '{{.Server.Os}} {{.Client.Context}}'
	assert_output 'linux far'
}
