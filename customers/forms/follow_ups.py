from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import Team
from core.web.lists.filters import LAST_DAY
from core.web.reading_order import NamedChoiceField
from core.web.records import RecordForm
from customers.enums import Assignment, FollowUpKind, Priority, Recurrence
from customers.follow_ups.querysets import workers
from customers.follow_ups.recurrence import MOST_BETWEEN
from customers.follow_ups.words import show
from customers.models import Customer, FollowUp
from customers.picking import CustomerField
from customers.services.follow_ups import LONGEST_OUTCOME, LONGEST_SUBJECT

MORNING = time(9)
DUE = pgettext_lazy("follow-up", "Due")
NO_SERIES = [("", _("It does not repeat")), *Recurrence.choices]


def morning_in(days: int) -> datetime:
    """Return nine o'clock some days from today, in the reader's zone."""
    return timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=days), MORNING))


class TimeField(forms.DateTimeField):
    """A minute of the reader's zone, as browsers ask for it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)

    def clean(self, value: Any) -> datetime | None:
        cleaned = super().clean(value)
        if cleaned is not None and cleaned.date() > LAST_DAY:
            raise ValidationError(_("Enter a time before 2200."))
        return cleaned


class _Subject(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("What is to be done"),
            max_length=LONGEST_SUBJECT,
            widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
            error_messages={"required": _("Write down what is to be done.")},
        )


class AssignedForm(forms.Form):
    """Who is to do it: by name, by the customer's portfolio, or by load."""

    assignment = forms.ChoiceField(label=_("Who is to do it"), choices=Assignment.choices, initial=Assignment.HAND)
    assignee = NamedChoiceField(label=_("Assignee"), queryset=None, required=False, empty_label=_("Nobody yet"))
    team = NamedChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = workers()
        self.fields["team"].queryset = Team.objects.open().order_by("name", "id")


SERIES = ("recurrence", "repeats_every", "repeats_until")


class SeriesForm(forms.Form):
    recurrence = forms.ChoiceField(label=_("Repeats"), choices=NO_SERIES, required=False)
    repeats_every = forms.IntegerField(
        label=_("Every so many"),
        required=False,
        min_value=1,
        max_value=MOST_BETWEEN,
        initial=1,
        help_text=_("With “Every week”, 2 is a fortnight; with “Every month”, 3 is a quarter."),
    )
    repeats_until = forms.DateField(
        label=_("Repeats until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: until somebody cancels it."),
    )

    def clean_repeats_every(self) -> int:
        return (self.cleaned_data["repeats_every"] or 1) if self.cleaned_data.get("recurrence") else 1

    def clean_repeats_until(self) -> Any:
        return self.cleaned_data["repeats_until"] if self.cleaned_data.get("recurrence") else None


class FollowUpForm(AssignedForm, SeriesForm):
    """What is to be done by when, by whom, and for which customer, unless the page says."""

    customer_number = CustomerField(required=False, help_text=_("Empty: for no customer."))
    subject = _Subject()
    kind = forms.ChoiceField(label=_("Kind"), choices=FollowUpKind.choices)
    due_at = TimeField(label=DUE)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    is_promised = forms.BooleanField(label=_("Promised to the customer"), required=False)
    field_order = (
        "customer_number",
        "subject",
        "kind",
        "due_at",
        "priority",
        "is_promised",
        "assignment",
        "assignee",
        "team",
        *SERIES,
    )

    def __init__(self, *args: Any, customer: Customer | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._customer = customer
        if customer is not None:
            del self.fields["customer_number"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.pop("customer_number", None)
        cleaned["customer"] = self._customer or chosen
        if (
            "customer_number" not in self.errors
            and cleaned.get("assignment") == Assignment.PORTFOLIO
            and cleaned["customer"] is None
        ):
            self.add_error("assignment", _("Only a customer has an account manager."))
        return cleaned


class UpdateFollowUpForm(RecordForm, SeriesForm):
    """What an open follow-up says; where personal data of the subject is hidden, empty keeps what is stored."""

    told_by = ("follow_up.updated",)

    subject = _Subject()
    kind = forms.ChoiceField(label=_("Kind"), choices=FollowUpKind.choices)
    due_at = TimeField(label=DUE)
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    is_promised = forms.BooleanField(label=_("Promised to the customer"), required=False)
    field_order = ("subject", "kind", "due_at", "priority", "is_promised", *SERIES)

    def __init__(self, *args: Any, record: FollowUp, **kwargs: Any) -> None:
        self._shown = show([record])[0]
        super().__init__(*args, record=record, **kwargs)
        # What a rule says is said in each reader's language unless somebody writes something else.
        if self._is_kept:
            subject = self.fields["subject"]
            subject.required = False
            subject.widget.attrs["placeholder"] = self._shown.subject
            subject.help_text = _("Recorded. Leave it empty to keep what is stored.")

    @property
    def _is_kept(self) -> bool:
        return self._shown.is_masked or not self.record.subject

    def stored(self) -> dict[str, Any]:
        names = ("kind", "due_at", "priority", "is_promised", *SERIES)
        stored = {name: getattr(self.record, name) for name in names}
        return stored if self._is_kept else {"subject": self.record.subject, **stored}

    def masked(self) -> dict[str, tuple[Any, str]]:
        return {"subject": (self.record.subject, self._shown.subject)} if self._is_kept else {}

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class DoneForm(forms.Form):
    outcome = forms.CharField(
        label=_("Outcome"),
        max_length=LONGEST_OUTCOME,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=_("Stands in the customer's timeline with what was to be done."),
    )


class CancelForm(forms.Form):
    outcome = forms.CharField(
        label=_("Why it is given up"),
        max_length=LONGEST_OUTCOME,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "autofocus": True}),
    )


class SnoozeForm(forms.Form):
    """Until when; or for how many minutes from now, as a key asks for it."""

    until = TimeField(label=_("Snooze until"), required=False)
    minutes = forms.IntegerField(min_value=1, max_value=100_000, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        minutes = cleaned.pop("minutes", None)
        if minutes:
            cleaned["until"] = timezone.now() + timedelta(minutes=minutes)
        elif not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("Enter until when."))
        return cleaned


class RescheduleForm(forms.Form):
    """To when; or by how many days from today, at its time of day, as a key asks for it."""

    due_at = TimeField(label=DUE, required=False)
    days = forms.IntegerField(min_value=1, max_value=366, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._time = timezone.localtime(follow_up.due_at).time()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        days = cleaned.pop("days", None)
        if days:
            day = timezone.localdate() + timedelta(days=days)
            cleaned["due_at"] = timezone.make_aware(datetime.combine(day, self._time))
        elif not cleaned.get("due_at") and "due_at" not in self.errors:
            self.add_error("due_at", _("Enter when it is due."))
        return cleaned


class HandOverForm(forms.Form):
    assignee = NamedChoiceField(label=_("Assignee"), queryset=None, required=False, empty_label=_("Nobody yet"))
    team = NamedChoiceField(label=_("Team"), queryset=None, required=False, empty_label=_("None"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = workers()
        self.fields["assignee"].widget.attrs["autofocus"] = True
        self.fields["team"].queryset = Team.objects.open().order_by("name", "id")
