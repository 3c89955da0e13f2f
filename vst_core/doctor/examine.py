"""All checks, in the order in which a render needs what they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vst_core.doctor.finding import Finding
from vst_core.doctor.libraries import (
    look_at_opencv,
    look_at_openexr,
    look_at_openimageio,
    look_at_python,
    look_at_torch,
)
from vst_core.doctor.models import look_at_device, look_at_networks, look_at_weights
from vst_core.doctor.surroundings import look_at_color, look_at_folders, look_at_hosts
from vst_core.errors import ExitCode, VstError

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "Python": look_at_python,
    "torch": look_at_torch,
    "OpenImageIO": look_at_openimageio,
    "OpenEXR": look_at_openexr,
    "OpenCV": look_at_opencv,
    "device": look_at_device,
    "network": look_at_networks,
    "weights": look_at_weights,
    "OCIO": look_at_color,
    "folders": look_at_folders,
    "hosts": look_at_hosts,
}

_REINSTALL = "install vst again, into an environment of its own"


def examine() -> list[Finding]:
    """Everything that was found; a check that fails in a way that nobody thought of is a finding, too."""
    findings: list[Finding] = []
    for subject, check in CHECKS.items():
        try:
            findings.extend(check())
        except VstError as error:
            findings.append(Finding.wrong(subject, error))
        except Exception as error:  # noqa: BLE001 - see above
            text = " ".join(f"cannot be used ({type(error).__name__}: {error})".split())
            if all(text != finding.text for finding in findings):  # what is missing is missed in several places
                findings.append(Finding(subject, text, "wrong", _REINSTALL, ExitCode.MODEL))
    return findings
