import pytest

from harness.dockerd import Dockerd


@pytest.fixture(scope="session")
def dockerd():
    daemon = Dockerd()
    try:
        yield daemon.start()
    finally:
        daemon.close()
