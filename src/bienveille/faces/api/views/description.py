"""The description of the API: its OpenAPI document, the page that shows it to people, and what is at no address."""

import json
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bienveille.faces.api.forms import given, received
from bienveille.faces.api.views.base import api, reply
from bienveille.faces.api.views.examples import EXAMPLES
from bienveille.faces.api.views.problems import CONTENT_TYPE, not_allowed, not_found

ABOUT = """Les mêmes opérations que les écrans, pour des programmes : préparer, confier, enregistrer, suivre.

Chaque demande porte « Authorization: Bearer … ». Le jeton a les droits de la personne à qui il est : un appelant
ne voit que le ménage qu’il a en main, un responsable ses agences. Ce qui n’est pas pour vous ressemble à ce qui
n’existe pas (404). Chaque lecture d’un ménage est tracée.

Les dates suivent ISO 8601, les heures portent leur décalage, les numéros de téléphone sont en E.164. Les erreurs
suivent la RFC 9457 (« application/problem+json »). Les listes se lisent par pages : suivez « next » jusqu’à ce
qu’elle soit nulle.
"""

_RETRY = {
    "Retry-After": {
        "description": "Secondes à attendre avant de redemander.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}
#: Status → (what it says, its headers).
PROBLEMS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("Le corps ne peut pas être lu : du JSON en UTF-8 est attendu, ou un formulaire entier.", {}),
    401: (
        "Jeton absent ou refusé.",
        {"WWW-Authenticate": {"required": True, "description": "« Bearer ».", "schema": {"type": "string"}}},
    ),
    403: ("Ce jeton ne donne pas ce droit.", {}),
    404: ("Rien ici, ou rien pour ce jeton.", {}),
    409: ("Le moment ne le permet plus : déjà ouverte, déjà fermée, réservation périmée.", {}),
    413: ("Le corps dépasse un mégaoctet ; trois cents pour un dépôt d’exports.", {}),
    415: ("Le corps n’est pas annoncé comme ce qui est attendu ici.", {}),
    422: ("Une rubrique est fausse ; « errors » dit laquelle et pourquoi.", {}),
    429: ("Trop de demandes pour ce jeton, ou trop d’essais sans bon jeton depuis cette adresse.", _RETRY),
    500: ("Une faute de notre côté ; la même clé d’idempotence évite de créer deux fois.", {}),
    503: ("La base de données ne répond pas ; rien n’est perdu.", _RETRY),
}
_TITLES = {
    400: "JSON illisible", 401: "Jeton absent ou refusé", 403: "Refusé", 404: "Introuvable", 409: "Réservation périmée",
    413: "Demande trop longue", 415: "Format non lu", 422: "Demande mal formée", 429: "Trop de demandes",
    500: "Erreur imprévue", 503: "Base de données indisponible",
}  # fmt: skip
_FORBIDDEN = {
    "create_campaign", "open_campaign", "pause_campaign", "resume_campaign", "close_campaign", "campaign_contacts",
    "audiences", "count_audience", "register", "deposit_files",
}  # fmt: skip
_CONFLICTS = {
    "open_campaign", "pause_campaign", "resume_campaign", "close_campaign", "record_attempt", "release_contact",
}  # fmt: skip
_REFUSALS = {"open_campaign"}  # 422 without a body: nobody to call
_ONCE = {"create_campaign", "record_attempt", "deposit_files"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Une clé choisie par le programme, une par chose à créer. La même clé avec la même demande redonne "
    "la même réponse pendant un jour ; avec une autre demande, 422.",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[ -~]*$"},
    "example": "appel-2026-11-21-0042",
}
_PARAMETERS = {
    "state": "Seulement ceux qui sont dans cet état.",
    "agency": "Seulement cette agence, par son code.",
    "until": "Promis jusqu’à ce jour, compris.",
    "on": "Le jour regardé ; aujourd’hui sans précision.",
    "after": "Repère de la dernière ligne reçue ; « next » le porte déjà.",
    "limit": "Nombre de lignes d’une page.",
    "slug": "Nom du questionnaire.",
    "campaign_id": "La campagne.",
    "run_id": "L’import, par « id » de la réponse qui l’a reçu.",
    "name": "Nom du fichier envoyé seul, en corps de la demande.",
    "profile": "Profil qui dit ce que deviennent les colonnes.",
    "departures": "Ceux qui ne sont pas dans le fichier : « close » les ferme, « keep » les garde, « auto » les ferme "
    "sauf s’ils sont nombreux, et alors quelqu’un décide.",
    "contact_id": "Le ménage confié, par « contact » de la réponse qui l’a confié.",
}
_DONE = {200: "Fait.", 201: "Créé.", 202: "Reçu, le travail commence.", 204: "Fait, rien à dire."}
_LOCATION = {
    "Location": {"required": True, "description": "Où lire ce que devient le dépôt.", "schema": {"type": "string"}}
}
_BINARY = {"type": "string", "format": "binary"}
_EXPORTS = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["files"],
            "properties": {"files": {"type": "array", "minItems": 1, "maxItems": 10, "items": _BINARY}},
        }
    },
    "application/octet-stream": {"schema": _BINARY},
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, written once per process: routes and shapes from the code, answers and words from here."""
    written: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="api/v1/")))
    written["info"] |= {"title": "Bienveille", "version": "1", "description": ABOUT}
    written["servers"] = [{"url": "/", "description": "Ce serveur"}]
    schemas = written["components"]["schemas"]
    for shape in (given.Problem, received.CampaignIn):
        schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[shape.__name__] = schema
    for name, example in EXAMPLES.items():
        schemas[name]["examples"] = [example]
    written["components"]["responses"] = {f"P{status}": _problem(status) for status in PROBLEMS}
    written["components"]["securitySchemes"] = {
        "Jeton": {
            "type": "http",
            "scheme": "bearer",
            "description": "Donné par « ./bienveille token ADRESSE », ou créé sur la page « Mon compte ».",
        }
    }
    for methods in written["paths"].values():
        for method, operation in methods.items():
            _complete(method, operation)
    return written


def _problem(status: int) -> dict[str, Any]:
    sentence, headers = PROBLEMS[status]
    example = {"type": "about:blank", "title": _TITLES[status], "status": status, "detail": sentence}
    if status == 422:
        example["errors"] = {"token": ["Un identifiant (UUID) est attendu."]}
    answer: dict[str, Any] = {
        "description": sentence,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    return answer | ({"headers": headers} if headers else {})


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Every answer that an operation can give, its key and its security."""
    name = operation["operationId"] = operation["operationId"].rpartition("_views_")[2].partition("_")[2]
    operation["security"] = [{"Jeton": []}]
    parameters = operation["parameters"]
    for one in parameters:
        one["schema"] = _plain(one["schema"])
        one["description"] = _PARAMETERS[one["name"]]
    body = "requestBody" in operation
    if name == "create_campaign":
        content = {"schema": {"$ref": "#/components/schemas/CampaignIn"}}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    if name == "deposit_files":
        operation["requestBody"] = {"required": True, "content": _EXPORTS}
        body = True
    if name in _ONCE:
        parameters.append(_KEY)
    for status, answer in operation["responses"].items():
        answer["description"] = _DONE[int(status)]
    if name == "deposit_files":
        operation["responses"]["202"] |= {"headers": _LOCATION}
    if name == "next_contact":
        operation["responses"]["204"] |= {"description": "Personne à appeler pour l’instant.", "headers": _RETRY}
    known = {
        400: body,
        401: True,
        403: name in _FORBIDDEN,
        404: any(one["in"] == "path" for one in parameters),
        409: name in _CONFLICTS,
        413: method == "post",
        415: body,
        422: body or name in _REFUSALS or any(one["in"] != "path" for one in parameters),
        429: True,
        500: True,
        503: True,
    }
    for status, possible in known.items():
        if possible:
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/P{status}"}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out is never null: only what it may be when it is there."""
    while "anyOf" in schema:
        schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def openapi(request: HttpRequest) -> HttpResponse:
    """The document, for programs. It holds no data: nobody has to sign in."""
    return reply(200, document()) if request.method == "GET" else not_allowed(["GET"])


def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that does not exist, said as the rest of the API says it."""
    return not_found()


def docs(request: HttpRequest) -> HttpResponse:
    """The same document for people: each operation with its command line, then each shape."""
    if request.method != "GET":
        return not_allowed(["GET"])
    written = document()
    context = {
        "about": ABOUT.strip().split("\n\n"),
        "groups": _groups(written, request.build_absolute_uri("/").rstrip("/")),
        "shapes": [_shape(name, schema) for name, schema in sorted(written["components"]["schemas"].items())],
        "problems": [
            {"status": status, "phrase": HTTPStatus(status).phrase, "sentence": sentence}
            for status, (sentence, _) in PROBLEMS.items()
        ],
        "openapi_url": reverse("api:openapi-json"),
    }
    return render(request, "api/docs.html", context)


def _groups(written: dict[str, Any], host: str) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    schemas = written["components"]["schemas"]
    for path, methods in written["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schemas, host))
    return [{"title": title, "operations": operations} for title, operations in groups.items()]


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any], host: str) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    body = _name_of(content.get("application/json", {}).get("schema", {}))
    sent = schemas[body].get("examples", [None])[0] if body else None
    answers = [_answer(status, answer) for status, answer in operation["responses"].items()]
    shape = next((one["shape"] for one in answers if one["shape"]), "")
    example = schemas[shape].get("examples", [None])[0] if shape else None
    return {
        "id": operation["operationId"].replace("_", "-"),
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": [" ".join(text.split()) for text in operation.get("description", "").split("\n\n")],
        "parameters_label": f"Paramètres : {operation['summary']}",
        "parameters": [
            {
                "name": one["name"],
                "place": {"path": "dans l’adresse", "query": "après « ? »", "header": "en-tête"}[one["in"]],
                "kind": kind_of(one["schema"]),
                "required": one["required"],
                "description": one.get("description", ""),
            }
            for one in operation["parameters"]
        ],
        "body": body,
        "answers": answers,
        "curl": _curl(
            host + path,
            method,
            sent,
            key=any(one["name"] == _KEY["name"] for one in operation["parameters"]),
            files="multipart/form-data" in content,
        ),
        "example": json.dumps(example, ensure_ascii=False, indent=2) if example is not None else "",
    }


def _answer(status: str, answer: dict[str, Any]) -> dict[str, str]:
    if "$ref" in answer:
        return {"status": status, "sentence": PROBLEMS[int(status)][0], "shape": ""}
    content = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return {"status": status, "sentence": answer["description"], "shape": _name_of(content)}


def _curl(address: str, method: str, sent: Any, *, key: bool, files: bool) -> str:
    lines = [f"curl -X {method.upper()} '{address}'" if method != "get" else f"curl '{address}'"]
    lines.append("-H 'Authorization: Bearer JETON'")
    if key:
        lines.append(f"-H 'Idempotency-Key: {_KEY['example']}'")
    if files:
        lines.append("-F 'files=@patrimoine.csv' -F 'files=@locataires.csv'")
    if sent is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d '{json.dumps(sent, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


def _name_of(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _shape(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    required = schema.get("required", [])
    return {
        "name": name,
        "description": schema.get("description", ""),
        "fields": [
            {
                "name": field,
                "kind": kind_of(one),
                "shape": _name_of(one) or _name_of(one.get("items", {})),
                "required": field in required,
                "description": one.get("description", ""),
            }
            for field, one in schema.get("properties", {}).items()
        ],
    }


_KINDS = {
    "string": "texte", "integer": "nombre entier", "number": "nombre", "boolean": "vrai ou faux", "object": "objet",
    "null": "nul",
}  # fmt: skip
_FORMATS = {"uuid": "identifiant (UUID)", "date": "jour", "date-time": "jour et heure"}


def kind_of(schema: dict[str, Any]) -> str:
    """What a field holds, in French: « texte », « liste d’identifiants », « un de : open, closed »."""
    if "$ref" in schema:
        return _name_of(schema)
    if choices := schema.get("anyOf"):
        return " ou ".join(dict.fromkeys(kind_of(one) for one in choices))
    if "const" in schema:
        return f"toujours {json.dumps(schema['const'])}"
    if "enum" in schema:
        return "un de : " + ", ".join(str(one) or "(vide)" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"liste : {kind_of(schema.get('items', {}))}"
    return _FORMATS.get(schema.get("format", "")) or _KINDS.get(schema.get("type", ""), "toute valeur")
