from django.urls import path

from customers.views import (
    addresses,
    contacts,
    copies,
    custom_fields,
    customers,
    duplicates,
    erasure,
    interactions,
    merging,
)

app_name = "customers"

urlpatterns = [
    path("customers/", customers.CustomerListView.as_view(), name="list"),
    path("customers/new/", customers.CreateCustomerView.as_view(), name="create"),
    path("customers/duplicates/", duplicates.DuplicateListView.as_view(), name="duplicates"),
    path(
        "customers/duplicates/<uuid:pk>/dismiss/",
        duplicates.DecideOnDuplicateView.as_view(),
        {"decision": "dismiss"},
        name="dismiss_duplicate",
    ),
    path(
        "customers/duplicates/<uuid:pk>/reopen/",
        duplicates.DecideOnDuplicateView.as_view(),
        {"decision": "reopen"},
        name="reopen_duplicate",
    ),
    path("customers/<uuid:pk>/", customers.CustomerDetailView.as_view(), name="detail"),
    path("customers/<uuid:pk>/panels/<slug:key>/", customers.CustomerPanelView.as_view(), name="panel"),
    path("customers/<uuid:pk>/here/", customers.CustomerHereView.as_view(), name="here"),
    path("customers/<uuid:pk>/edit/", customers.UpdateCustomerView.as_view(), name="update"),
    path("customers/<uuid:pk>/copy/", copies.CopyCustomerView.as_view(), name="copy"),
    path("customers/<uuid:pk>/erase/", erasure.EraseCustomerView.as_view(), name="erase"),
    path("customers/<uuid:pk>/contacts/", contacts.ContactListView.as_view(), name="contacts"),
    path("customers/<uuid:pk>/contacts/new/", contacts.CreateContactView.as_view(), name="create_contact"),
    path("customers/<uuid:pk>/contacts/<uuid:contact>/", contacts.UpdateContactView.as_view(), name="update_contact"),
    path(
        "customers/<uuid:pk>/contacts/<uuid:contact>/remove/",
        contacts.RemoveContactView.as_view(),
        name="remove_contact",
    ),
    path("customers/<uuid:pk>/addresses/", addresses.AddressListView.as_view(), name="addresses"),
    path("customers/<uuid:pk>/addresses/new/", addresses.CreateAddressView.as_view(), name="create_address"),
    path(
        "customers/<uuid:pk>/addresses/<uuid:address>/",
        addresses.UpdateAddressView.as_view(),
        name="update_address",
    ),
    path(
        "customers/<uuid:pk>/addresses/<uuid:address>/remove/",
        addresses.RemoveAddressView.as_view(),
        name="remove_address",
    ),
    path("customers/<uuid:pk>/merge/", merging.MergeCustomerView.as_view(), name="merge"),
    path("customers/<uuid:pk>/merges/<uuid:merge>/undo/", merging.UndoMergeView.as_view(), name="undo_merge"),
    path("customers/<uuid:pk>/timeline/", interactions.InteractionListView.as_view(), name="interactions"),
    path("customers/<uuid:pk>/timeline/new/", interactions.RecordInteractionView.as_view(), name="record_interaction"),
    path(
        "customers/<uuid:pk>/timeline/<uuid:interaction>/remove/",
        interactions.RemoveInteractionView.as_view(),
        name="remove_interaction",
    ),
    path("settings/customer-fields/", custom_fields.CustomFieldListView.as_view(), name="custom_fields"),
    path("settings/customer-fields/new/", custom_fields.AddCustomFieldView.as_view(), name="add_custom_field"),
    path(
        "settings/customer-fields/<uuid:pk>/",
        custom_fields.UpdateCustomFieldView.as_view(),
        name="update_custom_field",
    ),
    path(
        "settings/customer-fields/<uuid:pk>/retire/",
        custom_fields.RetireCustomFieldView.as_view(),
        name="retire_custom_field",
    ),
    path(
        "settings/customer-fields/<uuid:pk>/revive/",
        custom_fields.ReviveCustomFieldView.as_view(),
        name="revive_custom_field",
    ),
]
