from django.urls import reverse

from core.accounts.models import User


def test_address_of_a_button_is_answered_in_the_products_look_and_says_what_it_takes(client_for, administrator, agent):
    User.objects.filter(pk=agent.pk).update(is_active=False)
    client = client_for(administrator)
    address = reverse("console:activate_user", args=[agent.pk])

    response = client.get(address)

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "This address belongs to a button of another page." in response.content.decode()
    assert "Go to the start page" in response.content.decode()
    agent.refresh_from_db()
    assert agent.is_active is False


def test_address_that_is_open_to_everybody_answers_as_well(client):
    response = client.get(reverse("web:theme"))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "This address belongs to a button of another page." in response.content.decode()
