from __future__ import annotations

import pytest

from porteparole.errors import DataError
from porteparole.files import read_json, read_text, write_atomically


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_text(tmp_path / "absent")
    with pytest.raises(DataError, match="cannot be read"):
        read_text(tmp_path)
    (tmp_path / "latin").write_bytes("déjà".encode("latin-1"))
    with pytest.raises(DataError, match=r"byte 1 is 0xe9; .*iconv"):
        read_text(tmp_path / "latin")


def test_a_file_that_is_never_long_is_read_up_to_its_limit(tmp_path):
    path = tmp_path / "short"
    path.write_bytes("é".encode() * 4)
    assert read_text(path, most=8) == "éééé"
    with pytest.raises(DataError, match="expected at most 7 bytes, the file has more"):
        read_text(path, most=7)


def test_json_that_is_none_is_told(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('{"é": [1]}', encoding="utf-8")
    assert read_json(path, most=100) == {"é": [1]}
    for content, message in [
        ("{", "expected JSON: Expecting"),
        ("[" * 100_000, "expected JSON, this is nested too deeply"),
        (" " * 200_000, "expected at most 150000 bytes"),
    ]:
        path.write_text(content)
        with pytest.raises(DataError, match=f"x.json: {message}"):
            read_json(path, most=150_000)


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "out.json"
    for text in ("premier", "déjà\n«second»\r\n"):
        write_atomically(path, text)
        assert path.read_bytes().decode() == text
    assert list(tmp_path.iterdir()) == [path]


def test_who_reads_the_old_file_goes_on_reading_it_whole(tmp_path):
    path = tmp_path / "out.json"
    path.write_text("vieux")
    with path.open() as reader:
        write_atomically(path, "neuf")
        assert reader.read() == "vieux"


def test_a_file_that_cannot_be_written_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "absent" / "x", tmp_path / "file" / "x"):
        with pytest.raises(DataError, match="cannot be written"):
            write_atomically(place, "x")


def test_a_text_that_is_no_utf8_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "out.json"
    path.write_text("vieux")
    with pytest.raises((DataError, UnicodeEncodeError)):
        write_atomically(path, "\ud800")
    assert path.read_text() == "vieux"
    assert list(tmp_path.iterdir()) == [path]
