from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from documents.enums import ENDINGS
from documents.services import LARGEST, DocumentTooLarge


class DocumentForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, picture, or office file without macros, up to 20 MiB."),
        max_length=200,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ENDINGS}),
    )
    note = forms.CharField(
        label=_("What it is"), max_length=200, required=False, help_text=_("Such as: contract for 2026, signed.")
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        # Looked at before it is read whole.
        if file.size > LARGEST:
            raise ValidationError(DocumentTooLarge.message, code=DocumentTooLarge.code)
        return file
