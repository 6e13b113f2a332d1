"""A lock that a thread of the parent held at a fork does not stop the child."""

import os
import signal
import threading

from generation.imaging.threads import ProcessLock


def test_a_child_begins_with_a_free_lock() -> None:
    lock, held, done = ProcessLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if child == 0:
        # A child that waits for ever is ended by the alarm.
        signal.alarm(5)
        with lock:
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    done.set()
    holder.join()

    assert os.waitstatus_to_exitcode(status) == 0
