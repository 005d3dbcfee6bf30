"""The life of an instance: create, connect, scan, lose, remove."""

from __future__ import annotations

import time
import uuid
from functools import partial

from whatsapp.simulator import codes, config, payloads
from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import ApiError
from whatsapp.simulator.numbers import USER_SUFFIX
from whatsapp.simulator.state import Instance, Json, Live, Phone, Webhook

INTEGRATIONS = ("WHATSAPP-BAILEYS", "WHATSAPP-BUSINESS", "EVOLUTION")
UNDEFINED_LENGTH = "Cannot read properties of undefined (reading 'length')"
_NO_NAME = (
    "\nInvalid `this.prismaRepository.setting.upsert()` invocation\n"
    "Foreign key constraint violated on the constraint: `Setting_instanceId_fkey`"
)
FAILED: Json = {"error": True, "message": "[object Object]"}


def create(core: Core, body: Json) -> Json:
    """Make an instance. With `qrcode` the caller waits as on the real server."""
    if body.get("integration") not in INTEGRATIONS:
        raise ApiError(400, ["Invalid integration"])
    if not body.get("instanceName"):
        raise ApiError(400, [_NO_NAME])
    asked = body.get("webhook") or {}
    if asked.get("url") and not isinstance(asked.get("events"), list):
        raise ApiError(400, [UNDEFINED_LENGTH])
    with core.world.lock:
        require_free(core, body["instanceName"])
        instance = _new(body)
        core.world.instances[instance.name] = instance
        core.world.touch()
        if asked.get("url"):
            set_webhook(instance, asked | {"enabled": True})
        core.emit(instance, "instance.create", payloads.identity(instance))
        if not body.get("qrcode") or instance.integration != "WHATSAPP-BAILEYS":
            return payloads.created(instance, asked if asked.get("url") else {})
        _open_socket(core, instance, instance.number)
    time.sleep(core.config.real(config.CREATE_WAIT_S))
    with core.world.lock:
        answer = payloads.created(instance, asked if asked.get("url") else {})
        return answer | {"qrcode": payloads.qr(instance)}


def require_free(core: Core, name: object) -> None:
    if isinstance(name, str) and name in core.world.instances:
        raise ApiError(403, [f'This name "{name}" is already in use.'])


def _new(body: Json) -> Instance:
    settings = {key: body.get(key, value) for key, value in payloads.DEFAULT_SETTINGS.items()}
    instance = Instance(
        name=body["instanceName"],
        integration=body["integration"],
        token=body.get("token") or codes.token(),
        settings=settings,
        number=body.get("number"),
        id=str(uuid.uuid4()),
    )
    if instance.integration != "WHATSAPP-BAILEYS":
        instance.live.state = instance.db_status = "open"
    return instance


def set_webhook(instance: Instance, asked: Json) -> None:
    """Create or change the webhook; what is not named stays as it was."""
    if asked["enabled"] and not isinstance(asked.get("events"), list):
        raise ApiError(500, UNDEFINED_LENGTH)
    events = (asked["events"] or payloads.EVENTS) if asked["enabled"] else []
    hook = instance.webhook or Webhook(url="", events=[])
    hook.url, hook.enabled, hook.events = asked["url"], asked["enabled"], list(events)
    hook.headers = asked.get("headers", hook.headers)
    hook.by_events = asked.get("byEvents", hook.by_events)
    hook.base64 = asked.get("base64", hook.base64)
    hook.updated_at = time.time()
    instance.webhook = hook


def connect(core: Core, instance: Instance, number: str | None) -> Json:
    """Answer the state when open, the QR object otherwise; opens a socket in state close."""
    with core.world.lock:
        if not instance.live.loaded:
            return FAILED
        if instance.live.state == "open":
            return payloads.state(instance)
        if instance.live.state == "connecting":
            return payloads.qr(instance)
        _open_socket(core, instance, number)
    time.sleep(core.config.real(config.CONNECT_WAIT_S))
    with core.world.lock:
        return payloads.qr(instance)


def restart(core: Core, instance: Instance) -> Json:
    with core.world.lock:
        if not instance.live.loaded or instance.live.state == "close":
            return FAILED
        if instance.live.state == "connecting":
            return payloads.qr(instance)
        answer = payloads.state(instance)
        if instance.phone is not None:
            _open_socket(core, instance, None)
        return answer


def logout(core: Core, instance: Instance) -> None:
    """Unpair by API."""
    with core.world.lock:
        if instance.live.state == "close":
            raise ApiError(400, [f'The "{instance.name}" instance is not connected'])
        _logout(core, instance)


def _logout(core: Core, instance: Instance) -> None:
    instance.live.inbound_dead = core.config.inbound_dies_on_logout
    close_for_good(core, instance)


def delete(core: Core, instance: Instance) -> None:
    """Unpair and remove. The name stays taken until remove.instance was delivered."""
    with core.world.lock:
        if instance.live.removing:
            return
        if instance.live.state in {"open", "connecting"}:
            _logout(core, instance)
        core.emit(instance, "instance.delete", payloads.identity(instance))
        instance.live.removing = True
        core.emit(instance, "remove.instance", None, done=lambda: _remove(core, instance))
        core.world.touch()


def _remove(core: Core, instance: Instance) -> None:
    def remove() -> None:
        instance.live.socket += 1
        core.world.instances.pop(instance.name, None)

    core.locked(remove)


def boot(core: Core) -> None:
    """Load every stored instance, some time after the process started.

    2.3.6 connects unpaired ones too, and floods qrcode.updated; 2.3.7 only those whose row
    says open or connecting.
    """
    with core.world.lock:
        for instance in core.world.instances.values():
            core.later(config.BOOT_S, partial(_load, core, instance))


def _load(core: Core, instance: Instance) -> None:
    instance.live = Live(loaded=True)
    if instance.integration != "WHATSAPP-BAILEYS":
        instance.live.state = instance.db_status
    elif core.config.release < (2, 3, 7) or instance.db_status in {"open", "connecting"}:
        _open_socket(core, instance, instance.number)


def _open_socket(core: Core, instance: Instance, number: str | None) -> None:
    """Start a connection: straight to open with a linked phone, else to a QR code."""
    live = instance.live
    live.socket += 1
    socket = live.socket
    live.state, live.pairing_number = "connecting", number
    instance.updated_at = time.time()
    core.emit(instance, "connection.update", payloads.connection(instance, "connecting", 200))
    if instance.phone is not None:
        core.later(config.HANDSHAKE_S, lambda: _open(core, instance, socket))
    else:
        core.later(config.QR_READY_S, lambda: _next_qr(core, instance, socket))


def _next_qr(core: Core, instance: Instance, socket: int) -> None:
    live = instance.live
    if live.socket != socket:
        return
    if live.qr_count >= core.config.qr_limit:
        _stop_at_limit(core, instance)
        return
    live.qr_count += 1
    if live.qr_code is not None:
        live.past_codes = [*live.past_codes[-40:], live.qr_code]
    code = codes.qr_text()
    codes.qr_image(code)
    if live.pairing_number:
        core.later(config.PAIRING_CODE_S, lambda: _show(core, instance, socket, code))
    else:
        _show(core, instance, socket, code)
    core.clock.after(
        core.config.qr_life, lambda: core.locked(lambda: _next_qr(core, instance, socket))
    )


def _show(core: Core, instance: Instance, socket: int, code: str) -> None:
    live = instance.live
    if live.socket != socket:
        return
    live.qr_code = code
    live.qr_expires_at = time.time() + core.config.qr_life
    live.pairing_code = codes.pairing_code() if live.pairing_number else None
    instance.db_status, instance.updated_at = "connecting", time.time()
    core.emit(instance, "qrcode.updated", payloads.qr_updated(instance))


def _stop_at_limit(core: Core, instance: Instance) -> None:
    """The row keeps saying `connecting`: that is how the real one is."""
    live = instance.live
    live.socket += 1
    live.state, live.qr_count, live.qr_expires_at = "close", 0, 0.0
    core.emit(instance, "qrcode.updated", payloads.qr_limit_reached())
    core.emit(instance, "connection.update", payloads.connection(instance, "refused", 428))


def link(core: Core, instance: Instance, phone: Phone) -> None:
    """A phone accepted the code: the 515 restart, then connecting, then open."""
    live = instance.live
    live.socket += 1
    socket = live.socket
    live.state, live.qr_expires_at = "close", 0.0
    instance.phone = phone.number

    def reconnect() -> None:
        if live.socket == socket:
            _open_socket(core, instance, live.pairing_number)

    core.later(config.SCAN_RESTART_S, reconnect)


def _open(core: Core, instance: Instance, socket: int) -> None:
    live = instance.live
    phone = core.world.phone(instance.phone or "")
    if live.socket != socket or phone is None:
        return
    live.state, instance.db_status = "open", "open"
    live.wuid = instance.owner_jid = f"{phone.jid.split('@')[0]}{USER_SUFFIX}"
    instance.profile_name, instance.updated_at = phone.title, time.time()
    core.emit(instance, "connection.update", payloads.connection(instance, "open", 200))
    if core.receives(instance):
        core.flush(instance)


def close_for_good(core: Core, instance: Instance) -> None:
    """Unpaired, by the phone or by API: three events, and the session is gone."""
    live = instance.live
    live.socket += 1
    live.state, live.qr_expires_at = "close", 0.0
    instance.phone, instance.db_status, instance.backlog = None, "close", []
    instance.disconnected_at = instance.updated_at = time.time()
    instance.disconnection_code = 401
    instance.disconnection_object = payloads.disconnection_object(instance.disconnected_at)
    core.emit(instance, "status.instance", payloads.closed(instance))
    core.emit(instance, "logout.instance", None)
    core.emit(instance, "connection.update", payloads.connection(instance, "close", 401))
    core.world.touch()


def waiting_code(instance: Instance) -> str | None:
    """Return the QR text that a phone could scan right now."""
    live = instance.live
    showing = live.state == "connecting" and instance.phone is None
    return live.qr_code if showing and live.qr_expires_at > time.time() else None
