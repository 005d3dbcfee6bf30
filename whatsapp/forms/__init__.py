from whatsapp.forms.connection import PairForm, RiskForm
from whatsapp.forms.conversations import AnswerForm
from whatsapp.forms.notices import NoticesForm
from whatsapp.forms.wording import KindForm, TestForm, TextForm

__all__ = ["AnswerForm", "KindForm", "NoticesForm", "PairForm", "RiskForm", "TestForm", "TextForm"]
