"""Archives of files: what comes out, what is refused, and that nothing is trusted."""

import io
import os
import stat
import zipfile

import pytest

from bienveille.ground.lib.archives import WrongArchive, is_archive, unpacked

CSV = b"NOM;PRENOM\nMARTIN;Jeanne\n"


def pack(tmp_path, members, name="f.zip", **options):
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for member, content in members:
            package.writestr(member, content, **options)
    return path


def taken(path, **limits):
    with unpacked(path, **limits) as members:
        return [(member.name, member.path.read_bytes()) for member in members]


def refused(path, **limits):
    with pytest.raises(WrongArchive) as caught, unpacked(path, **limits):
        pass
    return caught.value.code, caught.value.member


def test_its_files_come_out_under_their_own_names_and_leave_nothing(tmp_path):
    path = pack(tmp_path, [("exports/", b""), ("exports/a.csv", CSV), ("b.csv", b"x")])
    assert taken(path) == [("a.csv", CSV), ("b.csv", b"x")]
    with unpacked(path) as members:
        folder = members[0].path.parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv"])
def test_a_name_writes_nowhere_else(tmp_path, name):
    path = pack(tmp_path, [(name, CSV)])
    before = set(tmp_path.parent.rglob("*"))
    with unpacked(path) as (member,):
        assert (member.name, member.path.name) == ("evil.csv", "000")
    assert set(tmp_path.parent.rglob("*")) == before


def test_two_of_one_name_are_told_apart_and_litter_is_left(tmp_path):
    litter = [("__MACOSX/._a.csv", b"x"), (".DS_Store", b"x"), ("nord/Thumbs.db", b"x"), ("sud/~$a.xlsx", b"x")]
    path = pack(tmp_path, [("nord/a.csv", b"1"), ("sud/a.csv", b"2"), *litter])
    assert taken(path) == [("nord/a.csv", b"1"), ("sud/a.csv", b"2")]


def test_what_comes_out_is_counted_whatever_the_archive_says(tmp_path):
    """A bomb: a megabyte of nothing that says that it holds ten bytes."""
    path = pack(tmp_path, [("a.csv", CSV), ("bomb.csv", bytes(1 << 20))])
    raw = path.read_bytes()
    assert refused(path, most_bytes=1 << 19) == ("too_big", "bomb.csv")
    path.write_bytes(raw.replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert refused(path, most_bytes=1 << 19)[0] in ("too_big", "damaged")


def test_too_many_files_and_none(tmp_path):
    many = pack(tmp_path, [(f"{n}.csv", b"x") for n in range(4)])
    assert refused(many, most_members=3) == ("too_many", "")
    assert len(taken(many, most_members=4)) == 4
    assert refused(pack(tmp_path, [("vide/", b"")], "g.zip")) == ("no_members", "")


def test_an_archive_in_an_archive_is_named(tmp_path):
    inner = pack(tmp_path, [("a.csv", CSV)], "inner.zip").read_bytes()
    assert refused(pack(tmp_path, [("dossier/nuit.zip", inner)])) == ("nested", "nuit.zip")


def test_a_workbook_is_no_archive_and_may_be_in_one(tmp_path):
    book = pack(tmp_path, [("xl/workbook.xml", b"<x/>")], "a.xlsx")
    assert not is_archive(book)
    assert taken(pack(tmp_path, [("a.xlsx", book.read_bytes())])) == [("a.xlsx", book.read_bytes())]


def test_what_is_no_zip_at_all(tmp_path):
    path = tmp_path / "a.csv"
    for content in (b"", CSV, b"PK\x03\x04 but nothing more"):
        path.write_bytes(content)
        assert not is_archive(path)


def test_a_member_behind_a_password_is_named(tmp_path):
    path = pack(tmp_path, [("a.csv", CSV), ("secret.csv", CSV)])
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 8] |= 1  # the flag of encryption, in the directory
    path.write_bytes(raw)
    assert refused(path) == ("locked", "secret.csv")


def test_a_damaged_member_is_named_and_a_cut_archive_is_damaged(tmp_path):
    content = os.urandom(5000)
    path = pack(tmp_path, [("a.csv", content)])
    raw = bytearray(path.read_bytes())
    raw[1000:1010] = bytes(10)
    path.write_bytes(raw)
    assert refused(path) == ("damaged", "a.csv")
    path.write_bytes(bytes(raw[:2000]))
    assert not is_archive(path)
    assert refused(path) == ("damaged", "")


def test_a_link_is_no_file(tmp_path):
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(info, "/etc/passwd")
    assert refused(path) == ("no_plain_file", "a.csv")


def test_a_name_that_hides_controls_is_shown_without_them(tmp_path):
    assert [name for name, _ in taken(pack(tmp_path, [("a\x1b[31m\n.csv", CSV)]))] == ["a_[31m_.csv"]


def test_an_empty_archive_of_python_is_an_archive(tmp_path):
    stream = io.BytesIO()
    zipfile.ZipFile(stream, "w").close()
    path = tmp_path / "f.zip"
    path.write_bytes(stream.getvalue())
    assert is_archive(path)
