from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.web.records import RecordForm
from core.web.records.conflicts import MINE, THEIRS, Began, Difference, digest_of
from customers.contact_points import MAX_LENGTH, BadContactPoint, normalised
from customers.enums import ContactPointKind
from customers.forms.fields import EITHER_OR, NameField
from customers.models import Contact, ContactPoint, Customer
from customers.services.contacts import MAX_POINTS, ContactPointChange, TooManyContactPoints
from customers.services.points import PreferredOptedOut

SPARE_ROWS = 2
POINTS = "points"


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
        if cleaned.get("is_preferred") and self.point and self.point.opted_out_at and not cleaned.get("is_removed"):
            self.add_error("is_preferred", PreferredOptedOut.message)
        return cleaned

    @property
    def in_words(self) -> str:
        """What was typed, masked where nothing new was."""
        cleaned = self.cleaned_data
        value = cleaned["value"] or (self.point.masked_value if self.point else "")
        words = [f"{ContactPointKind(cleaned['kind']).label} {value}"]
        words += [gettext("Preferred")] if cleaned["is_preferred"] else []
        words += [gettext("Remove what is stored")] if cleaned.get("is_removed") else []
        return " · ".join(words)

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

    name = NameField(label=_("Full name"), max_length=100)
    position = NameField(label=_("Position"), max_length=100, required=False)
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


class UpdateContactForm(RecordForm, ContactForm):
    """A contact as it is stored; the ways to reach them count as one fact, of which each row may change."""

    told_by = ("contact.updated",)

    def __init__(self, *args: Any, record: Contact, **kwargs: Any) -> None:
        self.stored_points = list(record.points.all())
        super().__init__(*args, record=record, points=self.stored_points, **kwargs)
        name = self.fields["name"]
        name.required = False
        name.widget.attrs["placeholder"] = record.masked_name
        name.help_text = _("Recorded. Leave it empty to keep what is stored.")

    def stored(self) -> dict[str, Any]:
        return {"position": self.record.position, "is_primary": self.record.is_primary}

    def masked(self) -> dict[str, tuple[str, str]]:
        return {"name": (self.record.name, self.record.masked_name)}

    @property
    def told_of(self) -> Customer:
        return self.record.customer

    def limit_to(self, name: str) -> None:
        super().limit_to(name)
        self.points = None

    def is_valid(self) -> bool:
        return forms.Form.is_valid(self) if self.points is None else super().is_valid()

    @property
    def facts(self) -> dict[str, Any]:
        if self.points is None or self.choice(POINTS) == THEIRS:
            return {**self.cleaned_data, "points": []}
        return super().facts

    def began_beside(self) -> Began:
        return {POINTS: (self._points_digest(), self._points_in_words())} if self.points else {}

    def differences_beside(self, began: Began) -> list[Difference]:
        if self.points is None or not self.points.has_changed():
            return []
        digest, words = began.get(POINTS, ("", None))
        has_moved = digest != self._points_digest()
        typed = [row.in_words for row in self.points.forms if row.has_changed()]
        return [
            Difference(
                name=POINTS,
                label=gettext("Ways to be reached"),
                began=words,
                stands=self._points_in_words(),
                typed=gettext(", ").join(typed),
                has_moved=has_moved,
                chosen=self.choice(POINTS) or ("" if has_moved else MINE),
            )
        ]

    def _points_digest(self) -> str:
        return digest_of([[str(each.pk), each.kind, each.value, each.is_preferred] for each in self.stored_points])

    def _points_in_words(self) -> str:
        return gettext(", ").join(f"{each.get_kind_display()} {each.masked_value}" for each in self.stored_points)
