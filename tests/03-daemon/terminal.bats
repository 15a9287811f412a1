# A person at a terminal: docker run -it, exec -it and attach under a pty (helper/terminal.py).
load ../helper/daemon

@test "run -it is a shell on a terminal; its exit code comes out" {
	run pty '
spawn("docker", "run", "-it", "--rm", "busybox")
expect("# ")
send("tty\n")
expect("/dev/pts/0")
send("exit 7\n")
'
	assert_failure 7
	sandbox_assert_nothing_left
}

@test "the window's size arrives, and its changes too" {
	run -0 pty -s 33x111 '
spawn("docker", "run", "-it", "--rm", "busybox")
expect("# ")
sleep(0.5)
send("stty size\n")
expect("33 111")
resize(20, 70)
sleep(0.5)
send("stty size\n")
expect("20 70")
send("exit\n")
'
}

@test "Ctrl-C interrupts the command in it, Ctrl-D ends the shell" {
	run -0 pty '
spawn("docker", "run", "-it", "--rm", "busybox")
expect("# ")
send("sleep 60\n")
sleep(0.5)
send("\x03")
expect("# ")
send("echo still $((6*7))\n")
expect("still 42")
expect("# ")
send("\x04")
'
}

@test "detach keys leave the container running, attach finds it again" {
	run -0 pty '
spawn("docker", "run", "-it", "--name", "kept", "busybox")
expect("# ")
send("\x10\x11")
'
	run -0 docker inspect --format '{{.State.Running}}' kept
	assert_output true
	run -0 pty '
spawn("docker", "attach", "kept")
sleep(0.5)
send("echo back $((6*7))\n")
expect("back 42")
send("exit\n")
'
}

@test "exec -it joins the container on a terminal of its own" {
	docker run -d --name host --hostname inside busybox sleep 100
	run pty -s 31x101 '
spawn("docker", "exec", "-it", "host", "sh")
expect("# ")
sleep(0.5)
send("hostname; stty size; cat /proc/1/comm\n")
expect("inside")
expect("31 101")
expect("sleep")
send("exit 5\n")
'
	assert_failure 5
}

@test "run -t without a terminal at stdin is refused by the client, -t alone is fine" {
	run -0 docker run --rm -t busybox sh -c 'test -t 1 && echo terminal'
	assert_output --partial terminal
}
