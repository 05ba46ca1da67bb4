from collections.abc import Callable, Iterator

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from core.tenancy.scope import tenant_scope


class TenantMiddleware:
    """Run a request inside the tenant that session or key named as `request.tenant_id`, in one transaction.

    An answer of 500 or more is rolled back: an atomic block does not do so by itself, because the exception
    has become an answer by then. A streamed body is made after the transaction, so it enters the scope again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant_id = getattr(request, "tenant_id", None)
        if tenant_id is None:
            return self.get_response(request)
        # Whoever named the tenant may have read it already.
        with tenant_scope(getattr(request, "tenant", tenant_id)):
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        if response.streaming:
            response.streaming_content = _inside(tenant_id, response.streaming_content)
        return response


def _inside(tenant_id: object, content: Iterator[bytes]) -> Iterator[bytes]:
    with tenant_scope(tenant_id):
        yield from content
