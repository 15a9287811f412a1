"""Archives for tests of images, made entry by entry and as wrong as one likes; written to stdout.

    archives.py tar ENTRY...                        a tar
    archives.py layout NAME ENTRY... [-- ENTRY...]  an OCI layout, as a tar: the layers of one image
    archives.py index NAME MEMBER...                the same, of an index; see Layout.member()

ENTRY is "KIND[:MODE[:UID]] NAME [TEXT]". KIND is folder, file, link (TEXT is where to), hard (TEXT
is which), fifo, char or block (TEXT is MAJOR:MINOR).
"""

import hashlib
import io
import json
import sys
import tarfile

OCI = "application/vnd.oci.image."
KINDS = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE,
         "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE, "char": tarfile.CHRTYPE,
         "block": tarfile.BLKTYPE}


def entry(words):
    """(member, its bytes)."""
    what, name, text = (words.split(" ", 2) + [""])[:3]
    kind, mode, uid = (what.split(":") + ["", ""])[:3]
    member = tarfile.TarInfo(name)
    member.type = KINDS[kind]
    member.mode = int(mode, 8) if mode else 0o755 if kind == "folder" else 0o644
    member.uid = member.gid = int(uid or 0)
    member.mtime = 1000000000
    if kind in ("link", "hard"):
        member.linkname = text
    if kind in ("char", "block"):
        member.devmajor, member.devminor = map(int, text.split(":"))
    data = text.encode() if kind == "file" else b""
    member.size = len(data)
    return member, data


def tar(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


class Layout:
    def __init__(self):
        self.blobs = {}

    def put(self, kind, document, **more):
        """The descriptor of a blob: bytes, or a document."""
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data), **more}

    def manifest(self, platform, layers, **more):
        tars = [tar([entry(e) for e in layer]) for layer in layers]
        config = self.put(OCI + "config.v1+json", {
            **platform, "config": {"Cmd": ["/bin/busybox", "sh"]}, "rootfs": {
                "type": "layers",
                "diff_ids": ["sha256:" + hashlib.sha256(t).hexdigest() for t in tars]}})
        return {"schemaVersion": 2, "config": config,
                "layers": [self.put(OCI + "layer.v1.tar", t) for t in tars], **more}

    def member(self, words):
        """An entry of an index, of "[KIND:]...PLATFORM"; its image has a file `platform` that says the
        same. KIND, of which there may be several, is untold (the config alone tells for which machine
        it is), missing (it is not in the layout), artifact, other (of an unknown media type), subject
        (of another manifest), or in (an index with it in it)."""
        *kinds, text = words.split(":")
        names = dict(zip(("os", "architecture", "variant"), text.split("/")))
        inner = [k for k in kinds if k == "in"]
        more = {}
        if "artifact" in kinds:
            more["artifactType"] = "application/x.proof"
        if "subject" in kinds:
            more["subject"] = self.put(OCI + "manifest.v1+json", self.manifest(
                names, [["file subject x"]]))
        manifest = self.manifest(names, [[f"file platform {words}"]], **more)
        found = self.put("application/x.other" if "other" in kinds else OCI + "manifest.v1+json",
                         manifest, **{k: v for k, v in more.items() if k == "artifactType"})
        if "missing" in kinds:
            del self.blobs[found["digest"].partition(":")[2]]
        if "untold" not in kinds:
            found["platform"] = names
        for _ in inner:
            found = self.put(OCI + "index.v1+json", {"schemaVersion": 2, "manifests": [found]})
        return found

    def write(self, target, name):
        target["annotations"] = {"org.opencontainers.image.ref.name": name}
        files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
                 "index.json": json.dumps({"schemaVersion": 2, "manifests": [target]}).encode(),
                 **{f"blobs/sha256/{digest}": data for digest, data in self.blobs.items()}}
        members = []
        for path, data in files.items():
            member, _ = entry(f"file {path}")
            member.size = len(data)
            members.append((member, data))
        return tar(members)


def split(words):
    layers = [[]]
    for word in words:
        if word == "--":
            layers.append([])
        else:
            layers[-1].append(word)
    return layers


def main(form, *words):
    layout = Layout()
    if form == "tar":
        return tar([entry(w) for w in words])
    name, *words = words
    if form == "layout":
        target = layout.put(OCI + "manifest.v1+json", layout.manifest(
            {"os": "linux", "architecture": "amd64"}, split(words)))
    else:
        target = layout.put(OCI + "index.v1+json", {
            "schemaVersion": 2, "manifests": [layout.member(w) for w in words]})
    return layout.write(target, name)


if __name__ == "__main__":
    sys.stdout.buffer.write(main(*sys.argv[1:]))
