from django.urls import path

from development.views import board, moving, opportunities, settled

app_name = "development"

urlpatterns = [
    path("opportunities/", opportunities.OpportunityListView.as_view(), name="list"),
    path("opportunities/new/", opportunities.OpenOpportunityView.as_view(), name="create"),
    path("opportunities/board/", board.BoardView.as_view(), name="board"),
    path("opportunities/forecast/", board.ForecastView.as_view(), name="forecast"),
    path("opportunities/<uuid:pk>/", opportunities.OpportunityDetailView.as_view(), name="detail"),
    path("opportunities/<uuid:pk>/edit/", opportunities.UpdateOpportunityView.as_view(), name="update"),
    path("opportunities/<uuid:pk>/move/", moving.MoveCardView.as_view(), name="move_card"),
    path("opportunities/<uuid:pk>/move/<slug:stage>/", moving.MoveView.as_view(), name="move"),
    path("settings/pipeline/", settled.RulesView.as_view(), name="rules"),
    path("settings/competitors/", settled.CompetitorListView.as_view(), name="competitors"),
    path("settings/competitors/new/", settled.AddCompetitorView.as_view(), name="add_competitor"),
    path("settings/competitors/<uuid:pk>/", settled.UpdateCompetitorView.as_view(), name="update_competitor"),
    path("settings/competitors/<uuid:pk>/retire/", settled.RetireCompetitorView.as_view(), name="retire_competitor"),
    path("settings/competitors/<uuid:pk>/revive/", settled.ReviveCompetitorView.as_view(), name="revive_competitor"),
]
