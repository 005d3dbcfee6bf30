"""Webhooks posted by hand, with the secret that a company's instance really uses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from atendo.demo_data import DemoCompany
from atendo.story.actors import TIMEOUT

if TYPE_CHECKING:
    from atendo.story.steps import World

PATH = "/api/v1/whatsapp-webhook/webhook"


@dataclass
class Webhook:
    """An event of a kind that changes nothing, each time the same one."""

    site: str
    instance: str
    secret: str
    key_id: str

    @classmethod
    def of(cls, world: World, company: DemoCompany) -> Webhook:
        """Read the secret where Evolution API keeps it: in the webhook settings."""
        status = world.owners[company.slug].get("company/whatsapp-status").json()
        name = status["instance_name"]
        rows = world.phones.call("instances")["instances"]
        settings = next(row["webhook"] for row in rows if row["name"] == name)
        secret = settings["headers"]["Authorization"].removeprefix("Bearer ")
        return cls(world.site, name, secret, uuid.uuid4().hex.upper())

    def post(self, *, instance: str = "", secret: str | None = "same") -> requests.Response:  # noqa: S107
        body: dict[str, Any] = {
            "event": "messages.update",
            "instance": instance or self.instance,
            "data": {"keyId": self.key_id, "fromMe": True, "status": "READ"},
        }
        given = self.secret if secret == "same" else secret  # noqa: S105
        headers = {} if given is None else {"Authorization": f"Bearer {given}"}
        return requests.post(self.site + PATH, json=body, headers=headers, timeout=TIMEOUT)
