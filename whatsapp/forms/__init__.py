from whatsapp.forms.connection import PairForm, RiskForm
from whatsapp.forms.notices import NoticesForm
from whatsapp.forms.wording import KindForm, TestForm, TextForm

__all__ = ["KindForm", "NoticesForm", "PairForm", "RiskForm", "TestForm", "TextForm"]
