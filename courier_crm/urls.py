from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("courier_crm.api_urls")),
    path("", include("core.web.urls")),
    path("", include("core.accounts.urls")),
    path("", include("core.console.urls")),
    path("", include("core.imports.urls")),
    path("", include("customers.urls")),
    path("", include("documents.urls")),
    path("", include("shipments.urls")),
    path("", include("behaviour.urls")),
    path("", include("service_requests.urls")),
    path("", include("service_plans.urls")),
    path("", include("development.urls")),
    path("", include("tiering.urls")),
    path("", include("portfolios.urls")),
    path("", include("lifecycle.urls")),
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
