from __future__ import annotations

from django.urls import path

from whatsapp.views import connection, messages, pairing

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
    path("whatsapp/para-ler/", messages.to_read, name="to-read"),
    path("whatsapp/para-ler/<int:pk>/resolvido/", messages.resolve, name="resolve"),
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
