from __future__ import annotations

from django.urls import path

from atendo.panel import views

app_name = "panel"
urlpatterns = [
    path("hoje/parte/", views.part, name="part"),
    path("hoje/primeira-vaga/", views.free_time, name="free-time"),
    path("hoje/precisa-de-voce/", views.all_tasks, name="tasks"),
    path("hoje/sem-pergunta/", views.unasked, name="unasked"),
]
