from scheduling.forms.agenda import AgendaForm
from scheduling.forms.appointments import CancelForm, MoveForm
from scheduling.forms.booking import BookingForm
from scheduling.forms.clients import ClientForm, NewClientForm, NotesForm, SearchForm
from scheduling.forms.professionals import HoursForm, ProfessionalForm
from scheduling.forms.services import ServiceForm

__all__ = [
    "AgendaForm",
    "BookingForm",
    "CancelForm",
    "ClientForm",
    "HoursForm",
    "MoveForm",
    "NewClientForm",
    "NotesForm",
    "ProfessionalForm",
    "SearchForm",
    "ServiceForm",
]
