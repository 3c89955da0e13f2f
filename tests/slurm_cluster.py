"""A Slurm cluster of one node, with the real munged, slurmctld and slurmd, that lives in a folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 900.0
_CONFIGURATION = """
ClusterName=vst
SlurmctldHost={host}
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=30
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1
NodeName={host} CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES State=UP OverTimeLimit=0
"""


def is_installed() -> bool:
    """Whether its programs are on this machine."""
    return all(shutil.which(program, path=_path()) for program in ("munged", "slurmctld", "slurmd", "sbatch"))


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class SlurmCluster:
    """The cluster; its commands are run with ``environment``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ, PATH=_path(), SLURM_CONF=str(folder / "slurm.conf"))
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        import getpass

        folder = self.folder
        for name in ("state", "spool"):
            (folder / name).mkdir(parents=True)
        ports = [_free_port() for _ in range(2)]
        values = {"host": socket.gethostname(), "user": getpass.getuser(), "folder": folder}
        text = _CONFIGURATION.format(**values, controller_port=ports[0], node_port=ports[1])
        (folder / "slurm.conf").write_text(text)
        (folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (folder / "munge.key").chmod(0o400)
        files = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        options = [f"--{option}={folder / f'munge.{suffix}'}" for option, suffix in files.items()]
        self._start("munged", "--foreground", "--force", *options)
        self._wait_for(lambda: (folder / "munge.socket").exists())
        self._start("slurmctld", "-D", "-c")
        self._start("slurmd", "-D")
        self._wait_for(lambda: "idle" in self.run("sinfo", "--noheader", "--format=%T"))

    def run(self, *command: object) -> str:
        """What a command of Slurm says; nothing where it fails."""
        words = list(map(str, command))
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout if done.returncode == 0 else ""

    def states(self, jobs: str) -> dict[str, str]:
        """State of each job, or of each task of an array, by its number."""
        found = {}
        for job in jobs.split():
            lines = self.run("scontrol", "show", "--oneliner", "job", job).splitlines()
            for line in lines:
                values = dict(word.split("=", 1) for word in line.split() if "=" in word)
                number = f"{job}_{values['ArrayTaskId']}" if "ArrayTaskId" in values else job
                found[number] = values["JobState"]
        return found

    def wait_until_over(self, jobs: str) -> dict[str, str]:
        """The states in the end."""
        going = {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED", "SUSPENDED"}
        self._wait_for(lambda: bool(found := self.states(jobs)) and not going & set(found.values()))
        return self.states(jobs)

    def stop(self) -> None:
        self.run("scancel", "--me", "--signal=KILL")
        self.run("scancel", "--me")
        for daemon in reversed(self._daemons):
            daemon.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(30)
            daemon.kill()
            daemon.wait()

    def _start(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as log:
            self._daemons.append(subprocess.Popen(command, stdout=log, stderr=log, env=self.environment))

    def _wait_for(self, there: object) -> None:
        assert callable(there)
        end = time.monotonic() + _PATIENCE
        while not there():
            assert time.monotonic() < end, self.logs()
            time.sleep(0.2)

    def logs(self) -> str:
        """The ends of what the daemons said."""
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.out")))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def slurm_cluster(folder: Path) -> Iterator[SlurmCluster]:
    """A cluster that is gone afterwards."""
    cluster = SlurmCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
