from scheduling.forms.appointments import CancelForm, DayForm, MoveForm
from scheduling.forms.booking import BookingForm
from scheduling.forms.clients import ClientForm, SearchForm
from scheduling.forms.professionals import HoursForm, ProfessionalForm
from scheduling.forms.services import ServiceForm

__all__ = [
    "BookingForm",
    "CancelForm",
    "ClientForm",
    "DayForm",
    "HoursForm",
    "MoveForm",
    "ProfessionalForm",
    "SearchForm",
    "ServiceForm",
]
