"""« Quitter vite »: away for a page that says nothing, nothing kept; another site signs nobody out with it."""

import pytest
from django.conf import settings
from django.urls import reverse
from tests.accounts.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_away_signed_out_and_forgotten(client):
    client.force_login(UserFactory(roles=["caller"]))
    answer = client.get(reverse("ui:leave"), headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer["Location"]) == (302, settings.QUICK_EXIT_URL)
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_from_elsewhere_nobody_is_signed_out(client, site):
    client.force_login(UserFactory(roles=["caller"]))
    answer = client.get(reverse("ui:leave"), headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 302
    assert "Clear-Site-Data" not in answer
    assert "_auth_user_id" in client.session


def test_it_is_a_plain_link_on_the_page_of_the_numbers(client):
    client.force_login(UserFactory(roles=["caller"]))
    page = client.get(reverse("workspace:help")).content.decode()
    assert f'href="{reverse("ui:leave")}"' in page
    assert "Quitter vite" in page
    assert "ui/leave.js" in page
