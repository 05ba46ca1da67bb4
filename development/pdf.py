"""A proposal as a PDF file. Chinese is set in a font that readers bring themselves, so none is shipped."""

from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from core.tenancy.clock import local_date
from core.tenancy.scope import current_tenant
from development.models import Proposal
from development.offers import LineShown

CHINESE, LATIN = "STSong-Light", "Helvetica"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
LINE = colors.HexColor("#c8ccd4")
WIDTHS = (70 * mm, 40 * mm, 59 * mm)


def render(proposal: Proposal, lines: Sequence[LineShown], *, sender: str, foreword: str) -> bytes:
    """Return a proposal in the active language; the same proposal makes the same bytes."""
    file = BytesIO()
    title = _("Proposal %(number)s") % {"number": proposal.number}
    page = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=title,
        author=sender,
        invariant=1,
    )
    page.build([*_head(proposal, title, sender, foreword), _table(lines), Spacer(1, 8 * mm), *_foot(proposal)])
    return file.getvalue()


def _head(proposal: Proposal, title: str, sender: str, foreword: str) -> list[Flowable]:
    company = proposal.opportunity.customer.company_name
    told = _("Version %(edition)s, valid until %(day)s") % {
        "edition": proposal.edition,
        "day": proposal.valid_until.isoformat(),
    }
    head = [_words(sender, size=10), _words(title, size=18), _words(proposal.opportunity.title, size=13)]
    if company:
        head.append(_words(_("For %(company)s") % {"company": company}))
    head += [_words(told), Spacer(1, 5 * mm)]
    if foreword:
        head += [_words(foreword), Spacer(1, 5 * mm)]
    return head


def _table(lines: Sequence[LineShown]) -> Table:
    rows = [[_words(head, size=9) for head in (_("Service"), _("Price"), _("What it should bring"))]]
    for shown in lines:
        said = [_words(shown.name, size=11), *([_words(shown.text, size=9)] if shown.text else [])]
        rows.append([said, _words(shown.price or "–"), _words(_benefit(shown))])
    # A row that is longer than a page goes on on the next.
    table = Table(rows, colWidths=WIDTHS, repeatRows=1, splitInRow=1, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
            ]
        )
    )
    return table


def _benefit(shown: LineShown) -> str:
    benefit = shown.benefit
    if benefit is None:
        return "–"
    return _("%(measure)s: from %(baseline)s to %(target)s") % {
        "measure": benefit.label,
        "baseline": benefit.baseline,
        "target": benefit.target,
    }


def _foot(proposal: Proposal) -> list[Flowable]:
    if proposal.answered_at is None:
        return [_words(_("To be accepted by the link that came with it."), size=9)]
    answered_on = local_date(proposal.answered_at, current_tenant().time_zone)
    words = _("%(state)s on %(day)s") % {"state": proposal.get_state_display(), "day": answered_on}
    return [_words(words, size=9)]


def _words(text: str, *, size: int = 10) -> Paragraph:
    is_latin = all(ord(letter) < 256 for letter in text)
    style = ParagraphStyle(
        "words",
        fontName=LATIN if is_latin else CHINESE,
        fontSize=size,
        leading=size * 1.45,
        wordWrap=None if is_latin else "CJK",
        spaceAfter=1.5 * mm,
    )
    return Paragraph(escape(text).replace("\n", "<br/>"), style)
