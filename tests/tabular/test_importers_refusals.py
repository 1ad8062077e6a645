"""Files and mappings that do not fit end in one line, and leave nothing behind."""

from __future__ import annotations

import gzip

import pytest

from nasbench.errors import NasbenchError
from nasbench.spaces import make_space
from tabular.importers import import_csv, load_mapping, mapping_names
from tabular.importers.mapping import parse_mapping
from tabular.importers.published_file import mapping_from_json, mapping_to_json

SPACE = make_space("cell201-mini")
A, B, C = (SPACE.format(SPACE.architecture_at(i)) for i in (0, 7, 99))

MAPPING = """
name = "mine"
space = "cell201-mini"
task = "digits"
epochs = 4
source = "a test"
licence = "none"
protocol = "none"
[architecture]
column = "arch"
[[metric]]
column = "val"
quantity = "accuracy"
split = "validation"
epochs = 4
unit = "%"
missing = ["-1"]
"""

BAD_FILES = {
    "another heading": (f"arch,vall\n{A},50\n", ["mapping mine", "'vall'", "'val'"]),
    "a heading twice": (f"arch,val,val\n{A},50,50\n", ["'val' stands 2 times"]),
    "nothing": ("", ["mapping mine", "column 'arch'"]),
    "headings alone": ("arch,val\n", ["no row"]),
    "no architecture": (f"arch,val\n{A},50\n|none~0|,50\n", ["line 3", "'|none~0|'"]),
    "an unknown operation": (
        f"arch,val\n{A.replace('none', 'noone', 1)},50\n",
        ["line 2", "did you mean 'none'"],
    ),
    "an architecture twice": (
        f"arch,val\n{A},50\n{B},51\n{A},52\n",
        ["line 4", A, "line 2"],
    ),
    "above the range": (f"arch,val\n{A},50\n{B},100.1\n", ["line 3", "'100.1'", "100"]),
    "below the range": (f"arch,val\n{A},50\n{B},-2\n", ["line 3", "'-2'", "0 to 100"]),
    "no number": (f"arch,val\n{A},50\n{B},5O\n", ["line 3", "'5O'", "'val'"]),
    "no finite number": (f"arch,val\n{A},50\n{B},inf\n", ["line 3", "'inf'"]),
    "an unnamed gap": (f"arch,val\n{A},50\n{B},nan\n", ["line 3", "'missing'"]),
    "too few values": (f"arch,val\n{A},50\n{B}\n", ["line 3", "1 values under 2"]),
    "too many values": (f"arch,val\n{A},50,1\n", ["line 2", "3 values under 2"]),
    "an open quote": (f'arch,val\n"{A},50\n{B},60\n', ["line"]),
    "fractions for %": (f"arch,val\n{A},0.5\n{B},0.9\n", ["'val'", "fraction"]),
    "gaps alone": (f"arch,val\n{A},-1\n{B},\n", ["no value in column 'val'"]),
}


@pytest.mark.parametrize("text, parts", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_does_not_fit_is_named_with_line_and_value(tmp_path, text, parts):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(NasbenchError) as caught:
        import_csv(path, parse_mapping(MAPPING, "a test"), tmp_path / "t.h5")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("bad.csv", *parts):
        assert part in message
    assert [file.name for file in tmp_path.iterdir()] == ["bad.csv"]


def test_damaged_and_absent_files_are_refused(tmp_path):
    mapping, out = parse_mapping(MAPPING, "a test"), tmp_path / "t.h5"
    whole = gzip.compress(f"arch,val\n{A},50\n{B},60\n".encode())
    for number, content in enumerate((whole[:-12], whole[:20] + b"x" * 9, b"\xff\xfe")):
        path = tmp_path / f"{number}.csv.gz"
        path.write_bytes(content)
        with pytest.raises(NasbenchError, match=f"{number}.csv.gz"):
            import_csv(path, mapping, out)
    with pytest.raises(NasbenchError, match=r"no published table at .*absent\.csv"):
        import_csv(tmp_path / "absent.csv", mapping, out)
    assert not out.exists()


def test_a_table_that_stands_is_not_overwritten(tmp_path):
    path, out = tmp_path / "good.csv", tmp_path / "t.h5"
    path.write_text(f"arch,val\n{A},50\n\n{B},60\n")
    assert len(import_csv(path, parse_mapping(MAPPING, "a test"), out)) == 2
    before = out.read_bytes()
    with pytest.raises(NasbenchError, match="there already"):
        import_csv(path, parse_mapping(MAPPING, "a test"), out)
    assert out.read_bytes() == before
    with pytest.raises(NasbenchError, match="cannot write"):
        import_csv(path, parse_mapping(MAPPING, "a test"), path / "t.h5")


BAD_MAPPINGS = {
    "no TOML": ("name =", ["a test"]),
    "a key too many": (MAPPING + "splitt = 'test'\n", ["'splitt'", "'split'"]),
    "a key too few": (MAPPING.replace('task = "digits"', ""), ["lacks", "'task'"]),
    "no metric": (MAPPING.partition("[[metric]]")[0], ["[[metric]]"]),
    "another type": (MAPPING.replace("epochs = 4", 'epochs = "4"', 1), ["'epochs'"]),
    "a truth for a number": (MAPPING.replace("epochs = 4", "epochs = true"), ["True"]),
    "text for a list": (MAPPING.replace('["-1"]', '"-1"'), ["'missing'", "list"]),
    "a number for text": (MAPPING.replace('"val"', "3"), ["'column'", "quotes"]),
    "an unknown quantity": (MAPPING.replace('"accuracy"', '"accurary"'), ["accuracy"]),
    "an unknown unit": (MAPPING.replace('"%"', '"percent"'), ["'percent'", "fraction"]),
    "an unknown split": (MAPPING.replace('"validation"', '"valid"'), ["validation"]),
    "no split": (MAPPING.replace('split = "validation"', ""), ["needs 'split'"]),
    "a target": (MAPPING + 'target = "x"\n', ["has no 'target'"]),
    "an unknown form": (MAPPING.replace('"arch"', '"arch"\nform = "txt"'), ["'text'"]),
    "metrics of one name": (
        MAPPING + MAPPING[MAPPING.index("[[") :].replace('"val"', '"val2"'),
        ["2 metrics", "'trial'"],
    ),
    "a slash": (MAPPING + 'name = "a/b"\n', ["no slash"]),
    "no epochs": (MAPPING.replace("epochs = 4", "epochs = 0"), ["epochs"]),
    "no table": ("architecture = 3\n" + MAPPING.replace("[arch", "[x"), ["[arch"]),
    "a delimiter too long": ('delimiter = ", "\n' + MAPPING, ["one character"]),
}


@pytest.mark.parametrize("text, parts", BAD_MAPPINGS.values(), ids=BAD_MAPPINGS)
def test_a_mapping_that_is_none_is_refused(text, parts):
    with pytest.raises(NasbenchError) as caught:
        parse_mapping(text, "a test")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("mapping a test", *parts):
        assert part in message


def test_an_unknown_space_is_refused():
    with pytest.raises(NasbenchError, match=r"a test: .*did you mean 'cell201-mini'"):
        parse_mapping(MAPPING.replace("cell201-mini", "cell201-mina"), "a test")


def test_mappings_go_by_name_and_by_path(tmp_path):
    assert "nb201-cifar10" in mapping_names()
    for name in mapping_names():
        mapping = load_mapping(name)
        assert mapping.name == name
        assert mapping_from_json(mapping_to_json(mapping)) == mapping
    path = tmp_path / "mine.toml"
    path.write_text(MAPPING)
    assert load_mapping(str(path)) == parse_mapping(MAPPING, "a test")
    with pytest.raises(NasbenchError, match="did you mean 'nb201-cifar10'"):
        load_mapping("nb201-cifar")
    with pytest.raises(NasbenchError, match=r"no mapping at nowhere\.toml"):
        load_mapping("nowhere.toml")
    path.write_bytes(b"\xff")
    with pytest.raises(NasbenchError, match="UTF-8"):
        load_mapping(str(path))
    with pytest.raises(NasbenchError, match="not a mapping"):
        mapping_from_json("{}")
