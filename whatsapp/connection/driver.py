"""Drives the server to what a person asked for, one short call after the other.

Each step may be repeated: a job that dies half-way is taken up again.  Order: create without a
code -> set the webhook -> connect, else the first code is lost (contract section 4).
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from whatsapp.connection import state
from whatsapp.evolution.answers import ConnectionState, QrCode
from whatsapp.evolution.client import EvolutionClient
from whatsapp.evolution.errors import (
    EvolutionError,
    InstanceNameTaken,
    InstanceNotFound,
    LicenseRequired,
    NotConnected,
    ServerUnreachable,
    TimedOut,
    Unauthorized,
    UnsupportedVersion,
)
from whatsapp.models import Instance, InstanceStatus, Problem, Wanted

logger = logging.getLogger("atendo.connection")

WEBHOOK_PATH = "/api/v1/whatsapp-webhook/webhook"
EVENTS = (
    "MESSAGES_UPSERT",
    "MESSAGES_UPDATE",
    "QRCODE_UPDATED",
    "CONNECTION_UPDATE",
    "SEND_MESSAGE",
)
# After this long without a webhook the page says that the server does not reach us.
WEBHOOK_SILENCE = timedelta(seconds=20)
LOST_IS_WATCHED = timedelta(days=1)
# Cleanup of a deleted instance goes on after its answer: the name is taken until then.
DELETE_TRIES = 20
DELETE_PAUSE = 0.5  # seconds

PROBLEMS: dict[type[EvolutionError], str] = {
    ServerUnreachable: Problem.SERVER_AWAY,
    TimedOut: Problem.SERVER_AWAY,
    UnsupportedVersion: Problem.SERVER_TOO_OLD,
    Unauthorized: Problem.SERVER_REFUSES,
    LicenseRequired: Problem.SERVER_REFUSES,
}


def webhook_url() -> str:
    return f"{settings.WEBHOOK_BASE_URL}{WEBHOOK_PATH}"


def drive(gateway: EvolutionClient) -> None:
    """Do what is wanted of the company's instance, or look after it when nothing is."""
    instance = Instance.objects.first()
    if instance is None:
        return
    try:
        if instance.wanted:
            WANTED[Wanted(instance.wanted)](instance, gateway)
        elif instance.status == InstanceStatus.DISCONNECTED:
            _look_whether_it_is_back(instance, gateway)
        elif instance.status != InstanceStatus.NOT_CONFIGURED:
            _look_after(instance, gateway)
    except EvolutionError as error:
        _note_problem(instance, error)
    _note_checked(instance)


def _connect(instance: Instance, gateway: EvolutionClient) -> None:
    version = gateway.server_version()
    found = gateway.fetch_instance(instance.name)
    if found is None:
        _create(instance, gateway)
    _set_webhook(instance, gateway)
    _note_started(instance, version)
    if found is not None and found.state is ConnectionState.OPEN:
        _note_open(instance, gateway)
    else:
        number = instance.wanted_number or None
        _note_answer(instance, gateway.connect(instance.name, number=number))


def _create(instance: Instance, gateway: EvolutionClient) -> None:
    try:
        gateway.create_instance(instance.name)
    except InstanceNameTaken:
        logger.info("instance is there already, taking it over")


def _reconnect(instance: Instance, gateway: EvolutionClient) -> None:
    """Delete and create: up to 2.3.6 an instance that was logged out receives nothing more
    after a new pairing (contract 5.2 a)."""
    gateway.server_version()
    _delete(instance, gateway)
    _connect(instance, gateway)


def _disconnect(instance: Instance, gateway: EvolutionClient) -> None:
    try:
        gateway.logout(instance.name)
    except (InstanceNotFound, NotConnected):
        pass
    _delete(instance, gateway)
    Instance.objects.filter(pk=instance.pk, wanted=Wanted.DISCONNECT).update(
        wanted=Wanted.NOTHING, connected_at=None, problem=Problem.NONE
    )


def _delete(instance: Instance, gateway: EvolutionClient) -> None:
    gateway.delete(instance.name)
    for _ in range(DELETE_TRIES):
        if gateway.fetch_instance(instance.name) is None:
            return
        time.sleep(DELETE_PAUSE)


WANTED = {
    Wanted.CONNECT: _connect,
    Wanted.RECONNECT: _reconnect,
    Wanted.DISCONNECT: _disconnect,
}


def _look_after(instance: Instance, gateway: EvolutionClient) -> None:
    """Nobody waits for this: it finds out what no webhook told."""
    found = gateway.connection_state(instance.name)
    if found is ConnectionState.OPEN:
        _mend_webhook(instance, gateway)
        if not instance.is_open:
            _note_open(instance, gateway)
        _clear_server_problem(instance)
    elif instance.status in state.WAITING_FOR_SCAN:
        _watch_code(instance, found, gateway)
    elif found is not ConnectionState.CONNECTING:
        _confirm_lost(instance, gateway)


def _look_whether_it_is_back(instance: Instance, gateway: EvolutionClient) -> None:
    """Webhooks come in any order and may be lost: an end that we were told of late may be over
    already.  Whatever else the server answers leaves the cause that the page shows."""
    try:
        if gateway.connection_state(instance.name) is ConnectionState.OPEN:
            _mend_webhook(instance, gateway)
            _note_open(instance, gateway)
    except EvolutionError as error:
        logger.info("cannot see whether it is back: %s", error)


def _mend_webhook(instance: Instance, gateway: EvolutionClient) -> None:
    """Our address may have changed, or another hand the settings."""
    found = gateway.find_webhook(instance.name)
    ours = f"Bearer {instance.webhook_secret}"
    if (
        found is None
        or not found.enabled
        or found.url != webhook_url()
        or found.authorization not in {None, ours}
    ):
        _set_webhook(instance, gateway)


def _set_webhook(instance: Instance, gateway: EvolutionClient) -> None:
    gateway.set_webhook(
        instance.name, url=webhook_url(), secret=instance.webhook_secret, events=EVENTS
    )


def _watch_code(instance: Instance, found: ConnectionState, gateway: EvolutionClient) -> None:
    """While it shows codes, `connect` reads the current one; in `close` it would open another
    socket, so it is left alone then."""
    if _webhook_is_silent(instance):
        Instance.objects.filter(pk=instance.pk).update(problem=Problem.WEBHOOK_SILENT)
    else:
        _clear_server_problem(instance)
    if found is ConnectionState.CONNECTING:
        _note_answer(instance, gateway.connect(instance.name))


def _confirm_lost(instance: Instance, gateway: EvolutionClient) -> None:
    """A restart after pairing is closed for an instant: look twice."""
    time.sleep(3)
    if gateway.connection_state(instance.name) in {
        ConnectionState.OPEN,
        ConnectionState.CONNECTING,
    }:
        return
    with transaction.atomic():
        current = Instance.objects.select_for_update(of=("self",)).get(pk=instance.pk)
        if not current.wanted and current.status == instance.status:
            state.lost(current, timezone.now())
            current.save()


def _webhook_is_silent(instance: Instance) -> bool:
    return (
        instance.started_at is not None
        and instance.webhook_seen_at is None
        and timezone.now() - instance.started_at > WEBHOOK_SILENCE
    )


def _note_answer(instance: Instance, answer: QrCode | ConnectionState) -> None:
    if isinstance(answer, QrCode):
        current = Instance.objects.get(pk=instance.pk)
        if answer.code != current.qr_code:
            state.apply(answer, now=timezone.now())


def _note_open(instance: Instance, gateway: EvolutionClient) -> None:
    info = gateway.fetch_instance(instance.name)
    with transaction.atomic():
        current = Instance.objects.select_for_update(of=("self",)).get(pk=instance.pk)
        if current.wanted == Wanted.DISCONNECT:
            return
        jid, profile = (info.owner_jid, info.profile_name) if info else (None, None)
        state.opened(current, jid, profile, timezone.now())
        current.save()


def _note_started(instance: Instance, version: str) -> None:
    """From here on the webhook tells what happens; the wish is fulfilled unless it was changed
    meanwhile."""
    Instance.objects.filter(pk=instance.pk, wanted_at=instance.wanted_at).update(
        wanted=Wanted.NOTHING,
        started_at=timezone.now(),
        server_version=version[:20],
        problem=Problem.NONE,
        problem_detail="",
    )


def _note_problem(instance: Instance, error: EvolutionError) -> None:
    """The status stays what it was last known to be; the wish stays, and is tried again."""
    logger.warning("the server did not do it: %s", error)
    problem = next(
        (name for kind, name in PROBLEMS.items() if isinstance(error, kind)),
        Problem.SERVER_REFUSES,
    )
    if isinstance(error, InstanceNotFound) and not instance.wanted:
        _note_gone(instance)
        return
    Instance.objects.filter(pk=instance.pk).update(
        problem=problem, problem_detail=str(error)[:300]
    )


def _note_gone(instance: Instance) -> None:
    """Somebody deleted the instance on the server."""
    with transaction.atomic():
        current = Instance.objects.select_for_update(of=("self",)).get(pk=instance.pk)
        if not current.wanted:
            state.lost(current, timezone.now())
            current.save()


def _clear_server_problem(instance: Instance) -> None:
    passing = [Problem.SERVER_AWAY, Problem.SERVER_REFUSES]
    if instance.webhook_seen_at is not None:
        passing.append(Problem.WEBHOOK_SILENT)
    Instance.objects.filter(pk=instance.pk, problem__in=passing).update(
        problem=Problem.NONE, problem_detail=""
    )


def _note_checked(instance: Instance) -> None:
    Instance.objects.filter(pk=instance.pk).update(checked_at=timezone.now())


def is_due(instance: Instance, now: datetime) -> bool:
    """Whether the connection wants a look: soon while something is wanted or a code is shown,
    once a minute while all is well."""
    lost = instance.status == InstanceStatus.DISCONNECTED and not instance.wanted
    if lost and not _may_come_back(instance, now):
        return False
    if instance.checked_at is None:
        return True
    if instance.wanted:
        pause = timedelta(seconds=5)
    elif lost:
        pause = timedelta(seconds=60)
    elif instance.problem or instance.status in {
        *state.WAITING_FOR_SCAN,
        InstanceStatus.CONNECTING,
    }:
        pause = timedelta(seconds=10)
    else:
        pause = timedelta(seconds=60)
    return now - instance.checked_at >= pause


def _may_come_back(instance: Instance, now: datetime) -> bool:
    """Lost lately, and not by a person's wish, which forgets when the connection was started."""
    return (
        instance.started_at is not None
        and instance.disconnected_at is not None
        and now - instance.disconnected_at < LOST_IS_WATCHED
    )
