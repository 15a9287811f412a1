# Archives that want more than they should get: each is refused with the reason, nothing is written
# outside of the store, and the store is as it was.
load images

# Dozens of archives, each of which is written to the disk and synced: on a disk in memory.
setup() {
	images_setup
	STORE=$(mktemp -d -p /dev/shm mini-image-test-XXXXXX)
	mkdir victim
	echo safe >victim/file
	mini-image --root "$STORE" ls >/dev/null
}

teardown() {
	[[ $STORE != /dev/shm/mini-image-test-* ]] || rm -rf "$STORE"
}

# For each line of stdin a tar, $STORE/1.tar and so on, of entries made by the Python in the line:
# file(name, data), link(), hard(), node(), folder().
hostile_tars() {
	python3 - "$STORE" "$PWD/victim" 3<&0 <<-'end'
		import io, os, sys, tarfile
		victim = sys.argv[2]
		def put(name, kind, target="", data=b"", **more):
		    entry = tarfile.TarInfo(name)
		    entry.type, entry.linkname, entry.size = kind, target, len(data)
		    for key in more: setattr(entry, key, more[key])
		    tar.addfile(entry, io.BytesIO(data))
		def file(name, data=b"evil\n", **more): put(name, tarfile.REGTYPE, data=data, **more)
		def link(name, target): put(name, tarfile.SYMTYPE, target)
		def hard(name, target): put(name, tarfile.LNKTYPE, target)
		def folder(name): put(name, tarfile.DIRTYPE, mode=0o755)
		for number, line in enumerate(os.fdopen(3), 1):
		    with tarfile.open(f"{sys.argv[1]}/{number}.tar", "w", format=tarfile.PAX_FORMAT) as tar:
		        exec(line)
	end
}

hostile_tar() {
	tr -d '\n' <<<"$1" | hostile_tars
	mv "$STORE/1.tar" a.tar
}

assert_nothing_happened() {
	assert_equal "$(cat victim/file)" safe
	assert_equal "$(ls victim)" file
	assert_equal "$(stat -c %h victim/file)" 1
	run -0 find "$STORE/image/ingest" -mindepth 1
	assert_output ''
	run -0 bash -c 'ls "$STORE/image/layers" | grep new- || true'
	assert_output ''
	run -0 image fsck
}

@test "names, links and hard links do not lead out" {
	local tar refused=0
	hostile_tars <<-'end'
		file("../../../../../../../../../.." + victim + "/new")
		file("a/../../../../../../../../../../.." + victim + "/new")
		file(victim + "/new")
		link("l", victim); file("l/new")
		link("l", victim); file("l/file")
		link("l", victim + "/file"); file("l")
		folder("d"); link("d", victim); file("d/new")
		link("d", victim); folder("d"); file("d/new")
		link("a", "b"); link("b", victim); file("a/new")
		link("a", "../../../../../../../../.." + victim); file("a/new")
		hard("h", victim + "/file"); file("h")
		hard("h", "../../../../../../../../.." + victim + "/file")
		link("l", victim); hard("h", "l/file")
		link("l", victim); file("l/.wh.file")
		link("l", victim); file("l/.wh..wh..opq")
		link("l", "/proc/self/root" + victim); file("l/new")
		link("l", "l"); file("l/new")
		file(".wh..")
		file(".wh.")
		file(".wh.../../x")
		file("a/.wh.x/y")
		file("x", uid=2**32); file("y", gid=2**40)
		put("x", b"Z")
	end
	for tar in "$STORE"/*.tar; do
		image import "$tar" x >/dev/null 2>error || refused=$((refused + 1))
		[ "$(<victim/file)" = safe ] && [ ! -e victim/new ] || fail "went out of its root: $tar"
	done
	assert_equal "$(find "$STORE" -maxdepth 1 -name '*.tar' | wc -l)" 23
	assert_nothing_happened
	assert [ "$refused" -ge 8 ]
}

@test "orders to overlayfs in an archive are not obeyed" {
	hostile_tar 'folder("d"); put("e", tarfile.DIRTYPE, mode=0o755, pax_headers={
		"SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.trusted.overlay.redirect": "/d",
		"SCHILY.xattr.user.overlay.opaque": "y"})'
	image import a.tar x >/dev/null
	run -0 python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' \
		"$(echo "$STORE"/image/layers/*/diff/e)"
	assert_output '[]'
}

@test "bombs: one file, many files, one in each format, an image of several layers" {
	truncate -s 300M zeros
	tar -cf - zeros | gzip -1 >bomb.tar.gz
	rm zeros
	run ! mini-image --root "$STORE" --max-size 100m import bomb.tar.gz x
	assert_output --partial 'larger than 104857600 bytes'
	assert_nothing_happened
	hostile_tar 'file("x", b"", size=0); [file("f%d" % i, b"x" * 600) for i in range(3)]'
	run ! mini-image --root "$STORE" --max-size 1k import a.tar x
	assert_output --partial 'larger than 1024 bytes'
	mini-image --root big import a.tar x >/dev/null
	mini-image --root big save x >saved.tar
	run ! mini-image --root "$STORE" --max-size 5k load -i saved.tar
	assert_output --partial 'larger than 5120 bytes'
	assert_nothing_happened
}

@test "JSON of 100 MB, of 10,000 levels, with a name twice, and none at all" {
	local document documents=("'[' + ' ' * 100000000 + ']'" "'[' * 10000 + ']' * 10000"
		"'{\"a\":1,\"a\":2}'" "'nonsense'" "'[]'" "'[{}]'" "'[null]'"
		"'[{\"Config\":\"../../../etc/passwd\",\"Layers\":[]}]'"
		"'[{\"Config\":\"manifest.json\",\"Layers\":[\"manifest.json\"]}]'")
	for document in "${documents[@]}"; do
		echo "file('manifest.json', ($document).encode())"
		echo "file('oci-layout', b'{}'); file('index.json', ($document).encode())"
	done | hostile_tars
	for tar in "$STORE"/*.tar; do
		run ! image load -i "$tar"
		assert_output --regexp '^mini-image: .{10,}'
		rm "$tar"
	done
	assert_nothing_happened
}

@test "streams cut off anywhere are refused" {
	local kind length tar
	tar=$(busybox_tar)
	gzip -c "$tar" >a.gz
	zstd -qc "$tar" >a.zst
	xz -0c "$tar" >a.xz
	for kind in gz zst xz; do
		for length in 1 1000 $(($(stat -c %s "a.$kind") - 5)); do
			head -c "$length" "a.$kind" >short
			run ! image import short x
			assert_output --regexp '^mini-image: .{10,}'
		done
		run -0 image import "a.$kind" "whole:$kind"
	done
	assert_nothing_happened
}
