"""``vst doctor``, on this installation and on ones that are broken in one way each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest
from exr_files import run_child
from real_blender import VST
from small_shot import Outcome

import vst_core

Run = Callable[..., Outcome]

BROKEN = """
    import sys
    from vst_core.cli import main

    class Missing:
        def find_spec(self, name, *_):
            if name.partition(".")[0] == "torch":
                raise ImportError("libtorch.so: cannot open shared object file")

    sys.meta_path.insert(0, Missing())
    sys.argv[0] = "vst"
    main()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vgg16_weights: Path) -> Path:
    """The user's home: without hosts, with weights."""
    home = tmp_path / "home"
    home.mkdir()
    for variable in ("OCIO", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TORCH_HOME", "NUKE_PATH", "BLENDER_USER_RESOURCES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("VST_WEIGHTS", str(vgg16_weights.parent))
    return home


def findings(outcome: Outcome, subject: str) -> list[dict[str, Any]]:
    """What it says about a subject, in JSON."""
    return [finding for finding in json.loads(outcome.out)["findings"] if finding["subject"] == subject]


def test_a_sound_installation_is_one_screen_without_colours(vst: Run, vgg16_weights: Path, home: Path) -> None:
    shown = vst("doctor")
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert lines[0] == f"vst {vst_core.__version__}"
    assert len(lines) <= 24
    assert all(line.startswith(("ok  ", "note", "     ")) for line in lines[1:])
    assert "\x1b" not in shown.out
    for words in ("Python: 3.", "OpenCV: ", ", with contrib", f"weights: vgg16: {vgg16_weights}", "OCIO: $OCIO is not"):
        assert words in shown.out
    assert f"cache: {home}/.cache/torch/hub: writable" in shown.out
    assert list(home.iterdir()) == []


def test_json_has_the_same(vst: Run) -> None:
    shown, told = vst("doctor"), vst("doctor", "--json")
    assert told.code == 0
    report = json.loads(told.out)
    assert report["version"] == vst_core.__version__
    for finding in report["findings"]:
        assert f"{finding['state']:5}  {finding['subject']}: " in shown.out


@pytest.mark.parametrize(
    ("variable", "value", "subject", "code"),
    [("OCIO", "/none/config.ocio", "OCIO", 3), ("TORCH_HOME", "/proc/none", "cache", 4)],
)
def test_what_is_wrong_has_a_remedy_and_its_exit_code(
    vst: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, subject: str, code: int
) -> None:
    monkeypatch.setenv(variable, value)
    told = vst("doctor", "--json")
    (finding,) = findings(told, subject)
    assert (told.code, finding["state"], finding["exit_code"]) == (code, "wrong", code)
    assert value in finding["text"]
    shown = vst("doctor")
    assert shown.code == code
    assert f"-> {finding['remedy']}\n" in shown.out


def test_damaged_weights_are_wrong(
    vst: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vgg16_weights: Path
) -> None:
    (tmp_path / vgg16_weights.name).write_bytes(b"other bytes")
    monkeypatch.setenv("VST_WEIGHTS", str(tmp_path))
    told = vst("doctor", "--json")
    assert told.code == 5
    assert any(f"{vgg16_weights.name}: is corrupt" in finding["text"] for finding in findings(told, "weights"))


def test_two_opencvs_in_one_environment_are_noted(vst: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "opencv_python-4.0.dist-info").mkdir()
    (tmp_path / "opencv_python-4.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.0\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    told = vst("doctor", "--json")
    (finding,) = findings(told, "OpenCV")
    assert (told.code, finding["state"]) == (0, "note")
    assert finding["remedy"].startswith("pip uninstall -y opencv-python && pip install --force-reinstall")


def test_an_opencv_without_contrib_is_wrong(vst: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "optflow")
    told = vst("doctor", "--json")
    (finding,) = findings(told, "OpenCV")
    assert (told.code, finding["state"]) == (5, "wrong")
    assert "lacks DeepFlow" in finding["text"]


def test_a_torch_that_does_not_load_is_one_finding_among_the_others() -> None:
    done = run_child(BROKEN, "doctor", "--json")
    assert (done.returncode, done.stderr) == (5, "")
    told = Outcome(5, done.stdout, "")
    wrong = [each for each in json.loads(done.stdout)["findings"] if each["state"] == "wrong"]
    assert [each["subject"] for each in wrong] == ["torch"]
    assert "libtorch.so: cannot open" in wrong[0]["text"]
    assert [each["state"] for each in findings(told, "OpenCV")] == ["ok"]


def test_hosts_are_found_with_what_is_in_them(vst: Run, home: Path, tmp_path: Path) -> None:
    (home / ".config" / "blender" / "4.5").mkdir(parents=True)
    (home / ".nuke").mkdir()
    told = vst("doctor", "--json")
    for host, command in (("Blender 4.5", "vst install blender"), ("Nuke", "vst install nuke")):
        (finding,) = findings(told, host)
        assert (finding["state"], finding["remedy"]) == ("note", command)
    assert vst("install", "blender").code == vst("install", "nuke", "--worker", tmp_path / "gone").code == 0
    told = vst("doctor", "--json")
    assert told.code == 0
    (blender,), (nuke,) = findings(told, "Blender 4.5"), findings(told, "Nuke")
    assert (blender["state"], blender["text"]) == ("ok", f"has the node {vst_core.__version__}, runs {VST}")
    assert (nuke["state"], nuke["remedy"]) == ("note", "vst install nuke")
    assert f"its worker {tmp_path / 'gone'} is no longer there" in nuke["text"]


def test_a_studios_nuke_is_found_by_its_path(vst: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert vst("install", "nuke", "--prefix", tmp_path / "studio").code == 0
    monkeypatch.setenv("NUKE_PATH", f"{tmp_path}:{tmp_path / 'studio' / 'gizmos'}:{tmp_path / 'studio' / 'vst'}/")
    (finding,) = findings(vst("doctor", "--json"), "Nuke")
    assert finding["state"] == "ok"
    monkeypatch.setenv("NUKE_PATH", str(tmp_path / "studio" / "gizmos"))
    assert findings(vst("doctor", "--json"), "Nuke") == []


def test_a_studios_nuke_whose_record_is_damaged_hides_no_other_host_and_can_be_mended(
    vst: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".nuke").mkdir()
    studio = tmp_path / "studio"
    assert vst("install", "nuke", "--prefix", studio).code == 0
    monkeypatch.setenv("NUKE_PATH", str(studio / "vst"))
    (studio / "vst" / "menu.py").unlink()
    own, shared = findings(vst("doctor", "--json"), "Nuke")
    assert own["text"] == f"not installed in {home / '.nuke'}"
    assert (shared["text"], shared["remedy"]) == (
        f"the node in {studio}: menu.py is no longer there",
        f'vst install nuke --prefix "{studio}"',
    )
    (studio / "vst" / "installed.json").write_text("{")
    own, shared = findings(vst("doctor", "--json"), "Nuke")
    assert "installed.json: is damaged" in shared["text"]


def test_the_bundle_has_everything_but_names_and_folders(
    vst: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".cache" / "vst").mkdir(parents=True)
    log = home / ".cache" / "vst" / "nuke-worker.log"
    log.write_text("old\n" * 100 + "janedoe: /shows/secret/sh010.1001.exr is missing\n")
    monkeypatch.setenv("LOGNAME", "janedoe")
    monkeypatch.setenv("OCIO", "/shows/secret/config.ocio")
    monkeypatch.setenv("SECRET_TOKEN", "hidden")
    report = tmp_path / "report.md"
    assert vst("doctor", "--bundle", report).code == 3
    text = report.read_text()
    for words in ("wrong  OCIO: ", "torch==2.", "<user>: <folder>/sh010.1001.exr is missing", "OCIO=<folder>/config."):
        assert words in text
    for words in ("janedoe", "/shows", str(home), "hidden", "pytest=="):
        assert words not in text
    assert text.count("old\n") < 100


def test_a_user_without_a_home_has_a_bundle_and_is_told_no_nonsense(
    tmp_path: Path, vst: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    monkeypatch.delenv("HOME")
    outcome = vst("doctor", "--bundle", tmp_path / "report.md")
    assert "this user has no home folder" in outcome.out
    assert "cannot be used" not in outcome.out
    assert (tmp_path / "report.md").is_file()


def test_a_bundle_that_cannot_be_written_is_one_line(vst: Run) -> None:
    outcome = vst("doctor", "--bundle", "/proc/none/report.md")
    assert (outcome.code, "cannot be written" in outcome.complaint) == (4, True)
