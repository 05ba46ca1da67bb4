from django.urls import reverse


def test_address_of_a_button_is_answered_in_the_products_look_and_says_what_it_takes(client_for, administrator):
    client = client_for(administrator)
    address = reverse("console:deactivate_user", args=[administrator.pk])

    response = client.get(address)

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "This address belongs to a button of another page." in response.content.decode()
    assert "Go to the start page" in response.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_active is True
