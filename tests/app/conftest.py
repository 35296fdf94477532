"""The fixtures of these tests; what they give is in http_api.py."""
import pytest

from http_api import Service


@pytest.fixture
def start():
    """start(SETTING=value, …) gives a running Service; all are stopped at the test's end."""
    services = []

    def make(**settings):
        services.append(Service(**settings))
        return services[-1]

    yield make
    for service in services:
        service.stop()


@pytest.fixture(scope="module")
def service():
    """One Service shared by the tests of a module, for what leaves no trace in it."""
    shared = Service(APP_VERSION="v1")
    yield shared
    shared.stop()
