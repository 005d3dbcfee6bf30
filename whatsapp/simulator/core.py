"""The parts of one simulator, as its verbs use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from whatsapp.simulator import payloads
from whatsapp.simulator.clock import Clock
from whatsapp.simulator.config import Config
from whatsapp.simulator.state import Instance, Json, World
from whatsapp.simulator.webhooks import Webhooks


@dataclass
class Faults:
    """How the server misbehaves at the moment.

    `down`: Evolution routes close the connection without an answer. `hang_send`: real seconds
    that a send hangs; nothing is sent when the caller has gone by then, unless
    `hang_delivers`. `send_status`, `send_body`: the answer of every send, nothing is sent.
    `send_then_drop`: sent, then the connection is cut. `webhooks`: "off" loses every event.
    `times`: how many sends misbehave; None means all.
    """

    down: bool = False
    hang_send: float = 0.0
    hang_delivers: bool = False
    send_status: int | None = None
    send_body: Any = None
    send_then_drop: bool = False
    webhooks: str = "on"
    times: int | None = None


@dataclass
class Core:
    config: Config
    world: World
    clock: Clock
    webhooks: Webhooks
    faults: Faults = field(default_factory=Faults)
    server_url: str = ""
    close_port: Callable[[float], None] = lambda seconds: None

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run an action under the lock after `seconds` of the real server's time."""
        self.clock.after(self.config.real(seconds), lambda: self.locked(action))

    def locked(self, action: Callable[[], None]) -> None:
        with self.world.lock:
            action()
            self.world.touch()

    def emit(
        self, instance: Instance, event: str, data: Any, *, done: Callable[[], None] | None = None
    ) -> None:
        """Post an event to the instance's webhook, if it asked for it; else just call `done`."""
        hook = instance.webhook
        if hook is None or not self._wanted(instance, event):
            if done is not None:
                done()
            return
        body = payloads.envelope(instance, event, data, server_url=self.server_url)
        self.webhooks.post(hook, body, off=self.faults.webhooks == "off", done=done)

    def _wanted(self, instance: Instance, event: str) -> bool:
        hook = instance.webhook
        name = event.upper().replace(".", "_").replace("-", "_")
        if hook is None or not hook.enabled or name not in hook.events:
            return False
        return hook.url.startswith(("http://", "https://"))

    def receives(self, instance: Instance) -> bool:
        """Whether WhatsApp reaches this instance now; else events wait in its backlog."""
        return instance.live.state == "open" and not self.faults.down

    def emit_or_keep(self, instance: Instance, event: str, data: Json) -> None:
        """Emit what came from WhatsApp, now or when the connection is open again."""
        if self.receives(instance):
            self.emit(instance, event, data)
        else:
            instance.backlog.append([event, data])

    def flush(self, instance: Instance) -> None:
        backlog, instance.backlog = instance.backlog, []
        for event, data in backlog:
            self.emit(instance, event, data)
