from django.db import models
from django.utils.translation import gettext_lazy as _


class MediaType(models.TextChoices):
    """The kinds of file that an archive takes."""

    PDF = "application/pdf", _("PDF")
    PNG = "image/png", _("Picture")
    JPEG = "image/jpeg", _("Picture")
    GIF = "image/gif", _("Picture")
    WEBP = "image/webp", _("Picture")
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", _("Text document")
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _("Spreadsheet")
    PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation", _("Presentation")
    DOC = "application/msword", _("Text document")
    XLS = "application/vnd.ms-excel", _("Spreadsheet")
    PPT = "application/vnd.ms-powerpoint", _("Presentation")


ICONS = {
    MediaType.PDF: "file-type-pdf",
    MediaType.DOCX: "file-text",
    MediaType.DOC: "file-text",
    MediaType.XLSX: "file-spreadsheet",
    MediaType.XLS: "file-spreadsheet",
    MediaType.PPTX: "presentation",
    MediaType.PPT: "presentation",
}
PICTURE_ICON = "photo"
ENDINGS = ".pdf,.png,.jpg,.jpeg,.gif,.webp,.docx,.xlsx,.pptx,.doc,.xls,.ppt"
