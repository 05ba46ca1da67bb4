from django.urls import path

from portfolios.views import moves, pool, portfolios

app_name = "portfolios"

urlpatterns = [
    path("portfolios/", portfolios.PortfolioListView.as_view(), name="list"),
    path("portfolios/rules/", portfolios.PolicyView.as_view(), name="policy"),
    path("portfolios/people/<uuid:pk>/", portfolios.CapacityView.as_view(), name="capacity"),
    path("portfolios/assign/", moves.AssignView.as_view(), name="assign"),
    path("portfolios/rebalance/", moves.RebalanceView.as_view(), name="rebalance"),
    path("portfolios/moved/<uuid:pk>/", moves.MovedView.as_view(), name="moved"),
    path("portfolios/staffing/", moves.StaffingView.as_view(), name="staffing"),
    path("pool/", pool.PoolView.as_view(), name="pool"),
    path("customers/<uuid:pk>/claim/", pool.ClaimView.as_view(), name="claim"),
    path("customers/<uuid:pk>/release/", pool.ReleaseView.as_view(), name="release"),
    path("customers/<uuid:pk>/hand-over/", pool.HandOverView.as_view(), name="hand_over"),
]
