"""Lists of shots as people save them, and what is said about those that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from vst_core import SettingsError
from vst_core.farm.shot_list import read_shot_list

COLUMNS = ("plate", "output", "frames", "style", "style_weights")


def rows(path: Path, text: str) -> list[tuple[str, dict[str, str]]]:
    path.write_text(text, encoding="utf-8")
    return [(row.shot, row.values) for row in read_shot_list(path, COLUMNS)]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, mark: str, separator: str) -> None:
    lines = ["Shot|plate|Style-Weights", "sh010| pl ates/sh010.####.exr |", "", "", 'sh020|ünï/b.####.exr|"0.3,0.7"']
    text = mark + "\r\n".join(line.replace("|", separator) for line in lines)
    assert rows(tmp_path / "shots.csv", text) == [
        ("sh010", {"plate": "pl ates/sh010.####.exr"}),
        ("sh020", {"plate": "ünï/b.####.exr", "style_weights": "0.3,0.7"}),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "shots.csv: has no shots"),
        ("shot,plate\n", "shots.csv: has no shots"),
        ("plate\na", "line 1: no column 'shot'; the first line names the columns"),
        ("shot,stile\na,oil", "line 1: unknown column 'stile'; did you mean style?"),
        ("shot,x\na,oil", "line 1: unknown column 'x'; columns have the names of the options of vst render"),
        ("shot,style,style\na,oil,ink", "line 1: column 'style' is given twice"),
        ("shot,style\na,oil\n,ink", "line 3: the shot has no name; fill in the column 'shot'"),
        ("shot,style\na,oil,ink", "line 2: has 3 cells, but there are 2 columns; put cells that contain a separator"),
        ('shot,style\na,"oil\nb,ink', "line 2: is not a line of a table (unexpected end of data)"),
        ("shot\n../../a", "line 2: '../../a' is not a name for a shot: it would lead into another folder"),
        ("shot\na\n..", "line 3: '..' is not a name for a shot"),
        ("shot\na\nb\na", "shots.csv: several shots are called a (line 2, line 4); tell them apart"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError) as raised:
        rows(tmp_path / "shots.csv", text)
    assert complaint in str(raised.value)
    assert str(tmp_path / "shots.csv") in str(raised.value)


def test_what_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "shots.csv").write_bytes(b"shot\n\xff\xfe")
    (tmp_path / "folder.csv").mkdir()
    for name, complaint in (
        ("shots.csv", "cannot be read .*; save it as CSV in UTF-8"),
        ("none.csv", "no such file$"),
        ("folder.csv", r"cannot be read \(Is a directory\)$"),
    ):
        with pytest.raises(SettingsError, match=f"{name}: {complaint}"):
            read_shot_list(tmp_path / name, COLUMNS)
