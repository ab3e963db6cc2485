"""With any one check taken out, some attack goes by: no check is there for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import verifier.bundle
import verifier.chain
import verifier.keys
import verifier.log
import verifier.logs
import verifier.notes
import verifier.powers
import verifier.process
import verifier.records
import verifier.roster
import verifier.tables
import verifier.verifying
from tests.attacks.matrix import ATTACKS
from tests.attacks.test_matrix import grounds
from tests.verifier.ground import Ground
from verifier.report import TAMPERED

__all__ = ["grounds"]


def nothing(*_: object, **__: object) -> tuple[()]:
    return ()


def none(*_: object, **__: object) -> None:
    return None


def yes(*_: object, **__: object) -> bool:
    return True


def no_list(*_: object) -> list[object]:
    return []


def all_of_them(records: tuple[object, ...], *_: object) -> list[bool]:
    return [True] * len(records)


def no_tell(code: str) -> Callable[..., None]:
    tell = verifier.process.Course.tell

    def deaf(course: Any, said: str, *args: Any, **kwargs: Any) -> None:
        if said != code:
            tell(course, said, *args, **kwargs)

    return deaf


# what is taken out, by what it is replaced, and the attack that then goes by; the level up to
# which it is judged where a higher one would find it another way
CONTROLS: tuple[tuple[str, object, str, Any, str, int], ...] = (
    (
        "signature",
        verifier.chain,
        "_check_signatures",
        all_of_them,
        "write_a_step_in_somebodys_name",
        2,
    ),
    ("place", verifier.chain, "_find_misplaced", none, "delete_a_reminder_and_sign_anew", 1),
    ("seal", verifier.chain, "_check_seal", no_list, "write_a_step_in_somebodys_name", 2),
    ("log order", verifier.chain, "check_log", nothing, "skip_an_index", 1),
    ("commitment", verifier.chain, "opens", yes, "edit_a_form_value", 4),
    ("disclosures", verifier.chain, "_check_opened", nothing, "strip_a_disclosure", 4),
    ("objects", verifier.chain, "_check_objects", nothing, "edit_the_text_of_a_procedure", 5),
    ("models", verifier.chain, "_check_models", nothing, "bring_an_unknown_model", 5),
    ("note", verifier.notes.Note, "is_signed_by", yes, "bring_a_key_along", 5),
    ("roots", verifier.log, "_against_roots", nothing, "show_two_auditors_two_stores", 4),
    ("heads", verifier.log, "check_heads", nothing, "state_false_heads", 4),
    (
        "what was kept",
        verifier.log,
        "_check_stated",
        nothing,
        "say_that_something_else_was_kept",
        4,
    ),
    ("lost logs", verifier.logs.Logs, "judge_lost", nothing, "own_to_less_than_was_lost", 4),
    ("who restores", verifier.powers, "check_restorers", nothing, "restore_alone", 4),
    ("redaction", verifier.log, "check_redactions", nothing, "redact_alone", 4),
    ("key powers", verifier.powers, "_check_key", nothing, "sign_with_ones_own_key_for_another", 4),
    (
        "registrars",
        verifier.keys.KeyState,
        "require_entitled",
        nothing,
        "enrol_a_key_without_being_registrar",
        4,
    ),
    ("possession", verifier.powers, "require_proofs", nothing, "enrol_a_key_one_does_not_have", 4),
    ("rests on", verifier.powers, "_check_heads", nothing, "rest_on_a_roster_that_is_not_there", 4),
    (
        "still newest",
        verifier.powers,
        "_check_heads",
        nothing,
        "sign_as_if_the_key_were_not_revoked_yet",
        4,
    ),
    (
        "consent to a redaction",
        verifier.powers,
        "_check_consents",
        nothing,
        "redact_with_a_consent_one_signed_oneself",
        4,
    ),
    (
        "consent to a key",
        verifier.powers,
        "consent_problem",
        none,
        "enrol_a_chiefs_key_with_a_consent_to_another",
        4,
    ),
    ("two", verifier.powers, "_check_two", nothing, "enrol_a_chiefs_key_alone", 4),
    ("names", verifier.powers, "_check_names", nothing, "sign_under_a_post_one_does_not_hold", 4),
    ("facts", verifier.powers, "_check_facts", nothing, "say_that_the_roster_said_so", 4),
    ("office acts", verifier.powers, "_check_office_act", nothing, "publish_without_the_power", 4),
    (
        "system acts",
        verifier.powers,
        "_check_system_act",
        nothing,
        "let_the_system_amend_the_roster",
        4,
    ),
    (
        "actor",
        verifier.process.Course,
        "_check_actor",
        nothing,
        "act_without_being_asked",
        4,
    ),
    (
        "openings",
        verifier.verifying,
        "check_openings",
        nothing,
        "open_with_more_than_the_case",
        4,
    ),
    (
        "balances",
        verifier.verifying,
        "check_balances",
        nothing,
        "open_with_more_than_was_entered",
        4,
    ),
    ("home", verifier.records, "_is_at_home", yes, "begin_a_case_with_a_step", 3),
    ("zone", verifier.powers, "check_zone", nothing, "name_another_zone", 4),
    (
        "state",
        verifier.process.Course,
        "_check_node",
        nothing,
        "name_a_state_the_case_was_not_in",
        4,
    ),
    ("apart", verifier.process.Course, "_check_apart", nothing, "do_both_halves", 4),
    (
        "kind",
        verifier.process.Course,
        "_check_kind",
        nothing,
        "give_a_signature_another_meaning",
        4,
    ),
    ("pin", verifier.process.Course, "_check_pin", nothing, "work_by_another_text", 4),
    ("tables", verifier.tables, "_compare", nothing, "edit_the_list_of_cases", 5),
    ("names", verifier.tables, "_compare", nothing, "call_somebody_otherwise", 5),
    ("requests", verifier.tables, "_compare", nothing, "make_up_a_request", 5),
    ("columns", verifier.tables, "_row_flaw", none, "bring_a_column_of_his_own", 5),
    ("order of rows", verifier.bundle, "pairwise", nothing, "put_rows_out_of_order", 5),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one[0])
def test_without_the_check_the_attack_goes_by(
    control: tuple[str, object, str, Any, str, int],
    grounds: dict[str, Ground],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, where, name, instead, called, level = control
    attack = next(one for one in ATTACKS if one.name == called)
    ground = grounds[attack.ground]
    assert attack.judged(ground, level).exit == TAMPERED
    monkeypatch.setattr(where, name, instead)
    report = attack.judged(ground, level)
    assert report.exit != TAMPERED, report.show("zh")


@pytest.mark.parametrize(
    ("code", "called"),
    [
        ("E_MOVE", "write_another_move_than_the_events"),
        ("E_MOVE", "go_where_the_action_does_not_lead"),
        ("E_AFTER_END", "act_after_the_end"),
    ],
)
def test_a_level_4_deaf_to_a_code_lets_the_attack_by(
    code: str, called: str, grounds: dict[str, Ground], monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = next(one for one in ATTACKS if one.name == called)
    ground = grounds[attack.ground]
    report = attack.judged(ground, 4)
    assert code in {one.code for one in report.findings}
    monkeypatch.setattr(verifier.process.Course, "tell", no_tell(code))
    assert code not in {one.code for one in attack.judged(ground, 4).findings}
