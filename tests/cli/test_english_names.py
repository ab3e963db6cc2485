"""In English a procedure is spoken of by the English names its owner gave, also when it says no."""

from __future__ import annotations

from pathlib import Path

import pytest

EN = ("--lang", "en")
DRAFT = ("--as", "林岚", "do", "1")


@pytest.fixture
def begun(run):  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", "start", "用印", "--set", "Document=x")[0] == 0
    return run


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*DRAFT, "submit"), "Copies: must be filled (forms/"),
        (("--as", "何清", "do", "1", "discard"), "何清 is not “Applicant”; 林岚 should act"),
        ((*DRAFT, "seal"), "in “Draft”, where there is no action “seal”; possible now: submit,"),
        ((*DRAFT, "fill", "--set", "Copies=many"), "Copies: “many” is not a whole number"),
        (
            (*DRAFT, "fill", "--set", "Back by=2027-01-04"),
            "Leave “Back by” empty, or correct Taken",
        ),
        ((*DRAFT, "agreee"), "There is no action “agreee”; did you mean “agree”?"),
    ],
)
def test_what_is_refused_is_told_by_english_names(  # type: ignore[no-untyped-def]
    begun, words: tuple[str, ...], told: str
) -> None:
    code, _, err = begun(*EN, *words)
    assert (code in (2, 3), told in err) == (True, True), err


def test_the_ways_not_covered_are_too(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "office/processes/用印.yaml"
    place.write_text(place.read_text("utf-8").partition("examples:")[0], "utf-8")
    code, out, _ = run(*EN, "test", "--missing", str(place))
    assert (code, "not covered: Sealing ·seal· → Filed" in out) == (0, True)
