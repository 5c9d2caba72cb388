"""The CSV of a cohort's users: what is read of it, and every file that is none."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from cohorts.syncing import user_ids
from cohorts.syncing.errors import BadFile
from cohorts.syncing.limits import MAX_ROWS
from cohorts.syncing.user_ids import UserIds

HEADER = b"amplitude_id,user_id\n"


def pieces(data: bytes, size: int = 7) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, *, tells_its_end: bool = True, size: int = 7) -> tuple[list[str], UserIds]:
    ids = UserIds(pieces(data, size), tells_its_end=tells_its_end, batch=3)
    return [one for batch in ids for one in batch], ids


def refused(data: bytes, **options: bool) -> BadFile:
    with pytest.raises(BadFile) as found:
        read(data, **options)
    return found.value


@pytest.mark.parametrize(
    "header",
    [
        b"amplitude_id,user_id\n",
        b"Amplitude ID,User ID\r\n",
        b"AMPLITUDE_ID,USER_ID\n",
        b"\xef\xbb\xbfamplitude_id,user_id\n",
    ],
)
def test_it_finds_the_user_ids_however_the_column_is_spelled(header: bytes) -> None:
    found, _ = read(header + b"1,u1\n2,u2\n3,u3\n4,u4\n")
    assert found == ["u1", "u2", "u3", "u4"]


def test_rows_without_a_user_id_are_counted_apart() -> None:
    found, ids = read(HEADER + b"1,\n2,u2\n3,\n")
    assert found == ["u2"]
    assert (ids.rows, ids.nameless) == (3, 2)


def test_quotes_commas_newlines_and_other_scripts_are_read() -> None:
    found, _ = read(HEADER + '1,"a,b"\n2,"a\nb"\n3,"a""b"\n4,été نعم\u2028\n'.encode())
    assert found == ["a,b", "a\nb", 'a"b', "été نعم\u2028"]


def test_properties_behind_the_ids_do_not_matter() -> None:
    found, _ = read(b"user_id,plan\nu1,gold\nu2,\n")
    assert found == ["u1", "u2"]


def test_blank_lines_are_passed_over() -> None:
    found, ids = read(HEADER + b"1,u1\n\n2,u2\n\n")
    assert found == ["u1", "u2"] and ids.rows == 2


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_a_gzip_file_is_unfolded_by_its_own_beginning(size: int) -> None:
    rows = b"".join(b"%d,u%d\n" % (n, n) for n in range(20_000))
    found, _ = read(gzip.compress(HEADER + rows), size=max(size, 64))
    assert len(found) == 20_000 and found[-1] == "u19999"
    small, _ = read(gzip.compress(HEADER + b"1,u1\n"), size=size)
    assert small == ["u1"]


def test_archives_one_after_another_are_one_file() -> None:
    found, _ = read(gzip.compress(HEADER + b"1,u1\n") + gzip.compress(b"2,u2\n"))
    assert found == ["u1", "u2"]


def test_a_header_alone_is_a_cohort_of_nobody() -> None:
    found, ids = read(HEADER)
    assert found == [] and ids.rows == 0


def test_a_file_without_a_user_id_column_is_refused_with_its_columns() -> None:
    bad = refused(b"amplitude_id,email,Plan\n1,a@b.c,gold\n")
    assert bad.code == "no_user_id_column"
    assert "amplitude_id, email, Plan" in bad.words and not bad.passing


def test_a_file_of_many_long_columns_is_refused_with_a_short_sentence() -> None:
    names = b",".join(b"c" * 500 for _ in range(100))
    assert len(refused(names + b"\n").words) < 1_000


def test_an_empty_file_is_refused() -> None:
    assert refused(b"").code == "empty"
    assert refused(b"\n\n").code == "empty"
    assert refused(gzip.compress(b"")).code == "empty"


def test_a_truncated_file_is_refused() -> None:
    assert refused(HEADER + b"1,u1\n2").code == "malformed"
    assert refused(HEADER + b'1,u1\n2,"u').code == "malformed"
    assert refused(HEADER + b"1,u1\n2,u", tells_its_end=False).code == "truncated"
    rows = b"".join(b"%d,u%d\n" % (n, n * 7919) for n in range(2_000))
    assert refused(gzip.compress(HEADER + rows)[:-9]).code == "truncated"
    assert all(refused(data).passing for data in (HEADER + b"1", gzip.compress(HEADER)[:-4]))


def test_the_last_line_may_end_with_the_file_where_http_tells_its_end() -> None:
    assert read(HEADER + b"1,u1\n2,u2")[0] == ["u1", "u2"]


def test_a_damaged_archive_is_refused() -> None:
    packed = bytearray(gzip.compress(HEADER + bytes(range(48, 58)) * 400))
    packed[12:20] = b"\xff" * 8
    assert refused(bytes(packed)).code == "damaged"


def test_html_instead_of_csv_is_refused_with_its_title() -> None:
    bad = refused(b"<!DOCTYPE html><html><title>Sign in\n to Amplitude</title>" + b"x" * 100)
    assert bad.code == "html"
    assert read_whole(b"\n <html><title>Down</title>").words.endswith("Down")


def read_whole(data: bytes) -> BadFile:
    with pytest.raises(BadFile) as found:
        list(UserIds(iter([data])))
    return found.value


def test_json_instead_of_csv_is_refused() -> None:
    assert refused(b'{"error": "no"}').code == "not_csv"


def test_what_is_not_utf8_is_refused() -> None:
    assert refused(HEADER + b"1,\xff\xfe\n").code == "not_utf8"


def test_a_row_with_more_fields_than_the_header_is_refused_with_its_number() -> None:
    bad = refused(HEADER + b"1,u1\n2,u2\n3,u3\n4,u,4\n")
    assert bad.code == "malformed" and "row 5" in bad.words


def test_a_file_whose_lines_do_not_end_is_refused_in_flat_memory() -> None:
    endless = (b"x" * 100_000 for _ in range(1_000_000))
    with pytest.raises(BadFile) as found:
        list(UserIds(endless))
    assert found.value.code == "malformed"


def test_a_gzip_bomb_is_refused_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_ids, "MAX_FILE_BYTES", 5_000_000)
    bomb = gzip.compress(HEADER + b"1,u1\n" * 4_000_000)
    assert len(bomb) < 100_000
    assert read_whole(bomb).code == "too_large"


def test_a_file_of_3_000_000_rows_is_refused_with_the_number_and_the_limit() -> None:
    def chunks() -> Iterator[bytes]:
        yield HEADER
        for _ in range(3_000):
            yield b"1,u\n" * 1_000

    ids = UserIds(chunks())
    with pytest.raises(BadFile) as found:
        for batch in ids:
            assert ids.rows <= MAX_ROWS and batch
    assert found.value.code == "too_many_rows" and not found.value.passing
    assert "3,000,000" in found.value.words and "2,000,000" in found.value.words


def test_a_file_of_2_000_000_rows_is_read() -> None:
    data = (b"1,u\n" * 1_000 for _ in range(2_000))
    ids = UserIds(iter([HEADER, *data]))
    assert sum(len(batch) for batch in ids) == ids.rows == MAX_ROWS
