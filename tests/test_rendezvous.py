"""Processes that wait for others, to begin and in a sum: they say so, hear signals, and do not wait for ever."""

import datetime
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from torch.distributed import HashStore, PrefixStore, TCPStore  # type: ignore[attr-defined]

from helpers.command import call
from helpers.tiny import write_tiny
from helpers.waiting import PATIENCE, until
from helpers.warm import Process, Server
from tcvae_cli.errors import TcvaeError
from tcvae_cli.models.rendezvous import Meeting, has_everyone, meet, meeting_told

TRAIN = ("train", "--data", "tiny.h5", "--batch-size", "64", "--steps", "1000000", "-v", "-o", "run")


@pytest.fixture
def port() -> Iterator[int]:
    """A port that nobody listens on. It is kept, or the system might give it to another test."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that one who asks for it may listen
        kept.bind(("", 0))
        yield int(kept.getsockname()[1])


@pytest.fixture
def told(port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Set what torchrun, or a cluster, leaves in the environment of the first of two processes; return the port."""
    for name, value in (("WORLD_SIZE", 2), ("RANK", 0), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", port)):
        monkeypatch.setenv(name, str(value))
    return port


@dataclass
class Job:
    """One process of a training without end."""

    process: Process
    errors: Path

    def says(self, words: str) -> None:
        """Wait until it has said WORDS."""
        while words not in self.errors.read_text():
            os.kill(self.process.pid, 0)
            time.sleep(0.02)

    def end(self, number: int = 0) -> tuple[int, str]:
        """Send a signal, if any, and return the status with which it ends, and all that it has said."""
        if number:
            os.kill(self.process.pid, number)
        late = threading.Timer(PATIENCE, os.kill, (self.process.pid, signal.SIGKILL))
        late.start()
        status = self.process.wait()
        late.cancel()
        return status, self.errors.read_text()


@pytest.fixture
def start(warm: Server, told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Job]:
    """Return a function that starts the process of a rank."""
    write_tiny(tmp_path / "tiny.h5", side=32)

    def start(rank: int) -> Job:
        monkeypatch.setenv("RANK", str(rank))
        errors = tmp_path / f"errors_{rank}"
        with errors.open("wb") as stream:
            return Job(warm.start(" ".join(TRAIN), tmp_path, stream), errors)

    return start


def test_the_first_says_whom_it_waits_for_and_hears_a_signal(start: Callable[[int], Job], told: int) -> None:
    job = start(0)
    job.says(f"waiting for 2 processes at 127.0.0.1:{told} (WORLD_SIZE is set; unset it to train alone)\n")
    status, said = job.end(signal.SIGTERM)
    assert status == 143
    assert "Traceback" not in said


def test_another_hears_a_signal_while_it_looks_for_the_first(start: Callable[[int], Job], told: int) -> None:
    with socket.create_server(("127.0.0.1", told)) as server:
        job = start(1)
        server.accept()[0].close()
        time.sleep(0.3)  # it waits now for what nobody says here
        status, said = job.end(signal.SIGINT)
    assert status == 130
    assert "Traceback" not in said


@pytest.mark.parametrize("rank", [0, 1])
def test_waiting_ends(port: int, rank: int) -> None:
    with pytest.raises(TcvaeError, match=f"127.0.0.1:{port}: 2 processes were to meet here, and did not within 0.4 s"):
        meet(Meeting(2, rank, "127.0.0.1", port), 0.4, print)


def test_the_flag_says_how_long(told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path / "tiny.h5", side=32)
    status, _, errors = call(*TRAIN, "--rendezvous-timeout", "1")
    assert status == 1
    assert errors.startswith(
        f"tcvae: 127.0.0.1:{told}: 2 processes were to meet here, and did not within 1 s; start all"
    )
    assert errors.count("\n") == 1


def test_all_look_twice() -> None:
    """A process that has come, and has ended before the last one came, is missed at the second look."""
    store, (first, second) = HashStore(), (Meeting(2, rank, "127.0.0.1", 1) for rank in range(2))
    assert not has_everyone(store, first)
    assert not has_everyone(store, second)  # which has not seen that the first has seen it
    assert has_everyone(store, first)
    assert has_everyone(store, second)


@pytest.mark.parametrize(
    ("variables", "fault"),
    [
        ({"RANK": "2"}, "RANK: is '2', and WORLD_SIZE 2"),
        ({"RANK": "x"}, "RANK: is 'x', and WORLD_SIZE 2"),
        ({"MASTER_PORT": "x"}, "MASTER_PORT: is 'x'; set it to a number from 1 to 65535"),
        ({"MASTER_PORT": "65536"}, "MASTER_PORT: is '65536'"),
    ],
)
def test_variables_that_say_nothing(
    told: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_tiny(tmp_path / "tiny.h5", side=32)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    status, _, errors = call(*TRAIN)
    assert status == 2
    assert fault in errors


@pytest.mark.parametrize(
    "variables", [{"WORLD_SIZE": "x"}, {"WORLD_SIZE": ""}, {"WORLD_SIZE": "1"}, {"MASTER_ADDR": ""}]
)
def test_a_size_without_a_launcher_means_one_process(
    told: int, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """Clusters set WORLD_SIZE for others."""
    assert meeting_told() == Meeting(2, 0, "127.0.0.1", told)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert meeting_told() is None


def test_a_port_that_another_program_has(port: int) -> None:
    with (
        socket.create_server(("", port)),
        pytest.raises(TcvaeError, match=f"127.0.0.1:{port}: process 0 cannot listen there"),
    ):
        meet(Meeting(2, 0, "127.0.0.1", port), 5, print)


def test_a_process_whose_first_ends_before_they_are_connected_says_so(start: Callable[[int], Job], told: int) -> None:
    limit = datetime.timedelta(seconds=PATIENCE)
    kept = [TCPStore("127.0.0.1", told, 2, True, limit, wait_for_workers=False)]
    second, first = start(1), Meeting(2, 0, "127.0.0.1", told)
    until(lambda: has_everyone(PrefixStore("tcvae/0/0", kept[0]), first))
    until(lambda: kept[0].num_keys() > 4)  # four say who has come, the fifth where the second listens
    kept.clear()
    status, said = second.end()
    assert (status, "Traceback" in said) == (1, False)
    assert said.endswith("tcvae: rank 1: another process of the job has ended; its own message says why\n")


@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_whose_partner_is_killed_says_so(start: Callable[[int], Job], tmp_path: Path, victim: int) -> None:
    jobs = [start(rank) for rank in range(2)]
    jobs[0].says("maximise")  # the first word after they have met
    time.sleep(0.5)
    jobs[victim].end(signal.SIGKILL)
    status, said = jobs[1 - victim].end()
    assert status == 1
    fault = f"tcvae: rank {1 - victim}: another process of the job has ended; its own message says why\n"
    assert said.endswith(fault)
    assert not (tmp_path / "run").exists()


def test_a_process_whose_partner_hangs_hears_signals(start: Callable[[int], Job]) -> None:
    first, second = (start(rank) for rank in range(2))
    first.says("maximise")
    time.sleep(0.5)
    os.kill(second.process.pid, signal.SIGSTOP)
    time.sleep(0.5)  # in which the first comes to wait in a sum
    status, said = first.end(signal.SIGTERM)
    second.end(signal.SIGKILL)
    assert status == 143
    assert "Traceback" not in said
