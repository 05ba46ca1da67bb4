"""Why two customers are not merged, or a merge is not undone."""

from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError


class MergeWithItself(DomainError):
    code = "merge_with_itself"
    message = _("A customer cannot be merged with itself.")


class MergedAlready(DomainError):
    code = "merged_already"
    message = _("One of the two was merged into another customer in the meantime.")


class MergeOfErased(DomainError):
    code = "merge_of_erased"
    message = _("The personal data of one of the two was erased, so nobody can tell that they are the same.")


class MergeClash(DomainError):
    code = "merge_clash"


class MergeChanged(DomainError):
    code = "merge_changed"
    message = _("Somebody else changed one of the two in the meantime. What is stored now stands here; choose again.")


class OlderKept(DomainError):
    code = "older_kept"
    message = _(
        "Different people look after the two, so the older one stays unless who may give customers to others merges"
        " them. Choose the other way round."
    )


class NoSuchFact(DomainError):
    code = "no_such_fact"


class MergeUndone(DomainError):
    code = "merge_undone"
    message = _("Somebody else has undone this merge already.")


class MergeKept(DomainError):
    code = "merge_kept"
    message = _("What is needed to undo this merge is not kept any more.")


class LaterMergeFirst(DomainError):
    code = "later_merge_first"
    message = _("There was another merge after this one: undo that first.")
