from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.contact_points import MAX_LENGTH, BadContactPoint, normalised
from customers.enums import ContactPointKind
from customers.forms.fields import EITHER_OR
from customers.models import Contact, ContactPoint
from customers.services.contacts import MAX_POINTS, ContactPointChange, TooManyContactPoints

SPARE_ROWS = 2


class PointForm(forms.Form):
    """One way to reach a contact; a stored value is shown masked, and empty keeps it."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=ContactPointKind.choices, initial=ContactPointKind.PHONE)
    value = forms.CharField(label=_("Number or address"), max_length=MAX_LENGTH, required=False)
    is_preferred = forms.BooleanField(label=_("Preferred"), required=False)
    is_removed = forms.BooleanField(label=_("Remove what is stored"), required=False)

    def __init__(self, *args: Any, stored: Mapping[UUID, ContactPoint], country: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.point = stored.get(self._given_id())
        if self.point:
            self.fields["value"].widget.attrs["placeholder"] = self.point.masked_value
        else:
            del self.fields["is_removed"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind, value = cleaned.get("kind"), cleaned.get("value")
        if not kind or value is None:
            return cleaned
        if cleaned.get("is_removed"):
            if value:
                self.add_error("value", EITHER_OR)
        elif value:
            try:
                cleaned["value"] = normalised(kind, value, country=self.country)
            except BadContactPoint as error:
                self.add_error("value", str(error.message))
        elif self.point is None:
            # A row whose point somebody else removed meanwhile is empty for a good reason.
            if not self._given_id():
                self.add_error("value", _("Enter the number or address."))
        elif self.point.kind != kind:
            self.add_error("value", _("Enter it again when its kind changes."))
        return cleaned

    @property
    def change(self) -> ContactPointChange:
        cleaned = self.cleaned_data
        return ContactPointChange(
            point_id=self.point.pk if self.point else None,
            kind=cleaned["kind"],
            value=cleaned["value"],
            is_preferred=cleaned["is_preferred"],
            is_removed=cleaned.get("is_removed", False),
        )

    def _given_id(self) -> UUID | None:
        given = self["id"].value()
        try:
            return UUID(str(given)) if given else None
        except ValueError:
            return None


class PointRows(BaseFormSet):
    def clean(self) -> None:
        kept = [form for form in self.forms if form.is_valid() and _is_kept(form)]
        if len(kept) > MAX_POINTS:
            raise ValidationError(TooManyContactPoints.message)
        if sum(form.cleaned_data["is_preferred"] for form in kept) > 1:
            raise ValidationError(_("Only one way to be reached can be the preferred one."))

    @property
    def changes(self) -> list[ContactPointChange]:
        """What becomes of each row that was filled in or stored."""
        return [form.change for form in self.forms if form.cleaned_data.get("kind")]


def _is_kept(form: PointForm) -> bool:
    """A stored row may have gone meanwhile; it counts only if it was filled in again."""
    cleaned = form.cleaned_data
    return bool(cleaned.get("kind")) and not cleaned.get("is_removed") and bool(form.point or cleaned["value"])


class ContactForm(forms.Form):
    """A contact and the ways to reach them, in rows of their own."""

    name = forms.CharField(label=_("Full name"), max_length=100)
    position = forms.CharField(label=_("Position"), max_length=100, required=False)
    is_primary = forms.BooleanField(
        label=_("Primary contact"),
        required=False,
        help_text=_("Takes the place of the one who is it now."),
    )

    def __init__(self, *args: Any, points: Sequence[ContactPoint] = (), country: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        most = max(MAX_POINTS, len(points))
        rows = formset_factory(
            PointForm, formset=PointRows, extra=min(SPARE_ROWS, most - len(points)), max_num=most, absolute_max=2 * most
        )
        self.points = rows(
            self.data if self.is_bound else None,
            prefix="points",
            initial=[{"id": point.pk, "kind": point.kind, "is_preferred": point.is_preferred} for point in points],
            form_kwargs={"stored": {point.pk: point for point in points}, "country": country},
        )

    def is_valid(self) -> bool:
        rows_are_valid = self.points.is_valid()
        return super().is_valid() and rows_are_valid

    @property
    def facts(self) -> dict[str, Any]:
        return {**self.cleaned_data, "points": self.points.changes}


class UpdateContactForm(ContactForm):
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, contact: Contact, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["name"]
        name.required = False
        name.widget.attrs["placeholder"] = contact.masked_name
        name.help_text = _("Recorded. Leave it empty to keep what is stored.")

    def show_stored(self, contact: Contact, points: Sequence[ContactPoint]) -> None:
        """Say beside each field what is stored now, masked, and let the next save replace that version."""
        stored = {
            "position": contact.position,
            "is_primary": gettext("Yes") if contact.is_primary else gettext("No"),
        }
        typed = {
            "position": self.cleaned_data["position"],
            "is_primary": gettext("Yes") if self.cleaned_data["is_primary"] else gettext("No"),
        }
        for name, words in stored.items():
            if typed[name] != words:
                self[name].help_text = format_html(gettext("Stored now: {}"), words or "–")
        if self.cleaned_data["name"]:
            self["name"].help_text = format_html(gettext("Stored now: {}"), contact.masked_name)
        self.stored_points = [f"{point.get_kind_display()}: {point.masked_value}" for point in points]
        self.data = self.data.copy()
        self.data["version"] = contact.version
