"""A job for Slurm: settings of every task, the script that runs one, and the script that hands them to sbatch.

Whole shots and draft chunks are the tasks of arrays, exact chunks a chain of jobs of which each waits for the one
before it. Partition, account and time limit are said as everywhere in Slurm, by ``SBATCH_PARTITION`` and the like.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from vst_core.atomic_file import write_texts
from vst_core.errors import ExitCode, JobError, SettingsError
from vst_core.farm.plan import Plan, Task
from vst_core.shipped import this_program

SUBMIT = "submit.sh"
_LARGEST_ARRAY = 1000  # Slurm's own limit, where nobody has changed it
_NOTICE_SECONDS = 120
_MEBIBYTE = 1 << 20

# Slurm warns a task with USR1 before its time is up, and with TERM where somebody wants its end or its place.
_RUN_BODY = """
# run.sh TASKS [INDEX]: render the task of an index, or of this place in an array.
job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID}  # an array's own number would be all of it
stop() { stopped=yes; kill -TERM "$render" 2>/dev/null; }
trap stop TERM
trap 'late=yes; stop' USR1
"$vst" render --settings "$1/${2-$SLURM_ARRAY_TASK_ID}.json" &
render=$!
[ -z "${stopped-}" ] || stop  # told so before there was a render
wait "$render"; code=$?
while [ -n "${stopped-}" ]; do  # it finishes what it is writing
    stopped=
    wait "$render"; code=$?
done
case $code in
0 | 2 | 3 | 4 | 130) exit "$code" ;;  # done, or nothing that another try would mend
143) again=${late-}
    if [ -n "$again" ] && [ "$SECONDS" -lt 60 ]; then  # which would go on for ever
        echo "vst: the time limit leaves no time to render; give at least $((notice / 60 + 10)) minutes" >&2
        again=
    fi ;;
*) [ "${SLURM_RESTART_COUNT:-0}" -ge "$retries" ] || again=yes ;;
esac
if [ -n "${again-}" ]; then
    scontrol requeue "${job:-$SLURM_JOB_ID}" && sleep 60  # Slurm ends this, and begins it again where it was
fi
exit "$code"
"""

_SUBMIT_BODY = """
set -euo pipefail
jobs=() logs=${job//%/%%}/logs
trap '[ $? -eq 0 ] || [ ${#jobs[@]} -eq 0 ] || scancel "${jobs[@]}"' EXIT
submit() {  # submit TASKS INDEX OPTIONS...: its number is put into id
    local tasks=$1 index=$2
    shift 2
    id=$(sbatch --parsable --requeue --signal="B:USR1@$notice" --open-mode=append --kill-on-invalid-dep=yes \\
        "$@" "$job/run.sh" "$job/$tasks" $index)
    id=${id%%;*}
    jobs+=("$id")
}
"""


def write_scripts(plan: Plan, folder: Path, name: str, retries: int, vst: str = "") -> Path:
    """Write the files of a job.

    Args:
        plan: what there is to do.
        folder: of the job, which has to be seen on every node; made where it is not there. It also takes the logs.
        name: of the job.
        retries: how often a task that crashed is begun again.
        vst: how nodes call ``vst``; the path of this one where it is empty.

    Returns:
        The script that hands the job to Slurm.

    Raises:
        OutputError: the files cannot be written.
    """
    folder = folder.absolute()
    files: dict[str, str] = {}
    lines = [
        "#!/bin/bash",
        "# Hands the job to Slurm: all of it, or none.",
        f"job={shlex.quote(str(folder))} notice={_NOTICE_SECONDS}{_SUBMIT_BODY}",
    ]
    for number, tasks in enumerate(_groups(plan)):
        place = f"tasks/{number:04d}"
        files |= {
            f"{place}/{index}.json": json.dumps(task.settings.model_dump(mode="json"), indent=1)
            for index, task in enumerate(tasks)
        }
        lines += _chain(place, tasks) if len(tasks) > 1 and tasks[1].after else _array(place, tasks, name)
    command = vst or this_program() or "vst"
    files["run.sh"] = f"#!/bin/bash\nvst={shlex.quote(command)} retries={retries} notice={_NOTICE_SECONDS}{_RUN_BODY}"
    files[SUBMIT] = "\n".join([*lines, 'echo "${jobs[@]}"', ""])
    write_texts(folder, files)
    (folder / "logs").mkdir(exist_ok=True)
    return folder / SUBMIT


def submit(script: Path) -> str:
    """Hand a job to Slurm; if it does not take all of it, none is left with it.

    Returns:
        What sbatch said: the numbers of the jobs.

    Raises:
        SettingsError: there is no Slurm on this machine.
        JobError: it does not take the job.
    """
    if shutil.which("sbatch") is None:
        remedy = "submit where Slurm is, or give --no-run and run submit.sh there"
        raise SettingsError("there is no sbatch on this machine", where="--engine slurm", remedy=remedy)
    command = ["bash", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    if done.returncode:
        raise JobError(f"Slurm rejected the job: {done.stderr.strip() or done.stdout.strip()}", ExitCode.OUTPUT)
    return done.stdout.strip()


def _groups(plan: Plan) -> Iterator[list[Task]]:
    """Tasks that follow one another, and tasks of one size that need not, no more than an array may have."""
    alone: list[Task] = []
    for chain in plan.chains():
        if len(chain) > 1:
            yield chain
        else:
            alone += chain
    for _, alike in groupby(sorted(alone, key=_size), _size):
        while group := list(islice(alike, _LARGEST_ARRAY)):
            yield group


def _size(task: Task) -> tuple[int, int, int]:
    """Threads, memory in quarters of a gigabyte, and cards."""
    return task.settings.threads, -(-task.memory // (256 * _MEBIBYTE)), int(task.has_card)


def _machine(task: Task) -> str:
    threads, quarters, cards = _size(task)
    return f"--cpus-per-task={threads} --mem={quarters * 256}M" + (f" --gres=gpu:{cards}" if cards else "")


def _array(place: str, tasks: list[Task], name: str) -> Iterator[str]:
    log = '--output="$logs/%A_%a.log"'
    named = f"--job-name={shlex.quote(name)}"
    yield f'submit {place} "" {named} --array=0-{len(tasks) - 1} {log} {_machine(tasks[0])}'


def _chain(place: str, tasks: list[Task]) -> Iterator[str]:
    for index, task in enumerate(tasks):
        after = ' --dependency="afterok:$id"' if index else ""
        named = f"--job-name={shlex.quote(str(task))}"
        yield f'submit {place} {index} {named}{after} --output="$logs/%j.log" {_machine(task)}'
