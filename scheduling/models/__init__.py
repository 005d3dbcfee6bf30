from scheduling.models.appointment import Appointment, AppointmentEvent, EventKind, Status
from scheduling.models.client import Client, ClientIdentity
from scheduling.models.professional import Professional, Weekday, WorkingHours
from scheduling.models.service import Service

__all__ = [
    "Appointment",
    "AppointmentEvent",
    "Client",
    "ClientIdentity",
    "EventKind",
    "Professional",
    "Service",
    "Status",
    "Weekday",
    "WorkingHours",
]
