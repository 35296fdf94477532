"""A bare client of the distribution API: what the tests want to send, byte for byte."""
import http.client
import json

from registry.images import MANIFEST, digest


class Registry:
    def __init__(self, engine, repository):
        self.engine, self.repository = engine, repository

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.engine.port, timeout=30)

    def send(self, method, path, body=None, headers=None):
        """(status, headers, body); `path` below the repository, or absolute."""
        connection = self.connect()
        try:
            target = path if path.startswith("/") else f"/v2/{self.repository}/{path}"
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def begin(self):
        status, headers, _ = self.send("POST", "blobs/uploads/", b"")
        assert status == 202
        return headers["Location"]

    def received(self, upload):
        """How many bytes the registry has of an upload; None if it knows none."""
        status, headers, _ = self.send("GET", upload)
        if status == 404:
            return None
        assert status == 204, status
        last = int(headers["Range"].split("-")[1])
        return last + 1 if last else 0

    def push_blob(self, data):
        status, _, body = self.send("POST", f"blobs/uploads/?digest={digest(data)}", data)
        assert status == 201, body

    def put_manifest(self, reference, data, media_type=MANIFEST):
        return self.send("PUT", f"manifests/{reference}", data, {"Content-Type": media_type})

    def push(self, image, tag):
        for data in image.blobs:
            self.push_blob(data)
        status, headers, body = self.put_manifest(tag, image.manifest)
        assert status == 201, body
        return headers["Docker-Content-Digest"]

    def blob(self, which):
        status, _, body = self.send("GET", f"blobs/{which}")
        return body if status == 200 else None


def error_of(answer):
    status, _, body = answer
    return status, json.loads(body)["errors"][0]["code"]
