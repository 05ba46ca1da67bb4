"""The form of a record that stands already: whole or fact by fact, and never over what somebody else wrote."""

from core.web.records.forms import RecordForm
from core.web.records.here import HereView
from core.web.records.keeping import DraftedFormView, restored
from core.web.records.views import RecordFormView

__all__ = ["DraftedFormView", "HereView", "RecordForm", "RecordFormView", "restored"]
