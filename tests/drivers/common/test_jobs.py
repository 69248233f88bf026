import threading

import pytest

from autoexposure.errors import CameraDisconnected, CameraError
from drivers.common.jobs import Jobs


@pytest.fixture
def jobs():
    return Jobs("The camera")


def test_a_job_runs_in_the_thread_that_takes_the_pictures(jobs):
    future = jobs.call(threading.get_ident)
    taking = threading.Thread(target=jobs.run)
    taking.start()
    taking.join()
    assert future.result(0) == taking.ident != threading.get_ident()


def test_a_refused_job_is_its_callers_business_alone(jobs):
    def refuse():
        raise CameraError("refused")

    future, after = jobs.call(refuse), jobs.call(lambda: 1)
    jobs.run()
    assert after.result(0) == 1
    with pytest.raises(CameraError, match="refused"):
        future.result(0)


@pytest.mark.parametrize("error", [CameraDisconnected("gone"), RuntimeError("a mistake")])
def test_a_lost_device_and_a_mistake_end_the_pictures_too(jobs, error):
    def fail():
        raise error

    future = jobs.call(fail)
    with pytest.raises(type(error)):
        jobs.run()
    assert future.exception(0) is error


def test_whoever_waits_too_long_hears_that_the_device_does_not_answer(jobs):
    done = []
    with pytest.raises(CameraDisconnected, match="does not answer"):
        jobs.wait(lambda: done.append(1), longest_s=0.001)
    jobs.run()
    assert not done, "a job that nobody waits for any more is not done late"


def test_at_the_end_nobody_is_left_waiting(jobs):
    waiting = jobs.call(lambda: 1)
    jobs.end()
    for future in (waiting, jobs.call(lambda: 2)):
        with pytest.raises(CameraDisconnected, match="no longer connected"):
            future.result(0)
