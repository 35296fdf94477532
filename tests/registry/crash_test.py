"""kill -9 while clients push. What was acknowledged is there, what was not is invisible, and every push can be resumed."""
import http.client
import os
import random
import signal
import threading
import time

from harness.waiting import wait_for
from registry.images import Image, digest
from registry.oci import Registry

KILLS = 12
CUT = (OSError, http.client.HTTPException)


class Pusher:
    """Pushes one image after another until an answer does not come; then goes on with the one it was at."""

    def __init__(self, engine, name, seed):
        self.registry, self.random = Registry(engine, name), random.Random(seed)
        self.pushed, self.image, self.uploads, self.failure = {}, None, {}, None

    def run(self):
        try:
            while True:
                self.push_one()
        except CUT:
            return
        except Exception as error:  # of a thread: told by check
            self.failure = error

    def push_one(self):
        if self.image is None:
            self.image = Image({"a": self.random.randbytes(self.random.randint(1, 3_000_000))}, {"b": self.random.randbytes(1000)})
            self.uploads = {}
        for data in self.image.blobs:
            self.push_blob(data)
        tag = f"t{len(self.pushed)}"
        status, _, body = self.registry.put_manifest(tag, self.image.manifest)
        assert status == 201, body
        self.pushed[tag], self.image = self.image, None

    def push_blob(self, data):
        if self.registry.send("HEAD", f"blobs/{digest(data)}")[0] == 200:
            return
        upload = self.uploads.get(digest(data))
        have = self.registry.received(upload) if upload else None
        if have is None:
            # The answer to the last PUT may have been lost with the engine: then the blob is there, or the upload.
            upload, have = self.registry.begin(), 0
            self.uploads[digest(data)] = upload
        assert have <= len(data)
        while have < len(data):
            end = min(len(data), have + self.random.randint(1, 1_000_000))
            status, _, body = self.registry.send("PATCH", upload, data[have:end], {"Content-Range": f"{have}-{end - 1}"})
            assert status == 202, body
            have = end
        status, _, body = self.registry.send("PUT", f"{upload}?digest={digest(data)}", b"")
        assert status == 201, body

    def check(self):
        assert self.failure is None, repr(self.failure)
        _, _, tags = self.registry.send("GET", "tags/list")
        for tag, image in self.pushed.items():
            assert self.registry.send("GET", f"manifests/{tag}")[2] == image.manifest, (tag, tags)
            for data in image.blobs:
                assert self.registry.blob(digest(data)) == data
        if self.image is not None:
            # Not acknowledged: whole, should the answer have been lost, or not there.
            status, _, body = self.registry.send("GET", f"manifests/{self.image.digest}")
            assert status == 404 or body == self.image.manifest
            for data in self.image.blobs:
                assert self.registry.blob(digest(data)) in (None, data)


def check_files(engine):
    """Every blob file is what it is named after, crash or not."""
    for file in (engine.state / "images/blobs/sha256").iterdir():
        assert digest(file.read_bytes()) == f"sha256:{file.name}"


def test_engine_killed_at_random_points_of_pushes(new_engine):
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
    print(f"CRASH_SEED={seed}")
    chance = random.Random(seed)
    engine = new_engine(runtime="fake", extra=("--balancer", "fake")).start()
    pushers = [Pusher(engine, f"crash/{i}", seed + i) for i in range(2)]
    for pusher in pushers:
        engine.client("ecr").create_repository(repositoryName=pusher.registry.repository)
    for _ in range(KILLS):
        threads = [threading.Thread(target=pusher.run) for pusher in pushers]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0, 0.4))  # the random point, not a wait for something
        engine.kill()
        for thread in threads:
            thread.join()
        check_files(engine)
        engine.start()
        for pusher in pushers:
            pusher.check()
    for pusher in pushers:
        pusher.push_one()
        assert pusher.pushed
        pusher.check()


# Each point in the life of a blob's file, and what is true after a death there.
POINTS = ["before_blob_rename", "after_blob_rename"]


def test_engine_killed_at_each_named_point(new_engine):
    engine = new_engine(runtime="fake", extra=("--balancer", "fake")).start()
    engine.client("ecr").create_repository(repositoryName="points")
    registry = Registry(engine, "points")
    for point in POINTS:
        image = Image()
        data, upload = image.config, registry.begin()
        assert registry.send("PATCH", upload, data)[0] == 202
        engine.kill()
        engine.environment["SCALEOUT_CRASH_AT"] = point
        engine.start()
        try:
            registry.send("PUT", f"{upload}?digest={digest(data)}", b"")
            raise AssertionError(f"the engine lives on after {point}")
        except CUT:
            pass
        wait_for(lambda: engine.process.poll() is not None, 10, f"the engine dies at {point}")
        assert engine.kill() == -signal.SIGKILL
        del engine.environment["SCALEOUT_CRASH_AT"]
        check_files(engine)
        engine.start()
        assert registry.blob(digest(data)) is None  # no record: invisible, whether its file is there or not
        have = registry.received(upload)
        assert have == (len(data) if point == "before_blob_rename" else None)
        if have is None:
            registry.push_blob(data)
        else:
            assert registry.send("PUT", f"{upload}?digest={digest(data)}", b"")[0] == 201
        assert registry.blob(digest(data)) == data
        registry.push(image, point)


def test_a_push_cut_at_any_byte_shows_nothing_and_goes_on(new_engine):
    engine = new_engine(runtime="fake", extra=("--balancer", "fake")).start()
    engine.client("ecr").create_repository(repositoryName="cut")
    registry, data = Registry(engine, "cut"), random.Random(1).randbytes(300_000)
    upload, have = registry.begin(), 0
    for at in (1, 2, 1000, 65_535, 65_536, 65_537, 199_999, len(data) - 1):
        connection = registry.connect()
        connection.putrequest("PATCH", upload)
        connection.putheader("Content-Length", str(len(data) - have))
        connection.putheader("Content-Range", f"{have}-{len(data) - 1}")
        connection.endheaders()
        connection.send(data[have:at])
        wait_for(lambda size=at: registry.received(upload) in (size, 0 if size == 1 else size), 10, f"{at} bytes arrive")
        connection.close()
        have = at
        assert registry.blob(digest(data)) is None
    status, _, body = registry.send("PUT", f"{upload}?digest={digest(data)}", data[have:], {"Content-Range": f"{have}-{len(data) - 1}"})
    assert status == 201, body
    assert registry.blob(digest(data)) == data
