"""Appointments over REST: made and changed by the services alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from scheduling import agenda, services
from scheduling.agenda import EARLIEST, FARTHEST, LATEST
from scheduling.events import By
from scheduling.models import Appointment, Client, Professional, Service, Status
from tenants.api_errors import Conflict, Refused
from tenants.authentication import company_request
from tenants.permissions import Right
from tenants.scope import LARGEST_ID
from tenants.security import Origin
from tenants.serializers import RowField
from tenants.violations import is_dangling_reference


class AppointmentSerializer(serializers.ModelSerializer[Appointment]):
    client_name = serializers.CharField(source="client.name", read_only=True)
    professional_name = serializers.CharField(source="professional.name", read_only=True)
    service_name = serializers.CharField(source="service.name", read_only=True)

    class Meta:
        model = Appointment
        fields = [
            "id",
            "client",
            "client_name",
            "professional",
            "professional_name",
            "service",
            "service_name",
            "starts_at",
            "ends_at",
            "status",
            "price",
            "notes",
            "whatsapp_sent",
            "asked_at",
            "move_requested_at",
            "created_at",
        ]
        read_only_fields = fields


class StartField(serializers.DateTimeField):
    """A start in the next two years; without an offset it is in the company's zone."""

    default_error_messages = {"far": gettext_lazy("Escolha um dia nos próximos dois anos.")}

    def to_internal_value(self, value: Any) -> datetime:
        start: datetime = super().to_internal_value(value)
        if start.year < EARLIEST.year or start > timezone.now() + FARTHEST:
            self.fail("far")
        return start


class BookingSerializer(serializers.Serializer[Any]):
    client = RowField(queryset=Client.objects.all())
    professional = RowField(queryset=Professional.objects.filter(is_active=True))
    service = RowField(queryset=Service.objects.filter(is_active=True))
    starts_at = StartField(help_text=gettext_lazy("Sem fuso vale o fuso da empresa."))
    notes = serializers.CharField(required=False, allow_blank=True, max_length=2000)


class ChangeSerializer(serializers.Serializer[Any]):
    """What PATCH changes.  A field that it does not change is refused rather than passed over."""

    professional = RowField(queryset=Professional.objects.filter(is_active=True), required=False)
    starts_at = StartField(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=2000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        known = set(AppointmentSerializer.Meta.fields) - set(self.fields)
        if fixed := known & set(self.initial_data):
            sentence = _("Isto não se muda por aqui.")
            raise serializers.ValidationError({name: [sentence] for name in sorted(fixed)})
        return attrs


class CancelSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text=gettext_lazy("Fica na história do agendamento."),
    )


class AppointmentQuery(serializers.Serializer[Any]):
    """What narrows the list.  An id that the company does not have finds nothing."""

    date = serializers.DateField(
        required=False, help_text=gettext_lazy("Um dia, no fuso da empresa.")
    )
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    professional = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    client = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)

    def validate_date(self, day: Any) -> Any:
        if not EARLIEST <= day < LATEST:
            raise serializers.ValidationError(_("Escolha um dia entre 2000 e 2099."))
        return day


@transaction.atomic
def change(
    appointment: Appointment,
    *,
    by: By,
    now: datetime,
    starts_at: datetime | None = None,
    professional: Professional | None = None,
    notes: str | None = None,
) -> None:
    """Change what is given and differs: all of it or, when the move is refused, nothing."""
    starts_at = starts_at or appointment.starts_at
    professional = professional or appointment.professional
    if (starts_at, professional) != (appointment.starts_at, appointment.professional):
        services.move(appointment, starts_at=starts_at, professional=professional, by=by, now=now)
    if notes is not None:
        appointment.notes = notes
        appointment.save(update_fields=["notes"])


_step = extend_schema(request=None, responses={200: AppointmentSerializer, 409: None})


@extend_schema_view(
    list=extend_schema(summary="Listar agendamentos", parameters=[AppointmentQuery]),
    retrieve=extend_schema(summary="Ver um agendamento"),
)
@extend_schema(tags=["Agendamentos"])
class Appointments(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Appointment]
):
    """An appointment is not deleted: cancel it.  A professional sees only those he attends."""

    queryset = Appointment.objects.all()
    serializer_class = AppointmentSerializer
    lookup_value_converter = "int"
    right_to_read, right_to_write = Right.SEE_OWN_AGENDA, Right.BOOK

    refusals: ClassVar[dict[type[Exception], tuple[type[APIException], Any]]] = {
        services.SlotTaken: (Conflict, gettext_lazy("Este horário já está ocupado.")),
        services.NotChangeable: (
            Conflict,
            gettext_lazy("A situação do agendamento não permite mais isso."),
        ),
        services.InThePast: (Refused, gettext_lazy("Este horário já passou.")),
        services.NotOffered: (Refused, gettext_lazy("Este profissional não faz o serviço.")),
    }

    def handle_exception(self, exc: Exception) -> Response:
        kind, sentence = self.refusals.get(type(exc), (None, ""))
        return super().handle_exception(kind(sentence) if kind else exc)

    def get_queryset(self) -> Any:
        return agenda.visible(company_request(self.request))

    def filter_queryset(self, queryset: Any) -> Any:
        if self.action != "list":
            return queryset
        asked = AppointmentQuery(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        if day := wanted.pop("date", None):
            queryset = queryset.between(
                *agenda.bounds(day, company_request(self.request).company.zone)
            )
        return queryset.filter(**wanted)

    @extend_schema(
        summary="Marcar",
        description=(
            "Duração, preço e tempo de preparação são os do profissional para o serviço. Com 409 o"
            " horário já é de outro agendamento dele; com 400 ele não faz o serviço. Horário de"
            " trabalho, ausências e tempo de preparação não recusam: quem chama decide."
        ),
        request=BookingSerializer,
        responses={201: AppointmentSerializer, 409: None},
    )
    def create(self, request: Request) -> Response:
        asked = BookingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            appointment = services.book(**asked.validated_data, **self._by_whom())
        except IntegrityError as error:  # what was just found has been deleted since
            if not is_dangling_reference(error):
                raise
            raise Conflict(_("O cliente, o profissional ou o serviço foi apagado.")) from error
        return self._shown(appointment, status=201)

    @extend_schema(
        summary="Remarcar ou anotar",
        description=(
            "Outro `starts_at` ou `professional` remarca: a confirmação é pedida de novo; duração"
            " e preço continuam os mesmos."
        ),
        request=ChangeSerializer,
        responses={200: AppointmentSerializer, 409: None},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        appointment = self.get_object()
        asked = ChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        change(appointment, **asked.validated_data, **self._by_whom())
        return self._shown(appointment)

    @extend_schema(summary="Confirmar")
    @_step
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: int) -> Response:
        return self._done(services.confirm)

    @extend_schema(
        summary="Cancelar",
        request=CancelSerializer,
        responses={200: AppointmentSerializer, 409: None},
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        appointment = self.get_object()
        asked = CancelSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.cancel(appointment, **asked.validated_data, **self._by_whom())
        return self._shown(appointment)

    @extend_schema(summary="Marcar a chegada")
    @_step
    @action(detail=True, methods=["post"])
    def arrived(self, request: Request, pk: int) -> Response:
        return self._done(services.mark_arrived)

    @extend_schema(summary="Marcar como atendido")
    @_step
    @action(detail=True, methods=["post"])
    def completed(self, request: Request, pk: int) -> Response:
        return self._done(services.mark_completed)

    @extend_schema(summary="Marcar a falta")
    @_step
    @action(detail=True, methods=["post"], url_path="no-show")
    def no_show(self, request: Request, pk: int) -> Response:
        return self._done(services.mark_no_show)

    def _done(self, verb: Any) -> Response:
        appointment = self.get_object()
        verb(appointment, **self._by_whom())
        return self._shown(appointment)

    def _by_whom(self) -> dict[str, Any]:
        return {
            "by": By(Origin.API, company_request(self.request).user),
            "now": timezone.now(),
        }

    def _shown(self, appointment: Appointment, *, status: int = 200) -> Response:
        return Response(AppointmentSerializer(appointment).data, status=status)
