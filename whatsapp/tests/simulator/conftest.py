from __future__ import annotations

import pytest

from whatsapp.simulator import Simulator, instances, phones
from whatsapp.tests.simulator.support import Caller, Receiver, wait_for

SALON = "5531988880001"
CLIENT = "5531977770002"
NAME = "company_1_whatsapp"


@pytest.fixture
def receiver():
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


@pytest.fixture
def make_simulator():
    """Start simulators that stop with the test."""
    started = []

    def make(**settings):
        simulator = Simulator(**{"speed": 200, "qr_seconds": 30} | settings)
        simulator.start()
        started.append(simulator)
        return simulator

    yield make
    for simulator in started:
        simulator.stop()


@pytest.fixture
def simulator(make_simulator):
    return make_simulator()


@pytest.fixture
def call(simulator):
    return Caller(simulator.url)


def create(call, receiver, name=NAME, **webhook):
    """Create an instance with a webhook for every event, without opening it."""
    body = {"instanceName": name, "integration": "WHATSAPP-BAILEYS", "qrcode": False}
    hook = {"url": f"{receiver.url}/hook", "events": []} | webhook
    status, created = call.post("/instance/create", body | {"webhook": hook})
    assert status == 201
    return created


def state_of(call, name=NAME):
    return call.get(f"/instance/connectionState/{name}")[1]["instance"].get("state")


def pair(call, name=NAME, number=SALON, phone_name="Salão Flor de Ipê"):
    """Connect an instance and link a phone to it, until it is open."""
    call.get(f"/instance/connect/{name}")
    call.post("/simulator/phones", {"number": number, "name": phone_name})
    wait_for(
        lambda: call.post(f"/simulator/phones/{number}/scan", {"instance": name})[0] == 200,
        "a scan",
    )
    wait_for(lambda: state_of(call, name) == "open", "open")


@pytest.fixture
def salon(simulator, call, receiver):
    """An open instance, linked without the detour of a code, and a client's phone."""
    core = simulator.core
    create(call, receiver)
    with core.world.lock:
        phone = phones.register(core, SALON, "Salão Flor de Ipê")
        instances.link(core, core.world.instances[NAME], phone)
        phones.register(core, CLIENT, "Camila Prates")
    wait_for(lambda: state_of(call) == "open", "open")
    return call
