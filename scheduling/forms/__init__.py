from scheduling.forms.absences import AbsenceForm
from scheduling.forms.agenda import AgendaForm
from scheduling.forms.appointments import CancelForm, MoveForm
from scheduling.forms.booking import BookingForm
from scheduling.forms.client_imports import ColumnsForm, UploadForm
from scheduling.forms.clients import ClientForm, NewClientForm, NotesForm, SearchForm
from scheduling.forms.hours import HoursForm
from scheduling.forms.professionals import ProfessionalForm
from scheduling.forms.services import ServiceForm
from scheduling.forms.terms import TermsForm

__all__ = [
    "AbsenceForm",
    "AgendaForm",
    "BookingForm",
    "CancelForm",
    "ClientForm",
    "ColumnsForm",
    "HoursForm",
    "MoveForm",
    "NewClientForm",
    "NotesForm",
    "ProfessionalForm",
    "SearchForm",
    "ServiceForm",
    "TermsForm",
    "UploadForm",
]
