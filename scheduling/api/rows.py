"""Clients, professionals and services over REST."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers, viewsets

from scheduling import hues, phone
from scheduling.forms.fields import PHONE_PROBLEMS
from scheduling.models import Client, Professional, Service
from tenants.api_errors import Conflict
from tenants.permissions import Right
from tenants.serializers import TenantSerializer
from tenants.violations import is_dangling_reference


class SearchQuery(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text=gettext_lazy("Parte do nome, sem ligar para acentos, ou o fim do celular."),
    )


class ClientSerializer(TenantSerializer[Client]):
    phone = serializers.CharField(
        max_length=60,
        help_text=gettext_lazy("Com DDD, escrito de qualquer jeito. Volta em E.164."),
    )

    class Meta:
        model = Client
        fields = ["id", "name", "phone", "notes", "opted_out_at", "created_at"]
        read_only_fields = ["opted_out_at", "created_at"]

    def validate_phone(self, text: str) -> str:
        try:
            e164 = phone.normalize(text)
        except phone.InvalidPhone as problem:
            raise serializers.ValidationError(PHONE_PROBLEMS[problem.code]) from None
        others = Client.objects.with_phone(e164)
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        if others.exists():
            raise serializers.ValidationError(_("Já existe um cliente com este celular."))
        return e164


class ProfessionalSerializer(TenantSerializer[Professional]):
    class Meta:
        model = Professional
        fields = ["id", "name", "color", "is_active"]
        extra_kwargs = {
            "color": {"help_text": gettext_lazy("Sem ela, a cor menos usada na agenda.")}
        }

    def create(self, validated_data: dict[str, Any]) -> Professional:
        validated_data.setdefault("color", hues.next_one())
        created: Professional = super().create(validated_data)
        return created


class ServiceSerializer(TenantSerializer[Service]):
    class Meta:
        model = Service
        fields = [
            *("id", "name", "category", "duration_minutes", "price"),
            *("buffer_before_minutes", "buffer_after_minutes", "is_active"),
        ]


class CompanyRows(viewsets.ModelViewSet[Any]):
    """A table of the company.  What appointments or messages point to is not deleted: 409."""

    lookup_value_converter = "int"

    def perform_destroy(self, instance: models.Model) -> None:
        in_use = Conflict(_("Há agendamentos ou mensagens ligados a este registro."))
        try:
            with transaction.atomic():
                instance.delete()
        except models.ProtectedError:
            raise in_use from None
        except IntegrityError as error:  # an appointment was made in the meantime
            if not is_dangling_reference(error):
                raise
            raise in_use from error


def _documented(one: str, many: str) -> Any:
    """Name the six operations for the OpenAPI page."""
    refused = {204: OpenApiResponse(description="Apagado."), 409: None}
    return extend_schema_view(
        list=extend_schema(summary=f"Listar {many}"),
        retrieve=extend_schema(summary=f"Ver {one}"),
        create=extend_schema(summary=f"Cadastrar {one}"),
        update=extend_schema(summary=f"Substituir {one}"),
        partial_update=extend_schema(summary=f"Mudar {one}"),
        destroy=extend_schema(
            summary=f"Apagar {one}", description="Só o que não está em uso.", responses=refused
        ),
    )


@_documented("um cliente", "clientes")
@extend_schema_view(list=extend_schema(parameters=[SearchQuery]))
@extend_schema(tags=["Clientes"])
class Clients(CompanyRows):
    queryset = Client.objects.all()
    serializer_class = ClientSerializer
    right_to_read = right_to_write = Right.BOOK

    def filter_queryset(self, queryset: Any) -> Any:
        asked = SearchQuery(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data.get("search", "")
        return queryset.matching(text) if text and self.action == "list" else queryset


@_documented("um profissional", "profissionais")
@extend_schema(tags=["Profissionais"])
class Professionals(CompanyRows):
    queryset = Professional.objects.all()
    serializer_class = ProfessionalSerializer
    right_to_read, right_to_write = Right.SEE_AGENDA, Right.MANAGE


@_documented("um serviço", "serviços")
@extend_schema(tags=["Serviços"])
class Services(CompanyRows):
    queryset = Service.objects.all()
    serializer_class = ServiceSerializer
    right_to_read, right_to_write = Right.SEE_AGENDA, Right.MANAGE
