from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shipments.rows import FIELDS, REQUIRED
from shipments.services import LARGEST_FILE, FileTooLarge

LABELS = {
    "waybill_number": _("Waybill number"),
    "customer_number": _("Customer number"),
    "customer_name": _("Customer name"),
    "customer_kind": _("Kind of customer"),
    "status": _("Status"),
    "accepted_at": pgettext_lazy("time", "Accepted"),
    "picked_up_at": pgettext_lazy("time", "Picked up"),
    "promised_at": _("Promised"),
    "delivered_at": pgettext_lazy("time", "Delivered"),
    "freight": _("Freight"),
    "surcharges": _("Surcharges"),
    "refunds": _("Refunds"),
    "declared_value": _("Declared value"),
    "cod_amount": _("Cash on delivery"),
    "goods_category": _("Goods"),
    "service_product": _("Service"),
    "transport_mode": _("Transport"),
    "booking_channel": _("Booked by"),
    "packaging": _("Packaging"),
    "services": _("Value-added services"),
    "exceptions": _("Exceptions"),
    "weight_g": _("Weight in grams"),
    "length_cm": _("Length in cm"),
    "width_cm": _("Width in cm"),
    "height_cm": _("Height in cm"),
    "origin_city": _("City of origin"),
    "origin_region": _("Region of origin"),
    "destination_city": _("City of destination"),
    "destination_region": _("Region of destination"),
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV in UTF-8, up to 200 MB. The first line names the columns."),
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        # Looked at before it is read whole.
        if file.size > LARGEST_FILE:
            raise ValidationError(FileTooLarge.message, code=FileTooLarge.code)
        return file


class ColumnsForm(forms.Form):
    """Which column of a file holds which field; columns with the name or the label of a field are found."""

    def __init__(self, *args: Any, columns: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(column, column) for column in columns if column]
        for name in FIELDS:
            required = name in REQUIRED
            nothing = _("Choose a column") if required else _("Not in the file")
            self.fields[name] = forms.ChoiceField(
                label=LABELS[name],
                required=required,
                choices=[("", nothing), *named],
                initial=_column_for(name, columns),
                error_messages={"required": _("Choose the column that holds this.")},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for name in FIELDS:
            column = cleaned.get(name)
            if not column:
                continue
            if column in taken:
                message = _("%(field)s takes this column already.") % {"field": LABELS[taken[column]]}
                self.add_error(name, message)
            else:
                taken[column] = name
        return cleaned

    @property
    def required_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in REQUIRED]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FIELDS if name not in REQUIRED]

    @property
    def found(self) -> dict[str, str]:
        """The fields that columns were found to hold by their names, by column; not what somebody chose."""
        return {field.initial: name for name, field in self.fields.items() if field.initial}

    @property
    def unused(self) -> list[str]:
        """The columns that no field takes."""
        taken = {self[name].value() for name in FIELDS}
        return [choice for choice, _label in self.fields[FIELDS[0]].choices if choice and choice not in taken]


def _column_for(field: str, columns: Sequence[str]) -> str:
    if field in columns:
        return field
    names = {_plain(field), _plain(str(LABELS[field]))}
    return next((column for column in columns if _plain(column) in names), "")


def _plain(name: str) -> str:
    return name.casefold().replace(" ", "").replace("_", "").replace("-", "")
