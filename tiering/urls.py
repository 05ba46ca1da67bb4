from django.urls import path

from tiering.views import deciding, overview, policies, teams

app_name = "tiering"

urlpatterns = [
    path("tiers/", overview.OverviewView.as_view(), name="overview"),
    path("tiers/evaluate/", overview.EvaluateView.as_view(), name="evaluate"),
    path("tiers/moves/", overview.MovesView.as_view(), name="moves"),
    path("tiers/value/", overview.ValueView.as_view(), name="value"),
    path("tiers/teams/", teams.TeamsView.as_view(), name="teams"),
    path("tiers/policy/", policies.PolicyListView.as_view(), name="policies"),
    path("tiers/policy/new/", policies.CreatePolicyView.as_view(), name="create_policy"),
    path("tiers/policy/<uuid:pk>/", policies.PolicyDetailView.as_view(), name="policy"),
    path("tiers/policy/<uuid:pk>/change/", policies.CreatePolicyView.as_view(), name="go_on_policy"),
    path("tiers/policy/<uuid:pk>/movers/", policies.MoversView.as_view(), name="movers"),
    path("tiers/policy/<uuid:pk>/movers/file/", deciding.MoversFileView.as_view(), name="movers_file"),
    path("tiers/policy/<uuid:pk>/try/", deciding.TryPolicyView.as_view(), name="try_policy"),
    path("tiers/policy/<uuid:pk>/submit/", deciding.SubmitPolicyView.as_view(), name="submit_policy"),
    path("tiers/policy/<uuid:pk>/approve/", deciding.ApprovePolicyView.as_view(), name="approve_policy"),
    path("tiers/policy/<uuid:pk>/decline/", deciding.DeclinePolicyView.as_view(), name="decline_policy"),
    path("tiers/policy/<uuid:pk>/withdraw/", deciding.WithdrawPolicyView.as_view(), name="withdraw_policy"),
    path("customers/<uuid:pk>/tier/", deciding.AskForTierView.as_view(), name="ask_for_tier"),
    path(
        "customers/<uuid:pk>/tier/<uuid:override>/approve/",
        deciding.ApproveOverrideView.as_view(),
        name="approve_override",
    ),
    path(
        "customers/<uuid:pk>/tier/<uuid:override>/decline/",
        deciding.DeclineOverrideView.as_view(),
        name="decline_override",
    ),
    path("customers/<uuid:pk>/tier/<uuid:override>/end/", deciding.EndOverrideView.as_view(), name="end_override"),
]
