from django.urls import path

from customers import views

app_name = "customers"

urlpatterns = [
    path("customers/", views.CustomerListView.as_view(), name="list"),
    path("customers/new/", views.CreateCustomerView.as_view(), name="create"),
    path("customers/<uuid:pk>/", views.CustomerDetailView.as_view(), name="detail"),
    path("customers/<uuid:pk>/edit/", views.UpdateCustomerView.as_view(), name="update"),
]
