from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from whatsapp.messages import KINDS, Sending
from whatsapp.timing import (
    REMINDER_HOURS,
    REQUEST_HOURS,
    SECOND_HOURS,
    SWITCHES,
    Rules,
    SendingHours,
    expires_at,
    leaves_at,
    next_allowed,
    plan,
    plan_again,
    previous_allowed,
)

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DEFAULT = SendingHours()
HOUR = timedelta(hours=1)

BRAZIL = (
    *("Noronha", "Belem", "Fortaleza", "Recife", "Araguaina", "Maceio", "Bahia", "Sao_Paulo"),
    *("Campo_Grande", "Cuiaba", "Santarem", "Porto_Velho", "Boa_Vista", "Manaus", "Eirunepe"),
    "Rio_Branco",
)
AMERICA = sorted(name for name in available_timezones() if name.startswith("America/"))

zones = st.one_of(
    st.sampled_from([f"America/{city}" for city in BRAZIL]), st.sampled_from(AMERICA)
).map(ZoneInfo)
# From 1995 to 2036: every summer time that Brazil had since, and the ones that others have.
moments = st.integers(788_918_400, 2_114_380_800).map(lambda s: datetime.fromtimestamp(s, UTC))
hours_of_day = st.builds(
    lambda pair, sundays: SendingHours(min(pair), max(pair), sundays=sundays),
    st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1]),
    st.booleans(),
)
companies = st.one_of(st.just(DEFAULT), hours_of_day)
rules_of_companies = st.builds(
    Rules,
    hours=companies,
    off=st.frozensets(st.sampled_from(SWITCHES)),
    request_lead=st.sampled_from(REQUEST_HOURS).map(lambda hours: hours * HOUR),
    second_after=st.sampled_from(SECOND_HOURS).map(lambda hours: hours * HOUR),
    reminder_lead=st.sampled_from(REMINDER_HOURS).map(lambda hours: hours * HOUR),
)
leads = st.one_of(
    st.timedeltas(timedelta(minutes=1), timedelta(hours=30)),
    st.timedeltas(timedelta(hours=1), timedelta(days=40)),
)


def local(text):
    """A moment from "24/11 14:00" of 2025; 24/11 is a Monday."""
    return datetime.strptime(f"2025 {text}", "%Y %d/%m %H:%M").replace(tzinfo=SAO_PAULO)


def planned(now, starts_at, *, event="scheduled", status="scheduled", hours=DEFAULT):
    return [
        (message.kind, f"{message.due_at.astimezone(SAO_PAULO):%d/%m %H:%M}")
        for message in plan(
            event=event,
            now=local(now),
            starts_at=local(starts_at),
            status=status,
            zone=SAO_PAULO,
            rules=Rules(hours=hours),
        )
    ]


# --- the plan, by example: Wednesday 19/11 to Tuesday 25/11


@pytest.mark.parametrize(
    ("now", "starts_at", "messages"),
    [
        pytest.param(
            "19/11 10:00",
            "27/11 15:00",
            [
                ("receipt", "19/11 10:00"),
                ("confirmation_request", "26/11 15:00"),
                ("second_request", "26/11 19:00"),
                ("reminder", "27/11 13:00"),
            ],
            id="a week ahead",
        ),
        pytest.param(
            "19/11 10:00",
            "20/11 10:00",
            [
                ("receipt_with_question", "19/11 10:00"),
                ("second_request", "19/11 14:00"),
                ("reminder", "20/11 08:00"),
            ],
            id="exactly 24 h ahead the request comes as early as the receipt",
        ),
        pytest.param(
            "19/11 10:00",
            "19/11 18:00",
            [
                ("receipt_with_question", "19/11 10:00"),
                ("second_request", "19/11 14:00"),
                ("reminder", "19/11 16:00"),
            ],
            id="later today",
        ),
        pytest.param(
            "19/11 10:00",
            "19/11 13:00",
            [("receipt_with_question", "19/11 10:00"), ("reminder", "19/11 11:00")],
            id="three hours ahead, too late for a second request",
        ),
        pytest.param(
            "19/11 10:00", "19/11 12:59", [("receipt", "19/11 10:00")], id="under three hours"
        ),
        pytest.param("19/11 10:00", "19/11 10:00", [], id="it begins now"),
        pytest.param("19/11 10:00", "18/11 10:00", [], id="noted afterwards"),
        pytest.param(
            "19/11 23:00",
            "20/11 15:00",
            [
                ("receipt_with_question", "20/11 08:00"),
                ("second_request", "20/11 12:00"),
                ("reminder", "20/11 13:00"),
            ],
            id="booked at night the receipt waits for the morning",
        ),
        pytest.param(
            "19/11 23:00",
            "20/11 10:30",
            [("receipt", "20/11 08:00")],
            id="booked at night for the morning there is no time left to ask",
        ),
        pytest.param(
            "19/11 23:00", "20/11 08:00", [], id="booked at night for the opening: nothing"
        ),
        pytest.param(
            "18/11 10:00",
            "20/11 21:30",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "20/11 08:00"),
                ("second_request", "20/11 12:00"),
                ("reminder", "20/11 19:30"),
            ],
            id="24 h before is after closing: asked at the next opening",
        ),
        pytest.param(
            "18/11 10:00",
            "20/11 06:30",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "19/11 08:00"),
                ("second_request", "19/11 12:00"),
            ],
            id="before opening no reminder on the same day",
        ),
        pytest.param(
            "18/11 10:00",
            "20/11 08:30",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "19/11 08:30"),
                ("second_request", "19/11 12:30"),
            ],
            id="at opening the reminder would be worth nothing",
        ),
        pytest.param(
            "18/11 10:00",
            "20/11 09:00",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "19/11 09:00"),
                ("second_request", "19/11 13:00"),
                ("reminder", "20/11 08:00"),
            ],
            id="the reminder at opening",
        ),
        pytest.param(
            "18/11 10:00",
            "24/11 10:00",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "22/11 10:00"),
                ("second_request", "22/11 14:00"),
                ("reminder", "24/11 08:00"),
            ],
            id="Monday morning is asked on Saturday morning",
        ),
        pytest.param(
            "18/11 10:00",
            "24/11 19:00",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "22/11 12:00"),
                ("second_request", "22/11 16:00"),
                ("reminder", "24/11 17:00"),
            ],
            id="Monday evening is asked on Saturday until noon",
        ),
        pytest.param(
            "22/11 15:00",
            "24/11 19:00",
            [
                ("receipt_with_question", "22/11 15:00"),
                ("second_request", "22/11 19:00"),
                ("reminder", "24/11 17:00"),
            ],
            id="booked on Saturday afternoon for Monday the receipt asks",
        ),
        pytest.param(
            "23/11 10:00",
            "24/11 15:00",
            [
                ("receipt_with_question", "24/11 08:00"),
                ("second_request", "24/11 12:00"),
                ("reminder", "24/11 13:00"),
            ],
            id="booked on Sunday the receipt waits for Monday",
        ),
        pytest.param(
            "18/11 10:00",
            "23/11 21:30",
            [
                ("receipt", "18/11 10:00"),
                ("confirmation_request", "22/11 19:30"),
                ("reminder", "23/11 19:30"),
            ],
            id="Sunday night is asked on Saturday before closing, and reminded on Sunday",
        ),
        pytest.param(
            "22/11 21:00",
            "23/11 18:00",
            [("reminder", "23/11 16:00")],
            id="booked on Saturday night for Sunday there is only the reminder",
        ),
    ],
)
def test_what_a_booking_plans(now, starts_at, messages):
    assert planned(now, starts_at) == messages


def test_a_narrow_window_asks_at_the_edge_before_rather_than_too_late():
    afternoons = SendingHours(time(14), time(16))

    assert planned("17/11 15:00", "20/11 16:30", hours=afternoons) == [
        ("receipt", "17/11 15:00"),
        ("confirmation_request", "19/11 15:30"),
        ("reminder", "20/11 14:30"),
    ]


def test_no_reminder_is_due_before_the_receipt():
    mornings = SendingHours(time(8), time(12))

    assert planned("19/11 11:50", "19/11 23:00", hours=mornings) == [
        ("receipt_with_question", "19/11 11:50")
    ]


def test_a_company_open_on_sundays_asks_on_sundays():
    every_day = SendingHours(sundays=True)

    assert planned("18/11 10:00", "24/11 10:00", hours=every_day)[1] == (
        "confirmation_request",
        "23/11 10:00",
    )


def test_a_booking_that_is_already_confirmed_is_not_asked():
    assert planned("18/11 10:00", "20/11 15:00", status="confirmed") == [
        ("receipt", "18/11 10:00"),
        ("reminder", "20/11 13:00"),
    ]


@pytest.mark.parametrize("status", ["arrived", "completed", "cancelled", "no_show"])
@pytest.mark.parametrize("event", ["scheduled", "moved", "confirmation_asked_for"])
def test_an_appointment_that_is_over_plans_nothing(event, status):
    assert planned("18/11 10:00", "20/11 15:00", event=event, status=status) == []


@pytest.mark.parametrize("event", ["confirmed", "arrived", "no_show", "anything"])
def test_other_events_plan_nothing(event):
    assert planned("18/11 10:00", "20/11 15:00", event=event) == []


def test_a_move_is_told_and_asked_anew():
    assert planned("18/11 10:00", "20/11 15:00", event="moved") == [
        ("rescheduled_notice", "18/11 10:00"),
        ("confirmation_request", "19/11 15:00"),
        ("second_request", "19/11 19:00"),
        ("reminder", "20/11 13:00"),
    ]


def test_a_move_to_tomorrow_asks_in_the_same_message():
    assert planned("18/11 16:00", "19/11 14:00", event="moved") == [
        ("receipt_with_question", "18/11 16:00"),
        ("second_request", "19/11 08:00"),
        ("reminder", "19/11 12:00"),
    ]


def test_a_move_at_night_to_the_morning_is_told_at_once():
    assert planned("18/11 21:00", "19/11 09:00", event="moved")[0] == (
        "rescheduled_notice",
        "18/11 21:00",
    )


@pytest.mark.parametrize(
    ("now", "starts_at", "due"),
    [
        ("18/11 15:00", "20/11 15:00", "18/11 15:00"),
        ("18/11 21:00", "20/11 15:00", "19/11 08:00"),
        ("18/11 21:00", "19/11 11:00", "19/11 08:00"),
        ("18/11 21:00", "19/11 10:59", "18/11 21:00"),
    ],
)
def test_a_cancellation_waits_for_the_morning_if_that_is_early_enough(now, starts_at, due):
    assert planned(now, starts_at, event="cancelled", status="cancelled") == [
        ("cancelled_notice", due)
    ]


def test_what_a_person_asks_for_is_due_at_once_even_on_a_sunday_night():
    assert planned("23/11 23:30", "24/11 08:00", event="confirmation_asked_for") == [
        ("manual_confirmation", "23/11 23:30")
    ]


def test_a_message_expires_when_it_is_worth_nothing_any_more():
    messages = plan(
        event="scheduled",
        now=local("18/11 10:00"),
        starts_at=local("20/11 15:00"),
        status="scheduled",
        zone=SAO_PAULO,
        rules=Rules(),
    )

    assert {message.kind: message.expires_at for message in messages} == {
        "receipt": local("20/11 15:00"),
        "confirmation_request": local("20/11 14:00"),
        "second_request": local("20/11 14:00"),
        "reminder": local("20/11 14:30"),
    }


@pytest.mark.parametrize("starts_at", [None, local("20/11 15:00")])
def test_an_answer_expires_after_half_a_day(starts_at):
    due = local("18/11 10:00")

    expires = expires_at(KINDS["answer_opted_out"], due_at=due, starts_at=starts_at)

    assert expires == local("18/11 22:00")


def test_a_time_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        plan(
            event="scheduled",
            now=local("18/11 10:00").replace(tzinfo=None),
            starts_at=local("20/11 15:00"),
            status="scheduled",
            zone=SAO_PAULO,
            rules=Rules(),
        )


# --- the plan, by law


@given(
    event=st.sampled_from(["scheduled", "moved", "cancelled"]),
    status=st.sampled_from(["scheduled", "confirmed", "cancelled"]),
    now=moments,
    lead=leads,
    zone=zones,
    hours=companies,
)
def test_nothing_automatic_is_due_outside_the_hours_or_too_late(
    event, status, now, lead, zone, hours
):
    starts_at = now + lead

    for message in plan(
        event=event,
        now=now,
        starts_at=starts_at,
        status=status,
        zone=zone,
        rules=Rules(hours=hours),
    ):
        kind = KINDS[message.kind]
        assert now <= message.due_at < message.expires_at <= starts_at
        allowed = hours.allow(message.due_at, zone=zone, on_sundays=kind.on_sundays)
        assert allowed or (kind.cannot_wait and message.due_at == now)


@given(
    event=st.sampled_from(["scheduled", "moved"]),
    now=moments,
    lead=leads,
    zone=zones,
    hours=companies,
)
def test_a_client_is_told_once_and_asked_in_time(event, now, lead, zone, hours):
    starts_at = now + lead
    due = {
        message.kind: message.due_at
        for message in plan(
            event=event,
            now=now,
            starts_at=starts_at,
            status="scheduled",
            zone=zone,
            rules=Rules(hours=hours),
        )
    }

    questions = {"receipt_with_question", "confirmation_request"} & due.keys()
    tellings = {"receipt", "receipt_with_question", "rescheduled_notice"} & due.keys()
    assert len(tellings) <= 1
    assert len(questions) <= 1
    assert all(starts_at - due[question] >= 3 * HOUR for question in questions)
    if "second_request" in due:
        assert due["second_request"] - due[questions.pop()] >= 4 * HOUR
        assert starts_at - due["second_request"] >= 3 * HOUR
    if "reminder" in due:
        assert due["reminder"].astimezone(zone).date() == starts_at.astimezone(zone).date()


@given(now=moments, lead=st.timedeltas(timedelta(days=3), timedelta(days=40)), zone=zones)
def test_three_days_ahead_everybody_is_told_and_asked_separately(now, lead, zone):
    messages = plan(
        event="scheduled",
        now=now,
        starts_at=now + lead,
        status="scheduled",
        zone=zone,
        rules=Rules(),
    )

    assert [message.kind for message in messages][:2] == ["receipt", "confirmation_request"]


@given(now=moments, lead=leads, zone=zones, elsewhere=zones, hours=companies)
def test_the_same_facts_give_the_same_plan_in_whatever_zone_they_are_written(
    now, lead, zone, elsewhere, hours
):
    rules = Rules(hours=hours)
    facts = {"event": "scheduled", "status": "scheduled", "zone": zone, "rules": rules}
    starts_at = now + lead

    first = plan(now=now, starts_at=starts_at, **facts)

    assert plan(now=now, starts_at=starts_at, **facts) == first
    assert (
        plan(now=now.astimezone(elsewhere), starts_at=starts_at.astimezone(elsewhere), **facts)
        == first
    )


@given(moment=moments, zone=zones, hours=hours_of_day, on_sundays=st.booleans())
def test_next_and_previous_allowed_are_allowed_and_on_their_side(moment, zone, hours, on_sundays):
    rules = {"zone": zone, "hours": hours, "on_sundays": on_sundays}

    later, earlier = next_allowed(moment, **rules), previous_allowed(moment, **rules)

    assert earlier <= moment <= later
    assert hours.allow(later, zone=zone, on_sundays=on_sundays)
    assert hours.allow(earlier, zone=zone, on_sundays=on_sundays)
    assert (later == moment) == hours.allow(moment, zone=zone, on_sundays=on_sundays)


@given(
    kind=st.sampled_from(sorted(KINDS)), moment=moments, lead=leads, zone=zones, hours=companies
)
def test_what_may_leave_now_may_leave_when_asked_again(kind, moment, lead, zone, hours):
    facts = {"starts_at": moment + lead, "zone": zone, "hours": hours}

    first = leaves_at(KINDS[kind], moment=moment, **facts)
    assume(first < facts["starts_at"])

    assert first >= moment
    assert leaves_at(KINDS[kind], moment=first, **facts) == first


@pytest.mark.parametrize("pair", [(time(20), time(8)), (time(8), time(8))])
def test_hours_must_open_before_they_close(pair):
    with pytest.raises(ValueError, match="before"):
        SendingHours(*pair)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("18/11 07:59", False),
        ("18/11 08:00", True),
        ("18/11 19:59", True),
        ("18/11 20:00", False),
        ("23/11 12:00", False),
    ],
)
def test_the_hours_include_opening_and_exclude_closing_and_sundays(moment, allowed):
    assert DEFAULT.allow(local(moment), zone=SAO_PAULO) is allowed


@pytest.mark.parametrize(
    ("moment", "opening", "call"),
    [
        ("18/11 07:00", "18/11 08:00", "17/11 19:30"),
        ("18/11 21:00", "19/11 08:00", "18/11 19:30"),
        ("22/11 21:00", "24/11 08:00", "22/11 19:30"),
        ("23/11 12:00", "24/11 08:00", "22/11 19:30"),
    ],
)
def test_the_nearest_moments_in_the_hours(moment, opening, call):
    assert next_allowed(local(moment), zone=SAO_PAULO, hours=DEFAULT) == local(opening)
    assert previous_allowed(local(moment), zone=SAO_PAULO, hours=DEFAULT) == local(call)


def test_the_night_on_which_summer_time_began_in_sao_paulo():
    # On 4 November 2018 the clock jumped from 00:00 to 01:00.
    all_day = SendingHours(time(0), time(23), sundays=True)
    night = datetime(2018, 11, 3, 23, 30, tzinfo=SAO_PAULO)

    opening = next_allowed(night, zone=SAO_PAULO, hours=all_day)

    assert opening == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert opening.astimezone(SAO_PAULO).time() == time(1)


# --- the rules of a company


def planned_by(rules, now, starts_at, event="scheduled"):
    facts = {"event": event, "status": "scheduled", "zone": SAO_PAULO}
    messages = plan(now=local(now), starts_at=local(starts_at), rules=rules, **facts)
    return [(m.kind, f"{m.due_at.astimezone(SAO_PAULO):%d/%m %H:%M}") for m in messages]


@pytest.mark.parametrize(
    ("rules", "now", "messages"),
    [
        pytest.param(
            Rules(request_lead=48 * HOUR, second_after=8 * HOUR, reminder_lead=HOUR),
            "17/11 10:00",
            [
                ("receipt", "17/11 10:00"),
                ("confirmation_request", "18/11 15:00"),
                ("second_request", "19/11 08:00"),
                ("reminder", "20/11 14:00"),
            ],
            id="other leads",
        ),
        pytest.param(
            Rules(request_lead=72 * HOUR),
            "18/11 10:00",
            [
                ("receipt_with_question", "18/11 10:00"),
                ("second_request", "18/11 14:00"),
                ("reminder", "20/11 13:00"),
            ],
            id="booked nearer than the lead: both in one",
        ),
        pytest.param(
            Rules(request_lead=4 * HOUR),
            "20/11 08:00",
            [
                ("receipt", "20/11 08:00"),
                ("confirmation_request", "20/11 11:00"),
                ("reminder", "20/11 13:00"),
            ],
            id="a short lead leaves no room for a second request",
        ),
        pytest.param(
            Rules(off=frozenset({"receipt"})),
            "20/11 08:00",
            [
                ("confirmation_request", "20/11 08:00"),
                ("second_request", "20/11 12:00"),
                ("reminder", "20/11 13:00"),
            ],
            id="without the receipt the question goes alone",
        ),
        pytest.param(
            Rules(off=frozenset({"confirmation_request"})),
            "20/11 08:00",
            [("receipt", "20/11 08:00"), ("reminder", "20/11 13:00")],
            id="without the request nobody is asked twice either",
        ),
        pytest.param(Rules(off=frozenset(SWITCHES)), "17/11 10:00", [], id="nothing at all"),
    ],
)
def test_what_somebody_gets_by_the_rules_of_a_company(rules, now, messages):
    assert planned_by(rules, now, "20/11 15:00") == messages


def test_who_was_moved_and_is_not_told_of_it_is_still_asked():
    rules = Rules(off=frozenset({"rescheduled_notice"}))
    kinds = [kind for kind, _at in planned_by(rules, "20/11 08:00", "20/11 15:00", "moved")]
    assert kinds == ["confirmation_request", "second_request", "reminder"]


@given(
    event=st.sampled_from(["scheduled", "moved", "cancelled"]),
    status=st.sampled_from(["scheduled", "confirmed", "cancelled"]),
    now=moments,
    lead=leads,
    zone=zones,
    rules=rules_of_companies,
)
def test_nothing_that_is_off_is_planned_and_nobody_is_asked_too_late(
    event, status, now, lead, zone, rules
):
    starts_at = now + lead
    due = {
        message.kind: message.due_at
        for message in plan(
            event=event, now=now, starts_at=starts_at, status=status, zone=zone, rules=rules
        )
    }

    assert rules.off.isdisjoint(due)
    questions = {"receipt_with_question", "confirmation_request", "second_request"} & due.keys()
    assert all(starts_at - due[question] >= 3 * HOUR for question in questions)
    assert not questions or "confirmation_request" not in rules.off
    assert len({"receipt", "receipt_with_question", "rescheduled_notice"} & due.keys()) <= 1
    for kind, moment in due.items():
        allowed = rules.hours.allow(moment, zone=zone, on_sundays=KINDS[kind].on_sundays)
        assert allowed or (KINDS[kind].cannot_wait and moment == now)


@given(now=moments, lead=leads, zone=zones, rules=rules_of_companies, asked=st.booleans())
def test_planned_again_is_what_is_still_to_come_and_tells_nobody_anew(
    now, lead, zone, rules, asked
):
    starts_at, asked_at = now + lead, now - HOUR if asked else None
    facts = {"starts_at": starts_at, "status": "scheduled", "zone": zone, "rules": rules}

    again = plan_again(now=now, asked_at=asked_at, **facts)

    kinds = {message.kind for message in again}
    assert kinds <= {"confirmation_request", "second_request", "reminder"} - rules.off
    assert not (asked and "confirmation_request" in kinds)
    assert all(now <= message.due_at < message.expires_at <= starts_at for message in again)
    assert plan_again(now=now, asked_at=asked_at, **facts) == again


# --- the kinds


def test_the_kinds_are_these():
    assert {
        sending: [kind.name for kind in KINDS.values() if kind.sending is sending]
        for sending in Sending
    } == {
        Sending.AUTOMATIC: [
            "receipt",
            "receipt_with_question",
            "confirmation_request",
            "second_request",
            "reminder",
            "rescheduled_notice",
            "cancelled_notice",
        ],
        Sending.MANUAL: ["manual_confirmation", "written", "test"],
        Sending.ANSWER: [
            "answer_confirmed",
            "answer_cancelled",
            "answer_reschedule",
            "answer_not_understood",
            "answer_which_one",
            "answer_opted_out",
            "answer_opted_in",
        ],
    }


def test_every_label_says_something_of_its_own():
    labels = {kind.label for kind in KINDS.values()}

    assert len(labels) == len(KINDS)
    assert all(labels)


def test_every_kind_but_an_answer_and_what_a_person_typed_is_planned_by_an_event():
    assert {kind.name for kind in KINDS.values() if not kind.on} == {
        kind.name for kind in KINDS.values() if kind.sending is Sending.ANSWER or kind.typed
    }
