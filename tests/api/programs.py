"""Programs with a token, and the campaign they work in, for the tests of the API."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now

from bienveille.register.accounts.operations import create_api_token


class Api:
    """A program with a token."""

    def __init__(self, user):
        self.user = user
        self.secret = create_api_token(actor=None, user=user, label="essai", now=now())

    def call(self, method, path, body=None, **headers):
        return Client().generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "", content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )  # fmt: skip

    def post(self, path, body=None, **headers):
        return self.call("POST", path, body, **headers)

    def deposit(self, *files, query="", **headers):
        """Send files, each (name, content), in a form."""
        parts = {"files": [SimpleUploadedFile(name, content) for name, content in files]}
        headers = {"Authorization": f"Bearer {self.secret}", **headers}
        return Client().post(f"/api/v1/imports{query}", parts, headers=headers)

    def get(self, path, **headers):
        return self.call("GET", path, **headers)
