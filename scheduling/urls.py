from __future__ import annotations

from django.urls import path, register_converter

from scheduling.steps import BY_SLUG, Step
from scheduling.views import (
    absences,
    appointments,
    booking,
    client_imports,
    clients,
    day,
    own,
    professionals,
    services,
)


class StepConverter:
    """The last part of an address as a row of STEPS."""

    regex = "|".join(BY_SLUG)

    def to_python(self, value: str) -> Step:
        return BY_SLUG[value]

    def to_url(self, value: Step) -> str:
        return value.slug


register_converter(StepConverter, "step")

app_name = "scheduling"
urlpatterns = [
    path("agenda/", day.day, name="day"),
    path("agendamentos/", appointments.appointments, name="appointments"),
    path("agendamentos/papel/", appointments.appointments_paper, name="appointments-paper"),
    path("agendamentos/novo/", booking.appointment_new, name="appointment-new"),
    path("agendamentos/novo/clientes/", booking.client_choice, name="client-choice"),
    path("agendamentos/<int:pk>/", appointments.appointment, name="appointment"),
    path("agendamentos/<int:pk>/parte/", appointments.appointment_part, name="appointment-part"),
    path(
        "agendamentos/<int:pk>/cancelar/",
        appointments.appointment_cancel,
        name="appointment-cancel",
    ),
    path(
        "agendamentos/<int:pk>/remarcar/", appointments.appointment_move, name="appointment-move"
    ),
    path(
        "agendamentos/<int:pk>/desfazer/", appointments.appointment_undo, name="appointment-undo"
    ),
    path(
        "agendamentos/<int:pk>/<step:step>/",
        appointments.appointment_step,
        name="appointment-step",
    ),
    path("clientes/", clients.clients, name="clients"),
    path("clientes/novo/", clients.client_new, name="client-new"),
    path("clientes/<int:pk>/", clients.client, name="client"),
    path("clientes/parecidos/", clients.client_alike, name="client-alike"),
    path("clientes/importar/", client_imports.client_import, name="client-import"),
    path(
        "clientes/importar/modelo/",
        client_imports.client_import_example,
        name="client-import-example",
    ),
    path(
        "clientes/importar/<int:pk>/",
        client_imports.client_import_state,
        name="client-import-state",
    ),
    path(
        "clientes/importar/<int:pk>/colunas/",
        client_imports.client_import_columns,
        name="client-import-columns",
    ),
    path(
        "clientes/importar/<int:pk>/comecar/",
        client_imports.client_import_begin,
        name="client-import-begin",
    ),
    path(
        "clientes/importar/<int:pk>/problemas/",
        client_imports.client_import_problems,
        name="client-import-problems",
    ),
    path(
        "clientes/importar/<int:pk>/desfazer/",
        client_imports.client_import_undo,
        name="client-import-undo",
    ),
    path(
        "clientes/importar/<int:pk>/descartar/",
        client_imports.client_import_discard,
        name="client-import-discard",
    ),
    path("clientes/exportar/", clients.clients_file, name="clients-file"),
    path("clientes/<int:pk>/notas/", clients.client_notes, name="client-notes"),
    path("clientes/<int:pk>/avisos/", clients.client_notices, name="client-notices"),
    path("clientes/<int:pk>/consentimento/", clients.client_consent, name="client-consent"),
    path("profissionais/", professionals.professionals, name="professionals"),
    path("profissionais/novo/", professionals.professional_new, name="professional-new"),
    path("profissionais/eu/", own.me, name="me"),
    path("profissionais/ausencias/", absences.absences, name="absences"),
    path("profissionais/ausencias/nova/", absences.absence_new, name="absence-new"),
    path("profissionais/ausencias/<int:pk>/", absences.absence, name="absence"),
    path(
        "profissionais/ausencias/<int:pk>/apagar/", absences.absence_delete, name="absence-delete"
    ),
    path("profissionais/<int:pk>/", professionals.professional, name="professional"),
    path(
        "profissionais/<int:pk>/horarios/",
        professionals.professional_hours,
        name="professional-hours",
    ),
    path(
        "profissionais/<int:pk>/servicos/",
        professionals.professional_terms,
        name="professional-terms",
    ),
    path(
        "profissionais/<int:pk>/arquivar/",
        professionals.professional_archive,
        name="professional-archive",
    ),
    path("servicos/", services.services, name="services"),
    path("servicos/novo/", services.service_new, name="service-new"),
    path("servicos/<int:pk>/", services.service, name="service"),
    path("servicos/<int:pk>/quem-faz/", services.service_terms, name="service-terms"),
    path("servicos/<int:pk>/arquivar/", services.service_archive, name="service-archive"),
]
