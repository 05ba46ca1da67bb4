from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny


class DocsView(SpectacularSwaggerSplitView):
    """The description to read and try out: Swagger UI from our own origin, its script at an address of its own."""

    url_name = "api:openapi"
    template_name = "api/docs.html"
    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["get", "head"]
