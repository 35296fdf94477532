"""Small images made here, as OCI layouts on disk and as blobs: no network and no base image is needed."""
import gzip
import hashlib
import io
import json
import os
import tarfile

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(media_type, data):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def layer(files):
    """A gzipped tar with these files (name to bytes), and the digest of the tar."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), 1, mtime=0), digest(plain.getvalue())


class Image:
    """One image of some layers of files."""

    def __init__(self, *layers, **config):
        packed = [layer(files) for files in layers or [{"hello": os.urandom(1000)}]]
        self.layers = [data for data, _ in packed]
        self.config = json.dumps({"architecture": "amd64", "os": "linux", "config": config,
                                  "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in packed]}}).encode()
        self.manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(CONFIG, self.config),
                                    "layers": [descriptor(LAYER, data) for data in self.layers]}).encode()
        self.digest = digest(self.manifest)
        self.blobs = [*self.layers, self.config]
        self.size = len(self.manifest) + sum(map(len, self.blobs))

    def write(self, folder, tag="latest"):
        """As an OCI layout: what skopeo calls oci:FOLDER:TAG."""
        blobs = folder / "blobs/sha256"
        blobs.mkdir(parents=True)
        for data in [*self.blobs, self.manifest]:
            (blobs / digest(data)[7:]).write_bytes(data)
        (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        entry = {**descriptor(MANIFEST, self.manifest), "annotations": {"org.opencontainers.image.ref.name": tag}}
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
        return f"oci:{folder}:{tag}"


def read_layout(folder):
    """The digests of the manifests in a layout, each checked to be there."""
    entries = json.loads((folder / "index.json").read_text())["manifests"]
    for entry in entries:
        assert digest((folder / "blobs/sha256" / entry["digest"][7:]).read_bytes()) == entry["digest"]
    return [entry["digest"] for entry in entries]
