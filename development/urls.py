from django.urls import path

from development.views import board, catalogue, deciding, market, moving, opportunities, proposals, settled, shared

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
    path("opportunities/<uuid:pk>/proposals/new/", proposals.CreateProposalView.as_view(), name="create_proposal"),
    path("opportunities/proposals/", proposals.ProposalListView.as_view(), name="proposals"),
    path("opportunities/proposals/<uuid:pk>/", proposals.ProposalDetailView.as_view(), name="proposal"),
    path("opportunities/proposals/<uuid:pk>/edit/", proposals.UpdateProposalView.as_view(), name="update_proposal"),
    path("opportunities/proposals/<uuid:pk>/file/", proposals.ProposalPdfView.as_view(), name="proposal_file"),
    path(
        "opportunities/proposals/<uuid:pk>/services/new/<uuid:service>/",
        proposals.AddLineView.as_view(),
        name="add_line",
    ),
    path(
        "opportunities/proposals/<uuid:pk>/services/<uuid:line>/",
        proposals.ChangeLineView.as_view(),
        name="change_line",
    ),
    path(
        "opportunities/proposals/<uuid:pk>/services/<uuid:line>/remove/",
        proposals.RemoveLineView.as_view(),
        name="remove_line",
    ),
    path("opportunities/proposals/<uuid:pk>/propose/", deciding.ProposeView.as_view(), name="propose"),
    path("opportunities/proposals/<uuid:pk>/approve/", deciding.ApproveView.as_view(), name="approve"),
    path("opportunities/proposals/<uuid:pk>/send-back/", deciding.SendBackView.as_view(), name="send_back"),
    path("opportunities/proposals/<uuid:pk>/drop/", deciding.DropView.as_view(), name="drop"),
    path("opportunities/proposals/<uuid:pk>/share/", deciding.ShareView.as_view(), name="share"),
    path("opportunities/proposals/<uuid:pk>/withdraw/", deciding.WithdrawView.as_view(), name="withdraw"),
    path("opportunities/proposals/<uuid:pk>/next/", deciding.NextVersionView.as_view(), name="next_version"),
    path("opportunities/market-notes/", market.MarketNoteListView.as_view(), name="market_notes"),
    path("opportunities/market-notes/new/", market.WriteMarketNoteView.as_view(), name="write_market_note"),
    path("opportunities/market-notes/<uuid:pk>/", market.MarketNoteView.as_view(), name="market_note"),
    path(
        "opportunities/market-notes/<uuid:pk>/edit/",
        market.UpdateMarketNoteView.as_view(),
        name="update_market_note",
    ),
    path(
        "opportunities/market-notes/<uuid:pk>/remove/",
        market.RemoveMarketNoteView.as_view(),
        name="remove_market_note",
    ),
    path("proposals/<slug:slug>/<str:token>/", shared.SharedProposalView.as_view(), name="shared"),
    path("proposals/<slug:slug>/<str:token>/file/", shared.SharedPdfView.as_view(), name="shared_file"),
    path("settings/service-catalogue/", catalogue.CatalogueView.as_view(), name="catalogue"),
    path("settings/service-catalogue/new/", catalogue.AddServiceView.as_view(), name="add_service"),
    path("settings/service-catalogue/<uuid:pk>/", catalogue.UpdateServiceView.as_view(), name="update_service"),
    path("settings/service-catalogue/<uuid:pk>/retire/", catalogue.RetireServiceView.as_view(), name="retire_service"),
    path("settings/service-catalogue/<uuid:pk>/revive/", catalogue.ReviveServiceView.as_view(), name="revive_service"),
    path("settings/pipeline/", settled.RulesView.as_view(), name="rules"),
    path("settings/competitors/", settled.CompetitorListView.as_view(), name="competitors"),
    path("settings/competitors/new/", settled.AddCompetitorView.as_view(), name="add_competitor"),
    path("settings/competitors/<uuid:pk>/", settled.UpdateCompetitorView.as_view(), name="update_competitor"),
    path("settings/competitors/<uuid:pk>/retire/", settled.RetireCompetitorView.as_view(), name="retire_competitor"),
    path("settings/competitors/<uuid:pk>/revive/", settled.ReviveCompetitorView.as_view(), name="revive_competitor"),
]
