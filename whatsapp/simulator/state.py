"""What the simulator remembers: instances, phones, messages. One JSON file."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from whatsapp.simulator import codes, numbers

Json = dict[str, Any]


@dataclass
class Phone:
    """A WhatsApp user. `number` is digits with country code, as it was typed."""

    number: str
    name: str = ""
    jid: str = ""
    lid: str = ""
    online: bool = True
    receipts: bool = True  # tells when a message was read
    on_whatsapp: bool = True
    hides_number: bool = False  # its messages come from an @lid
    shows_buttons: bool = False  # phones do not render the buttons of 2.3.x

    def __post_init__(self) -> None:
        self.jid = self.jid or numbers.create_jid(self.number)
        self.lid = self.lid or numbers.lid_of(self.number)

    @property
    def title(self) -> str:
        return self.name or numbers.pretty(self.number)


@dataclass
class ChatMessage:
    """One message between two numbers; both phones show the same row.

    `kind` is text, buttons, button_reply or reaction; `status` is PENDING, DELIVERY_ACK or
    READ; `instance` is the one that sent it by API, else None.
    """

    id: str
    sender: str
    recipient: str
    text: str
    at: float
    kind: str = "text"
    status: str = "PENDING"
    instance: str | None = None
    quote: str | None = None
    button_id: str | None = None
    buttons: list[Json] = field(default_factory=list)


@dataclass
class Webhook:
    url: str
    events: list[str]
    enabled: bool = True
    headers: Json | None = None
    by_events: bool = False
    base64: bool = False
    id: str = field(default_factory=codes.row_id)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)


@dataclass
class Live:
    """What the real server keeps in memory only and loses with its process."""

    loaded: bool = True
    state: str = "close"
    socket: int = 0  # counts sockets: a step of an older one does nothing
    qr_count: int = 0
    qr_code: str | None = None
    qr_expires_at: float = 0.0
    pairing_code: str | None = None
    pairing_number: str | None = None
    past_codes: list[str] = field(default_factory=list)
    wuid: str | None = None
    inbound_dead: bool = False
    removing: bool = False


@dataclass
class Instance:
    """A row of the real server's database, and its live side.

    `phone` is the number that is linked, None when unpaired; `db_status` is what
    fetchInstances shows; `records` are the rows of findMessages; `backlog` holds inbound
    events that wait until the connection is open again.
    """

    name: str
    integration: str
    token: str
    settings: Json
    number: str | None = None
    webhook: Webhook | None = None
    id: str = ""
    setting_id: str = field(default_factory=codes.row_id)
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    db_status: str = "close"
    phone: str | None = None
    owner_jid: str | None = None
    profile_name: str | None = None
    disconnection_code: int | None = None
    disconnection_object: str | None = None
    disconnected_at: float | None = None
    records: list[Json] = field(default_factory=list)
    contacts: dict[str, str] = field(default_factory=dict)
    backlog: list[list[Any]] = field(default_factory=list)
    live: Live = field(default_factory=Live)

    def record(self, key_id: str) -> Json | None:
        """Return the stored message with this WhatsApp id, or None."""
        return next((row for row in self.records if row["key"]["id"] == key_id), None)


class World:
    """Everything, behind one lock. `touch` marks it for saving."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.instances: dict[str, Instance] = {}
        self.phones: dict[str, Phone] = {}  # by numbers.person_key
        self.messages: dict[str, ChatMessage] = {}  # by id, oldest first
        self.known_jids: dict[str, str] = {}  # Evolution's 7-day cache: person_key -> JID
        self._path = path
        self._dirty = False
        if path is not None and path.exists():
            self._load(json.loads(path.read_text(encoding="utf-8")))

    def touch(self) -> None:
        self._dirty = True

    def save(self) -> None:
        """Write the file, whole or not at all, if something changed."""
        with self.lock:
            if self._path is None or not self._dirty:
                return
            self._dirty = False
            text = json.dumps(self._dump(), ensure_ascii=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=self._path.parent, delete=False
        ) as file:
            file.write(text)
        Path(file.name).replace(self._path)

    def _dump(self) -> Json:
        return {
            "instances": [_without_live(instance) for instance in self.instances.values()],
            "phones": [asdict(phone) for phone in self.phones.values()],
            "messages": [asdict(message) for message in self.messages.values()],
            "known_jids": self.known_jids,
        }

    def _load(self, saved: Json) -> None:
        for row in saved["instances"]:
            webhook = row.pop("webhook")
            instance = Instance(**row, webhook=Webhook(**webhook) if webhook else None)
            instance.live = Live(loaded=False)
            self.instances[instance.name] = instance
        self.phones = {numbers.person_key(row["number"]): Phone(**row) for row in saved["phones"]}
        self.messages = {row["id"]: ChatMessage(**row) for row in saved["messages"]}
        self.known_jids = saved["known_jids"]

    def phone(self, number: str) -> Phone | None:
        """Return the phone of a number, however it is written, or None."""
        return self.phones.get(numbers.person_key(numbers.with_country(number)))

    def chat(self, one: Phone, other: Phone) -> list[ChatMessage]:
        """Return what two phones said to each other, oldest first."""
        pair = {one.number, other.number}
        return [m for m in self.messages.values() if {m.sender, m.recipient} == pair]

    def linked_to(self, phone: Phone) -> list[Instance]:
        return [i for i in self.instances.values() if i.phone == phone.number]


def _without_live(instance: Instance) -> Json:
    row = asdict(instance)
    del row["live"]
    return row
