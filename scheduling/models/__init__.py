from scheduling.models.appointment import OPEN, Appointment, AppointmentEvent, EventKind, Status
from scheduling.models.client import Client, ClientIdentity, ConsentSource
from scheduling.models.client_import import (
    ClientImport,
    ClientImportRow,
    ImportStatus,
    Outcome,
)
from scheduling.models.professional import Absence, Hue, Professional, Weekday, WorkingHours
from scheduling.models.service import ProfessionalService, Service

__all__ = [
    "OPEN",
    "Absence",
    "Appointment",
    "AppointmentEvent",
    "Client",
    "ClientIdentity",
    "ClientImport",
    "ClientImportRow",
    "ConsentSource",
    "EventKind",
    "Hue",
    "ImportStatus",
    "Outcome",
    "Professional",
    "ProfessionalService",
    "Service",
    "Status",
    "Weekday",
    "WorkingHours",
]
