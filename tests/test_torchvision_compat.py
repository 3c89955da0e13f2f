from __future__ import annotations

import subprocess
import sys
import textwrap

import torch

from vst_core.torchvision_compat import import_torchvision


def test_torchvision_is_there_and_works() -> None:
    torchvision = import_torchvision()
    assert torchvision is import_torchvision()
    from torchvision.models import vgg16

    assert vgg16(weights=None).eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)


def test_a_fresh_process_may_ask_from_many_threads_and_sees_no_warning() -> None:
    program = """
        import warnings
        from concurrent.futures import ThreadPoolExecutor
        warnings.simplefilter("error")
        from vst_core.torchvision_compat import import_torchvision
        with ThreadPoolExecutor(4) as pool:
            modules = set(pool.map(lambda _: import_torchvision(), range(8)))
        import torchvision
        from torchvision.models.optical_flow import raft_small
        assert modules == {torchvision}
        raft_small()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_broken_torchvision_is_one_plain_error() -> None:
    program = """
        import sys
        from vst_core.errors import ModelError
        from vst_core.torchvision_compat import import_torchvision
        sys.modules["torchvision.extension"] = None  # as if the package had lost a file
        try:
            import_torchvision()
        except ModelError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("torchvision: cannot be imported")
    assert done.stdout.count("\n") == 1
