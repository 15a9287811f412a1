load ../../lib/lab

mapped='.linux.namespaces += [{"type": "user"}] |
	.linux.uidMappings = [{"containerID": 0, "hostID": 1000, "size": 10}] |
	.linux.gidMappings = [{"containerID": 0, "hostID": 2000, "size": 20}]'

# bats test_tags=task:user,pts:1,alone
@test "the functions alone write the maps of an ordinary user" {
	alone functions_test ordinary_user_maps_its_own_ids
}

# bats test_tags=task:user,pts:1
@test "the user ids are mapped" {
	container "$mapped" cat /proc/self/uid_map
	expect "uid_map, as written: inside, outside, how many" "0 1000 10" \
		"$(awk '{ print $1, $2, $3 }' <<<"$output")"
}

# bats test_tags=task:user,pts:2
@test "the group ids are mapped" {
	container "$mapped" cat /proc/self/gid_map
	expect "gid_map, as written: inside, outside, how many" "0 2000 20" \
		"$(awk '{ print $1, $2, $3 }' <<<"$output")"
}

# bats test_tags=task:user,pts:2
@test "root inside is somebody else outside" {
	bundle /tmp/bundle "$mapped | .process.args = [\"/bin/busybox\", \"touch\", \"/share/file\"]"
	inside mkdir -m 0777 /tmp/bundle/rootfs/share
	run inside mini-runc run --bundle /tmp/bundle lab
	expect "the exit status of touch" 0 "$status"
	run inside stat -c '%u %g' /tmp/bundle/rootfs/share/file
	expect "who owns the file outside" "1000 2000" "$output"
}

# bats test_tags=task:user,pts:1
@test "inside it is root, with no groups of the machine" {
	bundle /tmp/bundle "$mapped | .process.args = [\"/bin/busybox\", \"grep\", \"-E\",
		\"^([UG]id|Groups)\", \"/proc/self/status\"]"
	run inside setpriv --groups 4,5 mini-runc run --bundle /tmp/bundle lab
	expect "ids and groups, after setgroups(2), setresgid(2) and setresuid(2)" \
		"Uid: 0 0 0 0 Gid: 0 0 0 0 Groups:" "$(xargs <<<"$output")"
}

# bats test_tags=task:user,pts:1
@test "a map that the kernel refuses is an error" {
	container "$mapped | .linux.uidMappings += [{\"containerID\": 5, \"hostID\": 3000, \"size\": 5}]" \
		echo started
	expect "whether mini-runc fails when write(2) of uid_map does" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
	expect_part "the message, with the kernel's reason" "Invalid argument" "$output"
	expect_part "the message, with the file that was written" "uid_map" "$output"
}

# bats test_tags=task:user,pts:1
@test "a container that cannot become its root does not start" {
	starts "$mapped"
	refused setresuid 1
}

# bats test_tags=task:user,pts:1,hidden
@test "a container that cannot become its group does not start" {
	starts "$mapped"
	refused setresgid 1
	container "$mapped | .linux.gidMappings += [{\"containerID\": 5, \"hostID\": 3000, \"size\": 5}]" \
		echo started
	expect "whether mini-runc fails when write(2) of gid_map does" yes \
		"$([ "$status" -ne 0 ] && echo yes || echo no)"
	expect_part "the message, with the file that was written" "gid_map" "$output"
}
