"""Makes the image that bench/images measures: the same bytes every time, so that runs compare.

    image_made.py MEGABYTES LAYERS FOLDER

FOLDER/layout is an OCI layout with gzip layers, FOLDER/archive.tar what `docker save` would write
of it. Files are as in a distribution: most are small, a few are large, two in five of the bytes'
kinds hardly shrink.
"""

import gzip
import hashlib
import io
import json
import os
import random
import sys
import tarfile

LARGEST = 8 << 20
made_up = random.Random(1)


def prose():
    letters = b"abcdefghijklmnopqrstuvwxyz_-./"
    words = [bytes(made_up.choices(letters, k=made_up.randint(2, 11))) for _ in range(4000)]
    return b" ".join(made_up.choices(words, k=LARGEST // 4))


PROSE = prose()


def content(size):
    at = made_up.randrange(len(PROSE) - size)
    data = bytearray(PROSE[at:at + size])
    if made_up.random() < 0.4:
        for hard in range(0, size - 96, 256):
            data[hard:hard + 96] = made_up.randbytes(96)
    return bytes(data)


def add(tar, name, kind=tarfile.REGTYPE, data=b"", mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.mtime = kind, mode, len(data), 1_000_000_000
    tar.addfile(entry, io.BytesIO(data))


def layer(number, size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        count = 0
        while size > 0:
            folder = f"usr/share/layer{number}/{count // 200}/{count // 20}"
            if count % 20 == 0:
                add(tar, folder, tarfile.DIRTYPE, mode=0o755)
            data = content(min(size, LARGEST, int(made_up.lognormvariate(8.6, 1.6))))
            add(tar, f"{folder}/file{count}", data=data)
            size -= len(data)
            count += 1
    return out.getvalue()


def put(folder, media_type, data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{folder}/blobs/sha256/{digest}", "wb") as file:
        file.write(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def main():
    megabytes, layers, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    kind = "application/vnd.oci.image."
    layout = f"{folder}/layout"
    os.makedirs(f"{layout}/blobs/sha256")
    packed, diff_ids = [], []
    with tarfile.open(f"{folder}/archive.tar", "w") as archive:
        for number in range(layers):
            plain = layer(number, (megabytes << 20) // layers)
            diff_ids.append("sha256:" + hashlib.sha256(plain).hexdigest())
            packed.append(put(layout, kind + "layer.v1.tar+gzip",
                              gzip.compress(plain, 6, mtime=0)))
            add(archive, f"{number}/layer.tar", data=plain)
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {},
                             "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
        add(archive, "config.json", data=config)
        add(archive, "manifest.json", data=json.dumps([{
            "Config": "config.json", "RepoTags": ["made:up"],
            "Layers": [f"{number}/layer.tar" for number in range(layers)]}]).encode())
    manifest = put(layout, kind + "manifest.v1+json", json.dumps({
        "schemaVersion": 2, "config": put(layout, kind + "config.v1+json", config),
        "layers": packed}).encode())
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "made:up"}
    for name, document in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                           ("index.json", {"schemaVersion": 2, "manifests": [manifest]})):
        with open(f"{layout}/{name}", "w") as file:
            json.dump(document, file)


main()
