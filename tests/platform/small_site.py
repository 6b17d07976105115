"""A site of a few lines, for the tests of what runs a site: settings, addresses and views in one module."""

import os
from pathlib import Path

from django.db import connection
from django.http import HttpResponse
from django.urls import path

from bienveille.ground.platform.postgres import database_settings

SECRET_KEY = "small"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["django.contrib.contenttypes", "procrastinate.contrib.django"]
USE_TZ = True
ROOT_URLCONF = __name__
WSGI_APPLICATION = "bienveille.config.wsgi.application"
DATABASES = {"default": database_settings(Path(os.environ["BIENVEILLE_VAR"]), os.environ, durable=False)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def home(request):
    return HttpResponse(str(os.getpid()))


def database(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [path("", home), path("database", database)]
