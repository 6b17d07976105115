"""The house's addresses, and two of our own: a page that needs nothing, and one that asks the database."""

import os

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpResponse
from django.urls import include, path


@login_not_required
def home(request):
    return HttpResponse(str(os.getpid()))


@login_not_required
def database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [path("", home), path("database", database), path("", include("bienveille.config.urls"))]
