"""Fixtures of the black-box tests.

    @pytest.fixture(scope="module")
    def ecs(engine): return engine.client("ecs")

`engine`: one engine a module; a module may set ENGINE = dict(runtime="process", time_scale=60) at its top. `new_engine`: a factory for tests
that kill or restart theirs. `wait_for`: harness.waiting. A failed test shows the engine's log.
"""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness.waiting import wait_for as wait_for_condition  # noqa: E402

RUNNING = pytest.StashKey[list]()


def open_engine(request, **options):
    from harness.engine import Engine
    engine = Engine(**options)
    request.config.stash.setdefault(RUNNING, []).append(engine)
    return engine


@pytest.fixture(scope="module")
def engine(request):
    started = open_engine(request, **getattr(request.module, "ENGINE", {}))
    try:
        yield started.start()
    finally:
        started.close()
        request.config.stash[RUNNING].remove(started)


@pytest.fixture
def new_engine(request):
    made = []

    def make(**options):
        made.append(open_engine(request, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()
        request.config.stash[RUNNING].remove(one)


@pytest.fixture(scope="session")
def wait_for():
    return wait_for_condition


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for engine in item.config.stash.get(RUNNING, []):
            report.sections.append(("engine log", engine.log_tail()))
