"""The pages: a list of phones at /celulares/, and one page per phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from whatsapp.simulator import phones
from whatsapp.simulator.core import Core
from whatsapp.simulator.errors import Refused
from whatsapp.simulator.pages import Shown, page
from whatsapp.simulator.state import Phone
from whatsapp.simulator.web import Request, Response, Routes

routes = Routes()
_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def handle(core: Core, request: Request) -> Response:
    """Answer a browser. A refused form comes back with the sentence and what was typed."""
    with core.world.lock:
        found = routes.call(core, request)
    return found or _html("Página não encontrada.", 404)


def static(request: Request) -> Response:
    name = request.path.rsplit("/", 1)[-1]
    path = _STATIC / name
    if path.suffix not in _TYPES or not path.is_file():
        return _html("Arquivo não encontrado.", 404)
    headers = {"Cache-Control": "no-cache"}
    return Response(200, path.read_bytes(), f"{_TYPES[path.suffix]}; charset=utf-8", headers)


def _html(text: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(status, text.encode(), "text/html; charset=utf-8", headers)


def _see(path: str, **query: str) -> Response:
    """Redirect after a form, so that a reload does not post it again."""
    asked = {name: value for name, value in query.items() if value}
    target = path + (f"?{urlencode(asked)}" if asked else "")
    return Response(303, b"", headers={"Location": target})


@routes.add("GET", "/")
def home(core: Core, request: Request) -> Response:
    return _see("/celulares/")


@routes.add("GET", "/celulares")
def list_phones(core: Core, request: Request) -> Response:
    return _html(page(core, Shown(notice=request.query.get("aviso", ""))))


@routes.add("POST", "/celulares")
def add_phone(core: Core, request: Request) -> Response:
    typed = request.form()
    try:
        phone = phones.register(core, typed.get("number", ""), typed.get("name", ""))
    except Refused as error:
        return _html(page(core, Shown(error=error.sentence, typed=typed)), error.status)
    return _see(f"/celulares/{phone.number}/")


@routes.add("GET", "/celulares/{number}")
def show_phone(core: Core, request: Request, number: str) -> Response:
    """Show a phone; an open chat is read, as it is on a real one."""
    try:
        phone = phones.get(core, number)
    except Refused as error:
        return _html(page(core, Shown(error=error.sentence)), error.status)
    shown = _shown(core, phone, request.query)
    if shown.other is not None:
        phones.read(core, phone, shown.other)
    return _html(page(core, shown))


def _shown(core: Core, phone: Phone, query: dict[str, str]) -> Shown:
    wanted = query.get("conversa", "")
    rows = phones.chats(core, phone)
    if not wanted and rows:
        wanted = rows[0]["number"]
    other = core.world.phone(wanted) if wanted else None
    return Shown(
        phone=phone,
        other=other if other is not phone else None,
        quoted=core.world.messages.get(query.get("citar", "")),
        notice=query.get("aviso", ""),
    )


Act = Callable[[Core, Phone, dict[str, str]], Response]


def _post(action: str) -> Callable[[Act], Act]:
    """Register a form of a phone's page; a refusal shows that page again."""

    def register(act: Act) -> Act:
        @routes.add("POST", f"/celulares/{{number}}/{action}")
        def run(core: Core, request: Request, number: str) -> Response:
            typed = request.form()
            phone = None
            try:
                phone = phones.get(core, number)
                return act(core, phone, typed)
            except Refused as error:
                return _refused(core, phone, typed, error)

        return act

    return register


def _refused(core: Core, phone: Phone | None, typed: dict[str, str], error: Refused) -> Response:
    other = core.world.phone(typed.get("to", "")) if phone else None
    shown = Shown(
        phone=phone,
        other=other if other is not phone else None,
        quoted=core.world.messages.get(typed.get("quote", "")),
        error=error.sentence,
        typed=typed,
    )
    return _html(page(core, shown), error.status)


def _to_chat(phone: Phone, core: Core, typed: dict[str, str]) -> Response:
    other = phones.get(core, typed.get("to", ""))
    return _see(f"/celulares/{phone.number}/", conversa=other.number)


@_post("mensagem")
def say(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    to, text = typed.get("to", ""), typed.get("text", "")
    phones.say(core, phone, to, text, quote=typed.get("quote"))
    return _to_chat(phone, core, typed)


@_post("botao")
def tap(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    to, button_id = typed.get("to", ""), typed.get("button_id", "")
    label = typed.get("label") or _label(core, typed.get("quote", ""), button_id)
    phones.tap(core, phone, to, button_id, text=label, quote=typed.get("quote"))
    return _to_chat(phone, core, typed)


def _label(core: Core, quoted: str, button_id: str) -> str:
    """Return the words of a button of a message, empty when there is no such button."""
    message = core.world.messages.get(quoted)
    buttons = message.buttons if message else []
    return next((b.get("displayText", "") for b in buttons if b.get("id") == button_id), "")


@_post("reacao")
def react(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    to, target = typed.get("to", ""), typed.get("key_id", "")
    phones.react(core, phone, to, target, typed.get("emoji", ""))
    return _to_chat(phone, core, typed)


@_post("ler")
def scan(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    code, name = typed.get("code", ""), typed.get("instance", "")
    found = phones.scan(core, phone, code=code, instance=name)
    return _see(f"/celulares/{phone.number}/", aviso=f"Código de {found.name} lido.")


@_post("parear")
def pair(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    found = phones.pair(core, phone, typed.get("pairing", ""))
    return _see(f"/celulares/{phone.number}/", aviso=f"Conectado a {found.name}.")


@_post("desconectar")
def unlink(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    found = phones.unlink(core, phone, typed.get("instance", ""))
    return _see(f"/celulares/{phone.number}/", aviso=f"{found.name} foi desconectada.")


@_post("ajustes")
def change(core: Core, phone: Phone, typed: dict[str, str]) -> Response:
    named = {name: name in typed for name in ("receipts", "hides_number", "shows_buttons")}
    now = {"online": "offline" not in typed, "on_whatsapp": "no_whatsapp" not in typed}
    changed = {name: on for name, on in now.items() if on != getattr(phone, name)}
    phones.change(core, phone, named | changed)
    return _see(f"/celulares/{phone.number}/", aviso="Ajustes salvos.")
