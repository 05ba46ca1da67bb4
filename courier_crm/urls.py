from django.urls import include, path

urlpatterns = [
    path("", include("core.web.urls")),
    path("", include("core.accounts.urls")),
    path("", include("core.console.urls")),
    path("", include("customers.urls")),
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.permission_denied"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
