from django.urls import path

from tiering import views

app_name = "tiering"

urlpatterns = [
    path("tiers/", views.OverviewView.as_view(), name="overview"),
    path("tiers/evaluate/", views.EvaluateView.as_view(), name="evaluate"),
    path("tiers/moves/", views.MovesView.as_view(), name="moves"),
    path("tiers/value/", views.ValueView.as_view(), name="value"),
    path("tiers/policy/", views.PolicyListView.as_view(), name="policies"),
    path("tiers/policy/new/", views.CreatePolicyView.as_view(), name="create_policy"),
    path("customers/<uuid:pk>/tier/", views.SetOverrideView.as_view(), name="set_override"),
    path("customers/<uuid:pk>/tier/<uuid:override>/end/", views.EndOverrideView.as_view(), name="end_override"),
]
