"""What a WhatsApp message says: its text, the button it answers, what it quotes.

`message` is Baileys' content object as Evolution API forwards it (`data.message` of a webhook,
`message` of a stored record). Nothing here raises: unreadable content is a message without text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from whatsapp.evolution.wire import mapping, text

WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "deviceSentMessage",
    "editedMessage",
)
MAX_WRAPPERS = 5
BOOKKEEPING = frozenset({"messageContextInfo", "senderKeyDistributionMessage"})

MEDIA = {
    "imageMessage": "image",
    "videoMessage": "video",
    "ptvMessage": "video",
    "audioMessage": "audio",
    "documentMessage": "document",
    "stickerMessage": "sticker",
    "locationMessage": "location",
    "liveLocationMessage": "location",
    "contactMessage": "contact",
    "contactsArrayMessage": "contact",
}


@dataclass(frozen=True, slots=True)
class Content:
    """One message's meaning.

    `reaction` is an emoji, "" when the reaction was taken back, None for any other message;
    `text` is the words, a caption, or what the tapped button showed.
    """

    text: str | None
    button_id: str | None
    quoted_id: str | None
    reaction: str | None
    reaction_to: str | None
    media: str | None
    message_type: str


def read_content(data: Mapping[str, Any]) -> Content:
    """Read `message`, `contextInfo` and `messageType` of one message object."""
    inner = unwrap(data.get("message"))
    reaction, reaction_to = _reaction(inner)
    named = text(data.get("messageType"))
    return Content(
        text=text_of(inner),
        button_id=_button_id(inner),
        quoted_id=_quoted_id(data, inner),
        reaction=reaction,
        reaction_to=reaction_to,
        media=_media(inner, named),
        message_type=named or _first_kind(inner),
    )


def unwrap(message: object) -> Mapping[str, Any]:
    """Return the content inside up to five wrappers (disappearing, view once, edited...)."""
    node = mapping(message)
    for _ in range(MAX_WRAPPERS):
        inside = [node[name] for name in WRAPPERS if name in node]
        if not inside:
            break
        node = mapping(mapping(inside[0]).get("message"))
    return node


def has_content(message: object) -> bool:
    """False for what could not be decrypted yet: there is nothing in it but bookkeeping."""
    return bool(unwrap(message).keys() - BOOKKEEPING)


def text_of(inner: Mapping[str, Any]) -> str | None:
    """Return the words of an unwrapped content object."""
    return next((found for path in TEXT_PATHS if (found := text(_at(inner, path)))), None)


TEXT_PATHS = (
    ("conversation",),
    ("extendedTextMessage", "text"),
    ("buttonsResponseMessage", "selectedDisplayText"),
    ("templateButtonReplyMessage", "selectedDisplayText"),
    ("listResponseMessage", "title"),
    ("interactiveResponseMessage", "body", "text"),
    ("interactiveMessage", "body", "text"),
    ("imageMessage", "caption"),
    ("videoMessage", "caption"),
    ("documentMessage", "caption"),
)


def _at(node: Mapping[str, Any], path: tuple[str, ...]) -> object:
    *parents, last = path
    for name in parents:
        node = mapping(node.get(name))
    return node.get(last)


def _button_id(inner: Mapping[str, Any]) -> str | None:
    return next((found for read in BUTTON_READERS if (found := read(inner))), None)


def _native_flow_id(inner: Mapping[str, Any]) -> str | None:
    raw = _at(inner, ("interactiveResponseMessage", "nativeFlowResponseMessage", "paramsJson"))
    try:
        answer = json.loads(raw) if isinstance(raw, str) else None
    except (ValueError, RecursionError):
        return None
    return text(mapping(answer).get("id"))


def _reads(*path: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda inner: text(_at(inner, path))


# Which of them a tap yields depends on the phone; the order is the contract's (3.6).
BUTTON_READERS: tuple[Callable[[Mapping[str, Any]], str | None], ...] = (
    _reads("buttonsResponseMessage", "selectedButtonId"),
    _reads("templateButtonReplyMessage", "selectedId"),
    _reads("templateButtonReplyMessage", "selectedID"),
    _reads("listResponseMessage", "singleSelectReply", "selectedRowId"),
    _native_flow_id,
)


def _quoted_id(data: Mapping[str, Any], inner: Mapping[str, Any]) -> str | None:
    """The flattened text keeps its context beside the message, everything else also inside."""
    contexts = [
        data.get("contextInfo"),
        *(mapping(node).get("contextInfo") for node in inner.values()),
    ]
    return next((found for c in contexts if (found := text(mapping(c).get("stanzaId")))), None)


def _reaction(inner: Mapping[str, Any]) -> tuple[str | None, str | None]:
    node = inner.get("reactionMessage")
    if not isinstance(node, dict):
        return None, None
    emoji = node.get("text", "")
    return emoji if isinstance(emoji, str) else None, text(mapping(node.get("key")).get("id"))


def _media(inner: Mapping[str, Any], named: str | None) -> str | None:
    kinds = (*inner, named or "")
    return next((MEDIA[kind] for kind in kinds if kind in MEDIA), None)


def _first_kind(inner: Mapping[str, Any]) -> str:
    return next((kind for kind in inner if kind not in BOOKKEEPING), "unknown")
