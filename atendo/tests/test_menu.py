from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from atendo import menu
from tenants.models import Membership, Role

PHONE_BAR = ["Hoje", "Agenda", "Novo agendamento", "Conversas"]


def labels(links):
    return [str(link.item.label) for link in links]


@pytest.fixture
def menu_at(rf):
    def build(path, role):
        request = rf.get(path)
        request.membership = Membership(role=role)
        return menu.menu_of(request)

    return build


@pytest.mark.parametrize("role", [Role.OWNER, Role.MANAGER])
def test_who_manages_sees_every_page(menu_at, role):
    built = menu_at("/clientes/", role)
    assert str(built.button.item.label) == "Novo agendamento"
    assert [labels(group) for group in built.groups] == [
        ["Hoje", "Agenda", "Agendamentos", "Conversas", "Clientes"],
        ["Profissionais", "Serviços"],
        ["WhatsApp", "Modelos", "Equipe", "Configurações", "Segurança"],
    ]
    assert [str(link.item.short or link.item.label) for link in built.bar] == PHONE_BAR
    assert labels(built.more) == [
        *("Agendamentos", "Clientes", "Profissionais", "Serviços"),
        *("WhatsApp", "Modelos", "Equipe", "Configurações", "Segurança"),
    ]


def test_reception_sees_neither_the_settings_nor_the_security_log(menu_at):
    built = menu_at("/clientes/", Role.RECEPTIONIST)
    assert [labels(group) for group in built.groups] == [
        ["Hoje", "Agenda", "Agendamentos", "Conversas", "Clientes"],
        ["WhatsApp"],
    ]
    assert labels(built.more) == ["Agendamentos", "Clientes", "WhatsApp"]


def test_a_professional_sees_the_own_day_and_the_connection(menu_at):
    built = menu_at("/agendamentos/", Role.PROFESSIONAL)
    assert built.button is None
    assert [labels(group) for group in built.groups] == [
        ["Hoje", "Agenda", "Agendamentos"],
        ["Meus horários"],
        ["WhatsApp"],
    ]
    assert labels(built.bar) == ["Hoje", "Agenda"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", {"Hoje": "page"}),
        ("/hoje/sem-pergunta/", {"Hoje": "true"}),
        ("/agendamentos/", {"Agendamentos": "page"}),
        ("/agendamentos/12/", {"Agendamentos": "true"}),
        ("/agendamentos/novo/", {"Novo agendamento": "page"}),
        ("/clientes/3/", {"Clientes": "true"}),
        ("/conversas/3/", {"Conversas": "true"}),
        ("/conta/senha/", {}),
    ],
)
def test_one_link_at_most_is_the_current_one(menu_at, path, current):
    links = menu_at(path, Role.OWNER).links
    assert {str(link.item.label): link.current for link in links if link.current} == current


def test_a_stranger_and_a_person_without_company_get_no_links(rf):
    request = rf.get("/entrar/")
    request.user = AnonymousUser()
    assert menu.context(request)["menu"].links == []
    request.membership = None
    assert menu.context(request)["menu"].links == []
