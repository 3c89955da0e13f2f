from exr_files import run_child

CODE = """
    import os, sys
    from vst_core.error_output import set_apart, silent_libraries
    {first}
    with silent_libraries():
        os.write(2, b"library, meanwhile\\n")
        sys.stderr.write("Python, meanwhile\\n")
    os.write(2, b"library, later\\n")
    sys.stderr.write("Python, later\\n")
"""
ALL = ["library, meanwhile", "Python, meanwhile", "library, later", "Python, later"]


def said(first: str) -> list[str]:
    return run_child(CODE.format(first=first)).stderr.splitlines()


def test_libraries_are_silent_and_python_is_not() -> None:
    assert said("set_apart()") == ALL[1:]


def test_nothing_is_dropped_where_both_go_one_way() -> None:
    assert said("") == ALL


def test_error_output_that_is_elsewhere_stays_there() -> None:
    assert said("import io; sys.stderr = io.StringIO(); set_apart(); sys.stderr = sys.__stderr__") == ALL
