from __future__ import annotations

from django.urls import path, register_converter

from whatsapp.messages import WITH_TEXT, MessageKind
from whatsapp.views import connection, conversations, messages, notices, pairing, wording


class KindConverter:
    """The last part of an address as a row of KINDS that has a text."""

    regex = "|".join(name.replace("_", "-") for name in WITH_TEXT)

    def to_python(self, value: str) -> MessageKind:
        return WITH_TEXT[value.replace("-", "_")]

    def to_url(self, value: MessageKind) -> str:
        return value.text_name.replace("_", "-")


register_converter(KindConverter, "kind")

app_name = "whatsapp"
urlpatterns = [
    path("whatsapp/", connection.connection, name="connection"),
    path("whatsapp/situacao/", connection.connection_status, name="connection-status"),
    path("whatsapp/luz/", connection.light, name="light"),
    path("whatsapp/aceitar/", pairing.accept_and_connect, name="accept-and-connect"),
    path("whatsapp/conectar/", pairing.connect, name="connect"),
    path("whatsapp/reconectar/", pairing.connect, name="reconnect"),
    path("whatsapp/celular/", pairing.pair, name="pair"),
    path("whatsapp/desconectar/", pairing.disconnect, name="disconnect"),
    path("modelos/", wording.texts, name="texts"),
    path("modelos/previa/", wording.preview, name="text-preview"),
    path("modelos/restaurar/", wording.restore, name="text-restore"),
    path("modelos/testar/", wording.test, name="text-test"),
    path("modelos/<kind:kind>/", wording.text, name="text"),
    path("configuracoes/avisos/", notices.notices, name="notices"),
    path("configuracoes/avisos/exemplo/", notices.notices_example, name="notices-example"),
    path("conversas/", conversations.conversations, name="conversations"),
    path("conversas/<int:pk>/", conversations.thread, name="thread"),
    path("conversas/numero/<int:pk>/", conversations.unknown_thread, name="unknown-thread"),
    path("conversas/enviar-de-novo/<int:pk>/", conversations.send_again, name="send-again"),
    path("whatsapp/para-ler/<int:pk>/resolvido/", conversations.resolve, name="resolve"),
    path(
        "agendamentos/<int:pk>/mensagens/",
        messages.appointment_messages,
        name="appointment-messages",
    ),
    path("clientes/<int:pk>/mensagens/", messages.client_messages, name="client-messages"),
    path(
        "agendamentos/<int:pk>/enviar-confirmacao/",
        messages.send_confirmation,
        name="send-confirmation",
    ),
]
