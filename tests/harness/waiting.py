"""wait_for: the one way in which black-box tests wait. A condition with a deadline, never a blind sleep."""
import os
import time

# A deadline says that something hangs, not that the machine is slow: CI's machines are, and shared. It costs nothing where all is well.
PATIENCE = 4 if os.environ.get("CI") else 1


class NeverHappened(AssertionError):
    pass


def wait_for(condition, deadline=10.0, what=None):
    """Asks until condition() is true and gives its value back; NeverHappened after `deadline` seconds (in CI four times as many), with the last
    value or error."""
    deadline *= PATIENCE
    until = time.monotonic() + deadline
    pause, last = 0.005, None
    while True:
        try:
            last = condition()
            if last:
                return last
        except AssertionError:
            raise
        except Exception as error:  # not there yet: connection refused, not found
            last = error
        if time.monotonic() > until:
            name = what or getattr(condition, "__doc__", None) or getattr(condition, "__name__", "it")
            raise NeverHappened(f"{name} did not happen within {deadline} s; last seen: {last!r}")
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, 0.1)
