"""Webhook bodies of every kind, with whatever they name taken from one company or another.

The bodies are the recorded ones; a kind that was never recorded is an empty one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from atendo.tests.prove.pairwise import Combination, pairwise
from atendo.tests.prove.two_companies import OURS, Marks
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.evolution.events import IGNORED, PARSERS

FOLDER = Path(settings.BASE_DIR) / "whatsapp" / "tests" / "fixtures" / "evolution"
RECORDED = sorted(FOLDER.glob("*__*.json"))

# Whose each part is.  "new": nobody's, and never seen.
WHOSE = ("ours", "theirs", "new")
DOOR = {"instance": ("ours", "theirs"), "secret": ("ours", "theirs", "wrong")}
INSIDE = {"phone": WHOSE, "message": WHOSE, "quoted": WHOSE, "button": WHOSE}
FACTORS: dict[str, tuple[str, ...]] = {**DOOR, **INSIDE}


def _is_let_in(combination: Combination) -> bool:
    return combination["instance"] == combination["secret"]


# Past the door any two parts of the body meet; before it any two of whatever there is.
COMBINATIONS = [
    *(
        {"instance": whose, "secret": whose, **inside}
        for whose in DOOR["instance"]
        for inside in pairwise(INSIDE)
    ),
    *(combination for combination in pairwise(FACTORS) if not _is_let_in(combination)),
]
NEW = Marks(7200000001, "novo@zabele.example", "+5531977665544")
WRONG_SECRET = "errado"
BUTTONS = ("confirm", "cancel", "reschedule")
# A message that is waiting for its tick; those of both companies have one at this place.
MESSAGE = 3


def bodies() -> dict[str, dict[str, Any]]:
    """By name of the recording or of the kind."""
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in RECORDED}
    recorded = {body["event"] for body in found.values()}
    for kind in {*PARSERS, *IGNORED} - recorded:
        found[kind] = {"event": kind, "data": {}}
    for verb in BUTTONS[1:]:
        found[f"{verb}, a button"] = found["messages-upsert__buttonsResponseMessage-quoting"]
    for answer in ("1", "cancelar", "parar"):
        found[f"“{answer}”"] = _saying(found["messages-upsert__conversation"], answer)
    return found


def _saying(body: dict[str, Any], words: str) -> dict[str, Any]:
    said = json.loads(json.dumps(body))
    said["data"]["message"]["conversation"] = words
    return said


def filled(name: str, body: dict[str, Any], parts: dict[str, Marks]) -> dict[str, Any]:
    """The body with each part taken from the marks given for it."""
    verb = name.partition(",")[0] if name.partition(",")[0] in BUTTONS else BUTTONS[0]
    values = {
        "instance": instance_name_of(parts["instance"].id),
        "phone": f"{parts['phone'].phone.lstrip('+')}@s.whatsapp.net",
        "lid": f"{parts['phone'].name}@lid",
        "message": message_id(parts["message"]),
        "quoted": message_id(parts["quoted"]),
        "button": f"{verb}_{parts['button'].id}",
    }
    filled_in: dict[str, Any] = _filled(body | {"instance": ""}, values)
    return filled_in


def message_id(marks: Marks) -> str:
    return f"{marks.name}{MESSAGE}"


PLACES = {
    "instance": "instance",
    "keyId": "message",
    "stanzaId": "quoted",
    "selectedButtonId": "button",
    "selectedId": "button",
}
PHONES = {"remoteJid", "remoteJidAlt", "participant", "participantAlt", "sender"}


def _filled(value: Any, values: dict[str, str], inside: str = "") -> Any:
    if isinstance(value, list):
        return [_filled(item, values, inside) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _part(name, item, values, inside) for name, item in value.items()}


def _part(name: str, item: Any, values: dict[str, str], inside: str) -> Any:
    if name in PLACES:
        return values[PLACES[name]]
    if name == "messageTimestamp":
        return int(timezone.now().timestamp())
    if name == "id" and inside == "key":
        return values["message"]
    if name in PHONES and isinstance(item, str) and not item.endswith("@g.us"):
        return values["lid" if item.endswith("@lid") else "phone"]
    if name == "paramsJson":
        return re.sub(r'(?<="id":")[^"]*', values["button"], item)
    if name == "reactionMessage":
        return item | {"key": {"id": values["quoted"]}}
    return _filled(item, values, name)


def requests(theirs: Marks) -> Iterator[tuple[str, Combination, dict[str, Any], str]]:
    """Yield (name, combination, body, secret) for each body and combination."""
    for name, body in bodies().items():
        for combination in COMBINATIONS:
            parts = {
                part: {"ours": OURS, "theirs": theirs, "new": NEW, "wrong": NEW}[whose]
                for part, whose in combination.items()
            }
            secret = WRONG_SECRET if combination["secret"] == "wrong" else parts["secret"].name
            yield name, combination, filled(name, body, parts), secret
