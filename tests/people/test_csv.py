"""CSV files of people, good and odd: each line is a person or a reason, nothing between."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from braze_partners.people import limits
from braze_partners.people.attributes import Type
from braze_partners.people.csv_columns import HeaderRefused, guess_types, read_header, read_line
from braze_partners.people.csv_files import chunks, layout_of, opened, records_of, sample_of
from braze_partners.people.csv_records import Records
from braze_partners.people.errors import ValueRefused
from braze_partners.people.profiles import NewPerson


def cells_of(raw: bytes) -> list[list[str]]:
    return [record.cells or [record.problem] for record in Records(io.BytesIO(raw))]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\ufeff")),
            min_size=2,
            max_size=4,
        ),
        max_size=6,
    )
)
def test_whatever_the_csv_module_writes_is_read_back_from_any_record_on(
    rows: list[list[str]],
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    raw = text.getvalue().encode()
    records = list(Records(io.BytesIO(raw)))
    assert [record.cells for record in records] == rows
    for done, record in enumerate(records, start=1):
        stream = io.BytesIO(raw)
        stream.seek(record.end)
        rest = list(Records(stream, ",", record.end, record.next_line))
        assert [one.cells for one in rest] == rows[done:]
        assert [one.line for one in rest] == [one.line for one in records[done:]]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xef\xbb\xbfexternal_id,a\r\nu1,1\r\n", [["external_id", "a"], ["u1", "1"]]),
        (b'id\n"a\nb"\nc', [["id"], ["a\nb"], ["c"]]),
        (b'id\n"a""b"\n', [["id"], ['a"b']]),
        (b"id\nno\x00l\nc\n", [["id"], ["This line holds a NUL character."], ["c"]]),
        (b"id\n\xff\xfe\nc\n", [["id"], ["This line is not UTF-8 (byte 1)."], ["c"]]),
        (
            b'id\n"open\nc\nd\n',
            [["id"], ["A quote is opened here and never closed."], ["c"], ["d"]],
        ),
    ],
)
def test_odd_lines_are_read_or_refused_alone(raw: bytes, expected: list[list[str]]) -> None:
    assert cells_of(raw) == expected


def test_a_line_too_long_is_refused_and_skipped_in_flat_memory() -> None:
    raw = b"id\n" + b"x" * (3 * limits.MAX_RECORD_BYTES) + b"\nc\n"
    records = list(Records(io.BytesIO(raw)))
    assert [record.problem for record in records] == ["", "This line is longer than 1 MB.", ""]
    assert (records[-1].cells, records[-1].end, records[-1].line) == (["c"], len(raw), 3)


def test_a_quote_never_closed_costs_one_line_not_the_file() -> None:
    raw = b'id\n"open\n' + b"person\n" * 300_000
    records = list(Records(io.BytesIO(raw)))
    assert sum(1 for record in records if record.problem) == 1
    assert sum(1 for record in records if record.cells == ["person"]) == 300_000


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ([], "The file is empty"),
        (["", ""], "The file is empty"),
        (["first_name", "plan"], "external_id"),
        (["external_id", "plan", "plan"], "“plan” stands twice"),
        (["external_id", ""], "Column 2 of the header has no name"),
        (["external_id", "x" * 256], "at most 255 characters"),
        (["alias_label", "plan"], "belong together"),
        (["external_id", "push_enabled"], "needs the column “device_id”"),
        (["external_id", *(f"a{n}" for n in range(400))], "at most 280 columns"),
    ],
)
def test_a_header_that_cannot_be_used_says_why(header: list[str], sentence: str) -> None:
    with pytest.raises(HeaderRefused, match=sentence):
        read_header(header)


def read(header: str, line: str, **types: Type) -> NewPerson:
    return read_line(read_header(header.split(",")), types, line.split(","))


def test_a_line_becomes_a_person_with_typed_values() -> None:
    person = read(
        "external_id,Email,country,dob,plan,age,vip,since,device_id,push_enabled",
        "u1, Ann@x.org ,fr,1984-05-31,gold,31.5,TRUE,2026-05-11T10:00:00Z,d1,true",
        plan=Type.TEXT,
        age=Type.NUMBER,
        vip=Type.BOOLEAN,
        since=Type.DATE,
    )
    assert person.external_id == "u1"
    assert person.fields == {
        "email": "Ann@x.org",
        "country": "FR",
        "date_of_birth": date(1984, 5, 31),
    }
    assert person.attributes == {
        "plan": "gold",
        "age": 31.5,
        "vip": True,
        "since": datetime(2026, 5, 11, 10, tzinfo=UTC),
    }
    assert [(d.device_id, d.push_enabled) for d in person.devices] == [("d1", True)]


def test_an_empty_cell_says_nothing() -> None:
    assert read("external_id,email,plan", "u1,,", plan=Type.TEXT) == NewPerson("u1")


def test_a_cell_of_an_array_or_an_object_is_json() -> None:
    columns = read_header(["external_id", "tags", "home"])
    types = {"tags": Type.ARRAY, "home": Type.OBJECT}
    told = read_line(columns, types, ["u1", '["a", 1]', '{"b": 2}'])
    assert told.attributes == {"tags": ["a", 1], "home": {"b": 2}}
    for cell in ("a", "5", "{}", "[", '["\\u0000"]', "NaN"):
        with pytest.raises(ValueRefused):
            read_line(columns, types, ["u1", cell, ""])


def test_a_session_is_a_moment() -> None:
    told = read("external_id,date_of_last_session", "u1,2026-05-11T05:18:00+02:00")
    assert told.fields == {"last_session_at": datetime(2026, 5, 11, 3, 18, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ("date_of_first_session", "soon", "2026-05-11T03:18:00Z"),
        ("external_id", "é" * 499, "at most 997 bytes; this one has 998"),
        ("device_id", "d" * 256, "“device_id” has at most 255 characters; this one has 256"),
        ("first_name", "n" * 256, "at most 255 characters"),
        ("phone", "1" * 41, "at most 40 characters"),
        ("email", "nobody", "no e-mail address"),
        ("email", "a@" + "x" * 260 + ".org", "no e-mail address"),
        ("country", "FRA", "ISO 3166-1"),
        ("language", "f", "ISO 639-1"),
        ("gender", "X", "one of M, F, O, N, P"),
        ("time_zone", "Mars/Base", "Europe/Paris"),
        ("dob", "31/05/1984", "1984-05-31"),
        ("email_subscribe", "yes", "opted_in, subscribed, unsubscribed"),
        ("text", "t" * 10_001, "at most 10000 characters; this one has 10001"),
        ("number", "many", "holds numbers"),
        ("number", "1e999", "holds numbers"),
        ("number", "nan", "holds numbers"),
        ("boolean", "1", "holds true or false"),
        ("date", "soon", "holds dates"),
        ("date", "20260511", "holds dates"),
    ],
)
def test_a_value_that_breaks_a_rule_names_the_rule(column: str, cell: str, sentence: str) -> None:
    header = column if column in ("external_id", "device_id") else f"external_id,{column}"
    line = cell if column in ("external_id", "device_id") else f"u1,{cell}"
    types = {kind.value: kind for kind in Type}
    with pytest.raises(ValueRefused, match=sentence) as refused:
        read(header, line, **types)
    assert refused.value.column == column


def test_a_long_cell_within_the_limit_is_kept() -> None:
    person = read("external_id,bio", "u1," + "b" * 10_000, bio=Type.TEXT)
    assert len(str(person.attributes["bio"])) == 10_000


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (",,,", "names nobody"),
        (",,label,", "its label and its name"),
        ("u1,d1", "has 2 cells; the header names 4"),
    ],
)
def test_a_line_that_names_nobody_is_refused(line: str, sentence: str) -> None:
    with pytest.raises(ValueRefused, match=sentence):
        read("external_id,device_id,alias_label,alias_name", line)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (["1", "-2.5", ""], Type.NUMBER),
        (["007", "12"], Type.TEXT),
        (["1234567890123456"], Type.TEXT),
        (["true", "False"], Type.BOOLEAN),
        (["2026-05-11", "2026-05-11T10:00:00+02:00"], Type.DATE),
        (["2026-13-01"], Type.TEXT),
        (["1", "x"], Type.TEXT),
        (["1"] * 198 + ["x", "soon"], Type.NUMBER),
        (["1"] * 197 + ["x", "soon", "late"], Type.TEXT),
        (["1"] * 999 + ["007"], Type.TEXT),
        (["", ""], Type.TEXT),
    ],
)
def test_the_type_of_a_new_attribute_is_the_narrowest_that_fits(
    seen: list[str], kind: Type
) -> None:
    columns = read_header(["external_id", "a"])
    assert guess_types(columns, [["u", cell] for cell in seen]) == {"a": kind}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_read_in_chunks_whatever_its_delimiter_and_packing(
    tmp_path: Path, delimiter: str, packed: bool
) -> None:
    lines = [f"u{n}{delimiter}{n}" for n in range(25)]
    raw = "\n".join([f"external_id{delimiter}age", *lines]).encode()
    path = tmp_path / ("people.csv.gz" if packed else "people.csv")
    path.write_bytes(gzip.compress(raw) if packed else raw)
    types = sample_of(path, {}).types
    with opened(path) as file:
        layout = layout_of(file.stream)
        found = list(chunks(records_of(file.stream, layout, 0, 0), layout, types, size=10))
        assert file.share == 1
        again = records_of(file.stream, layout, found[0].end, found[0].next_line)
        rest = list(chunks(again, layout, types, size=10))
    assert [len(chunk.people) for chunk in found] == [10, 10, 5]
    assert [chunk.people for chunk in rest] == [chunk.people for chunk in found[1:]]
    assert found[1].lines == list(range(12, 22))


CUT_OFF = gzip.compress(b"external_id\nu1\n", mtime=0)[:-9]


@pytest.mark.parametrize("raw", [b"no gzip at all", CUT_OFF])
def test_a_broken_gzip_file_is_refused_before_the_start(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(raw)
    with pytest.raises(HeaderRefused, match="gzip"):
        sample_of(path, {})


def test_a_file_in_another_encoding_is_refused_before_the_start(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("external_id,prénom\nu1,Zoë\n".encode("utf-16"))
    with pytest.raises(HeaderRefused, match="The first line can't be read"):
        sample_of(path, {})


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"")
    with pytest.raises(HeaderRefused, match="The file is empty"):
        sample_of(path, {})
