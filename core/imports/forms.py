from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core.imports.enums import Encoding
from core.imports.kinds import ImportKind
from core.imports.presets import presets_for
from core.imports.services import LARGEST_FILE, FileTooLarge


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or Excel (.xlsx), up to 200 MB. The first line names the columns."),
        max_length=200,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )
    encoding = forms.ChoiceField(
        label=_("Text encoding"),
        choices=[("", _("Found out from the file")), *Encoding.choices],
        required=False,
        help_text=_("Only where letters come out wrong."),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        # Looked at before it is read whole.
        if file.size > LARGEST_FILE:
            raise ValidationError(FileTooLarge.message, code=FileTooLarge.code)
        return file


class ColumnsForm(forms.Form):
    """Which field each column of a file holds, by the column's place; and the name under which that is kept."""

    template_name_kept = forms.CharField(
        label=_("Keep these choices as"),
        max_length=100,
        required=False,
        help_text=_("A name, if more files with these columns will come. They are then filled in by themselves."),
    )

    preset = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, kind: ImportKind, columns: Sequence[str], mapping: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["preset"].choices = [("", ""), *((each.name, each.label) for each in presets_for(kind.name))]
        fields = kind.fields()
        needed = [(field.name, field.label) for field in fields if field.is_required]
        others = [(field.name, field.label) for field in fields if not field.is_required]
        choices = [("", _("Leave out")), (_("Needed"), needed), (_("Optional"), others)]
        for place, column in enumerate(columns):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=column or "–", choices=choices, required=False, initial=mapping[place] if mapping else ""
            )
        self.places = range(len(columns))

    @property
    def column_fields(self) -> list[forms.BoundField]:
        return [self[f"column_{place}"] for place in self.places]

    @property
    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column_{place}"] for place in self.places]


class StartForm(forms.Form):
    skips_alike = forms.BooleanField(
        label=_("Leave out new rows that may be there already"),
        required=False,
        help_text=_("Otherwise they go in, and the possible duplicates can be merged afterwards."),
    )
