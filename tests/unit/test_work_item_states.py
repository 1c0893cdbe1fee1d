"""The table of states: whole, without dead ends, and drawn in the documents as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from cee_mailbot.domain.work_item import BY_ITSELF, EVENTS, REVERSIBLE, TRANSITIONS, UNDONE, Act, ItemState, allowed

ROOT = Path(__file__).resolve().parents[2]
OPEN = {ItemState.NEW, ItemState.ASSIGNED, ItemState.WAITING}


def reachable(state: ItemState) -> set[ItemState]:
    found, todo = {state}, [state]
    steps = [(before, after) for (before, _), after in (*TRANSITIONS.items(), *BY_ITSELF.items())]
    while todo:
        one = todo.pop()
        new = {after for before, after in steps if before is one} - found
        found |= new
        todo += new
    return found


def test_the_diagram_in_the_documents_is_drawn_from_the_table() -> None:
    """docs/states.md is written by scripts/write-state-diagram."""
    script = ROOT / "scripts/write-state-diagram"
    written = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/states.md").read_text(encoding="utf-8") == written


def test_every_act_is_allowed_somewhere_and_has_an_event_of_its_own() -> None:
    assert {act for _, act in TRANSITIONS} == set(Act) == set(EVENTS)
    assert len({*EVENTS.values(), UNDONE}) == len(Act) + 1


@pytest.mark.parametrize("state", [*ItemState])
def test_every_state_has_a_way_on(state: ItemState) -> None:
    """Nothing is stuck: from everywhere an item can be closed, and a closed one taken up again."""
    assert ItemState.CLOSED in reachable(state)
    assert ItemState.NEW in reachable(state)


@pytest.mark.parametrize("act", [Act.WAIT, Act.CLOSE, Act.RETURN, Act.TRANSFER, Act.TRANSFER_TO_PORT])
def test_work_is_done_on_open_items_alone(act: Act) -> None:
    assert {state for state in ItemState if act in allowed(state)} == OPEN


def test_nobody_takes_an_item_from_somebody_who_has_it() -> None:
    """It is put back first, so that two people never hold the same."""
    assert Act.CLAIM not in allowed(ItemState.ASSIGNED)


def test_nothing_goes_back_to_assembling() -> None:
    """What the sender was told is in the queue stays in the queue."""
    assert not {state for (state, _), after in TRANSITIONS.items() if after is ItemState.ASSEMBLING} - {
        ItemState.ASSEMBLING
    }


def test_a_note_can_always_be_written() -> None:
    assert all(TRANSITIONS[state, Act.NOTE] is state for state in ItemState)


def test_only_what_the_sender_was_told_for_good_and_notes_stay() -> None:
    assert set(Act) - REVERSIBLE == {Act.ENQUEUE, Act.NOTE}
