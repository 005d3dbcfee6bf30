"""A company's WhatsApp over REST: connect, status, ask for a confirmation, count.

Nothing here calls the gateway: a request writes an intention and shows what is stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from scheduling import agenda
from scheduling.events import By
from scheduling.models import Appointment, Status
from scheduling.situations import BY_NAME
from tenants.api_errors import Conflict
from tenants.authentication import company_request
from tenants.permissions import Right
from tenants.security import Origin
from whatsapp import confirmation, qr
from whatsapp.connection import requests
from whatsapp.evolution.envelope import instance_name_of
from whatsapp.models import Instance, InstanceStatus, Message, MessageStatus
from whatsapp.situation import Situation


def _by(request: Request) -> By:
    return By(Origin.API, company_request(request).user)


# Connect ---------------------------------------------------------------------------------------


class ConnectSerializer(serializers.Serializer[Any]):
    accept_risk = serializers.BooleanField(
        default=False,
        help_text=gettext_lazy(
            "A empresa aceita o risco de usar o número fora do aplicativo oficial."
            " Basta uma vez, antes da primeira conexão."
        ),
    )


class ConnectionSerializer(serializers.Serializer[Any]):
    instance_name = serializers.CharField()
    qrcode = serializers.CharField(
        allow_null=True,
        help_text=gettext_lazy(
            "O texto do código a ler com o celular; se o servidor só mandou a imagem, a imagem."
            " Null enquanto não há código, e depois que o último venceu."
        ),
    )
    qrcode_image = serializers.CharField(
        allow_null=True,
        help_text=gettext_lazy("O mesmo código como imagem, se o servidor mandou uma (data URI)."),
    )
    status = serializers.ChoiceField(
        choices=[InstanceStatus.READY_TO_SCAN.value, InstanceStatus.CONNECTED.value],
        help_text=gettext_lazy(
            "`connected` se o número já está ligado; senão `ready_to_scan`: um código foi pedido."
            " A situação verdadeira a cada momento está em /company/whatsapp-status."
        ),
    )


class Connect(APIView):
    right_to_read = right_to_write = Right.CONNECT_WHATSAPP

    @extend_schema(
        tags=["WhatsApp"],
        summary="Conectar o WhatsApp",
        description="Pede um código. Repita até `qrcode` vir, e outra vez a cada código vencido.",
        request=ConnectSerializer,
        responses={200: ConnectionSerializer, 409: None},
    )
    def post(self, request: Request) -> Response:
        asked = ConnectSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        try:
            instance = connect(**asked.validated_data, by=_by(request), now=now)
        except requests.RiskNotAccepted:
            raise Conflict(
                _("Antes da primeira conexão a empresa aceita o risco: envie accept_risk: true.")
            ) from None
        return Response(_connection(instance, now))


@transaction.atomic
def connect(*, accept_risk: bool, by: By, now: datetime) -> Instance:
    """Keep the acceptance if it is the first, and ask for a code.  Raises RiskNotAccepted."""
    instance = requests.current_instance()
    if accept_risk and (instance is None or instance.risk_accepted_at is None):
        requests.accept_risk(by=by, now=now)
    return requests.connect(by=by, now=now)


def _connection(instance: Instance, now: datetime) -> dict[str, Any]:
    expired = Situation(instance, now).code_expired
    image = "" if expired else qr.png_address(instance.qr_image)
    code = "" if expired else instance.qr_code
    status = InstanceStatus.CONNECTED if instance.is_open else InstanceStatus.READY_TO_SCAN
    return {
        "instance_name": instance.name,
        "qrcode": code or image or None,
        "qrcode_image": image or None,
        "status": status,
    }


# Status and figures ----------------------------------------------------------------------------


class StatusSerializer(serializers.Serializer[Any]):
    company_id = serializers.IntegerField()
    instance_name = serializers.CharField()
    status = serializers.ChoiceField(
        choices=InstanceStatus.choices,
        help_text=gettext_lazy("A última situação conhecida."),
    )
    total_messages_sent = serializers.IntegerField(
        help_text=gettext_lazy("Agendamentos de que alguma mensagem saiu.")
    )
    error = serializers.CharField(
        required=False, help_text=gettext_lazy("O que está errado, quando algo está.")
    )


class CompanyStatus(APIView):
    right_to_read = Right.SEE_OWN_AGENDA

    @extend_schema(
        tags=["WhatsApp"], summary="Situação do WhatsApp", responses={200: StatusSerializer}
    )
    def get(self, request: Request) -> Response:
        company_id, instance = company_request(request).company.pk, requests.current_instance()
        status = instance.status if instance else InstanceStatus.NOT_CONFIGURED
        body = {
            "company_id": company_id,
            "instance_name": instance_name_of(company_id),
            "status": status,
            "total_messages_sent": Appointment.objects.filter(whatsapp_sent=True).count(),
        }
        if instance and instance.problem:
            body["error"] = f"{instance.get_problem_display()}."
        return Response(body)


class MetricsSerializer(serializers.Serializer[Any]):
    company_id = serializers.IntegerField()
    total_confirmations = serializers.IntegerField(help_text=gettext_lazy("Confirmados agora."))
    total_sent = serializers.IntegerField(
        help_text=gettext_lazy("Agendamentos de que alguma mensagem saiu.")
    )
    total_cancelled = serializers.IntegerField()
    total_reschedule_requests = serializers.IntegerField(
        help_text=gettext_lazy("O cliente pediu outro horário e ainda não tem.")
    )
    total_waiting_answer = serializers.IntegerField(
        help_text=gettext_lazy("Perguntados, ainda por vir, sem resposta.")
    )
    messages_waiting = serializers.IntegerField(help_text=gettext_lazy("Mensagens na fila."))
    messages_failed = serializers.IntegerField(help_text=gettext_lazy("Que não saíram."))


class Metrics(APIView):
    right_to_read = Right.SEE_AGENDA

    @extend_schema(
        tags=["WhatsApp"],
        summary="Números da confirmação",
        responses={200: MetricsSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(
            {"company_id": company_request(request).company.pk, **metrics(now=timezone.now())}
        )


def metrics(*, now: datetime) -> dict[str, int]:
    """Count the company's appointments and messages.  Two queries."""
    still_ahead = Q(starts_at__gt=now)
    counted: dict[str, int] = Appointment.objects.order_by().aggregate(
        total_confirmations=Count("pk", filter=Q(status=Status.CONFIRMED)),
        total_sent=Count("pk", filter=Q(whatsapp_sent=True)),
        total_cancelled=Count("pk", filter=Q(status=Status.CANCELLED)),
        total_reschedule_requests=Count("pk", filter=BY_NAME["move"].where),
        total_waiting_answer=Count("pk", filter=BY_NAME["waiting"].where & still_ahead),
    )
    counted |= Message.objects.order_by().aggregate(
        messages_waiting=Count("pk", filter=Q(status=MessageStatus.WAITING)),
        messages_failed=Count("pk", filter=Q(status=MessageStatus.FAILED)),
    )
    return counted


# Confirmation ----------------------------------------------------------------------------------


class QueuedSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["queued"])
    message_id = serializers.IntegerField()


class SendConfirmation(APIView):
    right_to_read = right_to_write = Right.SEND

    @extend_schema(
        tags=["WhatsApp"],
        summary="Pedir a confirmação agora",
        description="A mensagem sai a qualquer hora, assim que o WhatsApp está conectado.",
        request=None,
        responses={202: QueuedSerializer, 409: None},
    )
    def post(self, request: Request, appointment_id: int) -> Response:
        appointment = agenda.visible(company_request(request)).filter(pk=appointment_id).first()
        if appointment is None:
            raise NotFound(_("Agendamento não encontrado"))
        try:
            message = confirmation.ask(appointment, by=_by(request), now=timezone.now())
        except confirmation.Refused as refused:
            raise Conflict(refused.reason) from None
        return Response({"status": "queued", "message_id": message.pk}, status=202)
