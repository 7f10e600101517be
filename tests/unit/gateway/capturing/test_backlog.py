"""The jobs that wait for the disk."""

from pathlib import Path

from gateway.capturing.backlog import Backlog
from tests.unit.gateway.capturing import made

FOLDER = Path("m")


def test_what_waits_longest_is_taken_first() -> None:
    backlog, jobs = Backlog(), [made.job(FOLDER), made.job(FOLDER)]
    assert all(map(backlog.put, jobs))
    assert [backlog.take(0), backlog.take(0), backlog.take(0)] == [*jobs, None]


def test_there_are_no_more_jobs_and_no_more_bytes_than_may_wait() -> None:
    job = made.job(FOLDER)
    few, small = Backlog(max_jobs=2), Backlog(max_bytes=2 * job.bytes)
    for backlog in (few, small):
        assert [backlog.put(job) for _ in range(4)] == [True, True, False, False]
        assert backlog.take_dropped() == {(FOLDER, job.model): 2}
        assert backlog.take_dropped() == {}
        backlog.take(0)
        assert backlog.put(job)


def test_the_answer_to_what_is_left_out_is_counted_all_the_same() -> None:
    backlog, job = Backlog(max_jobs=4), made.job(FOLDER, counts=True)
    assert [backlog.put(job) for _ in range(8)] == [True] * 4 + [False] * 4
    assert backlog.take_dropped() == {(FOLDER, job.model): 4}
    found = [backlog.take(0) for _ in range(6)]
    assert found == [job, job, job, job, job.counting, None]
    assert job.counting.bytes < job.bytes


def test_once_it_ends_nothing_is_taken_in_and_what_waits_is_still_done() -> None:
    backlog = Backlog()
    backlog.put(made.job(FOLDER))
    backlog.end()
    assert not backlog.put(made.job(FOLDER))
    assert not backlog.is_over
    assert backlog.take(60)
    assert backlog.take(60) is None
    assert backlog.is_over
