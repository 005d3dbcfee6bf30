"""The pages work as plain HTML: forms in, pages out."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import pytest

from whatsapp.tests.simulator.conftest import CLIENT, NAME, SALON, create, state_of
from whatsapp.tests.simulator.support import wait_for

SEND = f"/message/sendText/{NAME}"


def page(call, path):
    status, text = call.get(path, headers={"Accept": "text/html"})
    return status, unescape(text)


def submit(call, path, **fields):
    """Post a form. Returns status, and the page or where it leads."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, text = call("POST", path, raw=urlencode(fields).encode(), headers=headers)
    return status, call.last_headers.get("Location") or unescape(text)


def chat(call, phone, other):
    return call.get(f"/simulator/phones/{phone}/chats/{other}")[1]["messages"]


def arrive(call, text):
    """Send a text to the client; return its id once the phone has it."""
    key_id = call.post(SEND, {"number": CLIENT, "text": text})[1]["key"]["id"]
    wait_for(lambda: chat(call, CLIENT, SALON)[-1]["status"] != "PENDING", "delivery")
    return key_id


def test_every_page_says_that_it_is_a_simulator(salon):
    for path in ("/celulares/", f"/celulares/{CLIENT}/"):
        status, text = page(salon, path)
        assert status == 200
        assert "Nada daqui chega a um telefone" in text
        assert 'lang="pt-BR"' in text
        assert len(re.findall("<h1>", text)) == 1


def test_no_page_has_inline_script_or_style_and_the_policy_forbids_them(salon):
    arrive(salon, "Olá")
    _, text = page(salon, f"/celulares/{CLIENT}/")
    policy = salon.last_headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
    assert "<style" not in text
    assert re.findall(r"<script(?! src=)", text) == []
    assert re.findall(r" (?:style|on\w+)=", text) == []


def test_every_field_has_a_label(salon):
    arrive(salon, "Olá")
    _, text = page(salon, f"/celulares/{CLIENT}/")
    fields = re.findall(r'<input class="form-control" id="(\w+)"', text)
    assert len(fields) == 7
    assert all(f'<label for="{field}"' in text for field in fields)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["phone.css", "phone.js", "icons.svg", "favicon.svg"])
def test_the_pages_bring_their_own_files(call, name):
    assert call.get(f"/simulator/static/{name}")[0] == 200


@pytest.mark.parametrize("name", ["..%2Fserver.py", "nope.css", "../server.py", ""])
def test_nothing_else_is_handed_out(call, name):
    assert call.get(f"/simulator/static/{name}")[0] == 404


def test_a_phone_is_made_by_form_and_a_bad_number_comes_back_as_typed(call):
    status, text = submit(call, "/celulares/", number="12", name="Ana & Bia")
    assert status == 400
    assert "Escreva o número com DDD" in text
    assert 'value="12"' in text
    assert "Ana & Bia" in text
    answer = submit(call, "/celulares/", number="(31) 98888-0001", name="Ana")
    assert answer == (303, "/celulares/5531988880001/")
    assert "Ana" in page(call, "/celulares/")[1]


def test_a_waiting_code_is_offered_and_scanned(call, receiver):
    create(call, receiver)
    call.get(f"/instance/connect/{NAME}")
    receiver.wait("qrcode.updated")
    submit(call, "/celulares/", number=SALON, name="Salão")
    assert f"Ler o código de {NAME}" in page(call, f"/celulares/{SALON}/")[1]
    status, where = submit(call, f"/celulares/{SALON}/ler", instance=NAME)
    assert (status, where) == (303, f"/celulares/{SALON}/?aviso=C%C3%B3digo+de+{NAME}+lido.")
    wait_for(lambda: state_of(call) == "open", "open")
    assert "Desconectar aparelho" in page(call, f"/celulares/{SALON}/")[1]


def test_a_code_can_be_pasted_and_a_wrong_one_is_explained(call, receiver):
    create(call, receiver)
    call.get(f"/instance/connect/{NAME}")
    code = receiver.wait("qrcode.updated")[0]["data"]["qrcode"]["code"]
    submit(call, "/celulares/", number=SALON)
    status, text = submit(call, f"/celulares/{SALON}/ler", code="2@errado")
    assert (status, "não é um código" in text, 'value="2@errado"' in text) == (404, True, True)
    assert submit(call, f"/celulares/{SALON}/ler", code=code)[0] == 303


def test_an_answer_is_typed_and_sent(salon):
    arrive(salon, "Confirma? *Terça*")
    _, text = page(salon, f"/celulares/{CLIENT}/")
    assert "Confirma? <b>Terça</b>" in text
    status, where = submit(salon, f"/celulares/{CLIENT}/mensagem", to=SALON, text="1")
    assert (status, where) == (303, f"/celulares/{CLIENT}/?conversa={SALON}")
    assert [m["text"] for m in chat(salon, CLIENT, SALON)] == ["Confirma? *Terça*", "1"]


def test_what_people_write_is_never_markup(salon):
    arrive(salon, "<b>x</b> *<i>y</i>*")
    text = salon.get(f"/celulares/{CLIENT}/", headers={"Accept": "text/html"})[1]
    assert "&lt;b&gt;x&lt;/b&gt; <b>&lt;i&gt;y&lt;/i&gt;</b>" in text


def test_a_button_answer_a_quote_and_a_reaction_are_posted_by_form(salon):
    key_id = arrive(salon, "Confirma?")
    _, text = page(salon, f"/celulares/{CLIENT}/?conversa={SALON}&citar={key_id}")
    assert "Citando" in text
    submit(salon, f"/celulares/{CLIENT}/botao", to=SALON, button_id="confirm_7", label="Sim")
    submit(salon, f"/celulares/{CLIENT}/mensagem", to=SALON, text="sim", quote=key_id)
    submit(salon, f"/celulares/{CLIENT}/reacao", to=SALON, key_id=key_id, emoji="👍")
    rows = chat(salon, CLIENT, SALON)[1:]
    assert [(m["kind"], m["text"], m["button_id"], m["quote"]) for m in rows] == [
        ("button_reply", "Sim", "confirm_7", None),
        ("text", "sim", None, key_id),
        ("reaction", "👍", None, key_id),
    ]
    assert "Reagiu com 👍" in page(salon, f"/celulares/{CLIENT}/")[1]


def test_an_empty_message_is_refused_and_the_page_keeps_the_chat(salon):
    arrive(salon, "Confirma?")
    status, text = submit(salon, f"/celulares/{CLIENT}/mensagem", to=SALON, text=" ")
    assert (status, "Escreva uma mensagem." in text, "Confirma?" in text) == (400, True, True)


def test_a_device_is_disconnected_by_form(salon, receiver):
    status, _ = submit(salon, f"/celulares/{SALON}/desconectar", instance=NAME)
    assert status == 303
    receiver.wait("logout.instance")


def test_switches_are_saved(salon):
    submit(salon, f"/celulares/{CLIENT}/ajustes", offline="1", hides_number="1")
    phone = salon.get(f"/simulator/phones/{CLIENT}")[1]
    names = ("online", "receipts", "on_whatsapp", "hides_number", "shows_buttons")
    assert [phone[name] for name in names] == [False, False, True, True, False]


def test_buttons_are_shown_only_on_a_phone_that_shows_them(salon):
    button = {"type": "reply", "displayText": "Confirmo", "id": "confirm_1"}
    body = {"number": CLIENT, "title": "T", "description": "D", "buttons": [button]}
    salon.post(f"/message/sendButtons/{NAME}", body)
    wait_for(lambda: chat(salon, CLIENT, SALON)[0]["status"] == "DELIVERY_ACK", "delivery")
    assert "que o WhatsApp não mostra" in page(salon, f"/celulares/{CLIENT}/")[1]
    submit(salon, f"/celulares/{CLIENT}/ajustes", shows_buttons="1", receipts="1")
    assert 'value="confirm_1"' in page(salon, f"/celulares/{CLIENT}/")[1]
    quote = chat(salon, CLIENT, SALON)[0]["key_id"]
    submit(salon, f"/celulares/{CLIENT}/botao", to=SALON, button_id="confirm_1", quote=quote)
    assert chat(salon, CLIENT, SALON)[1]["text"] == "Confirmo"


@pytest.mark.parametrize(("origin", "status"), [("https://evil.example", 403), (None, 303)])
def test_a_form_from_another_site_is_refused(salon, origin, status):
    headers = {"Origin": origin or salon.url}
    raw = urlencode({"to": SALON, "text": "oi"}).encode()
    seen, _ = salon("POST", f"/celulares/{CLIENT}/mensagem", raw=raw, headers=headers)
    assert seen == status
    assert len(chat(salon, CLIENT, SALON)) == (status == 303)


def test_the_script_api_is_closed_to_pages_of_other_sites(salon):
    raw, headers = b'{"down": true}', {"Origin": "https://evil.example"}
    assert salon("POST", "/simulator/faults", raw=raw, headers=headers)[0] == 403
    assert salon.get("/")[0] == 200


@pytest.mark.parametrize("path", ["/celulares/551199/", "/celulares/x/mensagem"])
def test_a_phone_that_does_not_exist_is_explained(call, path):
    assert page(call, path)[0] == 404
