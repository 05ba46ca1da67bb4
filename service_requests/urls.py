from django.urls import path

from service_requests.views import policy, requests, working

app_name = "service_requests"

urlpatterns = [
    path("service-requests/", requests.RequestListView.as_view(), name="list"),
    path("service-requests/new/", working.CreateRequestView.as_view(), name="create"),
    path("service-requests/<uuid:pk>/", requests.RequestDetailView.as_view(), name="detail"),
    path("service-requests/<uuid:pk>/take/", working.TakeView.as_view(), name="take"),
    path("service-requests/<uuid:pk>/resume/", working.ResumeView.as_view(), name="resume"),
    path("service-requests/<uuid:pk>/move/", working.MoveRequestView.as_view(), name="move"),
    path("service-requests/<uuid:pk>/wait/", working.WaitView.as_view(), name="wait"),
    path("service-requests/<uuid:pk>/done/", working.FinishView.as_view(), name="finish"),
    path("service-requests/<uuid:pk>/decline/", working.DeclineView.as_view(), name="decline"),
    path("settings/service-requests/", policy.PolicyView.as_view(), name="policy"),
]
