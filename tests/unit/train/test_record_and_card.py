from pathlib import Path

from train.card import EXPLANATIONS, card
from train.record import Export, Training, corpus_fingerprint
from train.scoring import Figures

EXPORT = Export(Training(6000, 9_400_000, 27.4), 5_213_440, 5_593_376, 50, 3210, 1)


def test_an_export_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    EXPORT.save(tmp_path)
    assert Export.load(tmp_path) == EXPORT


def test_the_fingerprint_follows_contents_and_names_of_the_corpus_but_not_compiled_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = corpus_fingerprint(tmp_path)
    (tmp_path / "a.pyc").write_text("compiled")
    assert corpus_fingerprint(tmp_path) == first
    (tmp_path / "a.py").write_text("2")
    second = corpus_fingerprint(tmp_path)
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, corpus_fingerprint(tmp_path)}) == 3


def test_the_card_gives_every_figure_and_explains_every_set() -> None:
    entries = [Figures(name, 200, 171 - i, 199, 3 + i) for i, name in enumerate(EXPLANATIONS)]
    text = card(EXPORT, entries)
    assert "| held-out | 200 | 86% | 3 | 99.5% |" in text
    for entry in entries:
        assert f"| {entry.name} | 200 | {entry.right / 200:.0%} | {entry.refused} | 99.5% |" in text
        assert f"- **{entry.name}**: " in text
    for fact in (
        "6,000 steps",
        "9.4 million tokens",
        "27 minutes",
        "5.6 MB",
        "5.2 million",
        "`make guide`",
        "1 parted",
    ):
        assert fact in text
