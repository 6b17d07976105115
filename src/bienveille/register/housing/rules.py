"""Where a place is: coordinates of French files, rows of the official geographic code. No database, no clock."""

from collections.abc import Mapping
from math import asinh, atan, atan2, atanh, cos, cosh, degrees, exp, hypot, log, pi, radians, sin, sinh, sqrt, tan

#: GRS 80, the ellipsoid of every French legal system of coordinates (décret 2000-1276, arrêté of 5 March 2019).
_A, _F = 6_378_137.0, 1 / 298.257222101
_E = sqrt(_F * (2 - _F))

#: EPSG code → zone and hemisphere of the UTM systems overseas: Antilles, Guyane, Saint-Pierre, La Réunion, Mayotte.
_UTM = {
    5490: (20, False), 32620: (20, False), 2972: (22, False), 4467: (21, False), 2975: (40, True), 4471: (38, True),
}  # fmt: skip
_DEGREES = (4326, 4171, 4258)
LAMBERT_93 = 2154


def place_of(x: float, y: float, epsg: int | None = None) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, to the metre, of X and Y in a system of coordinates; None when it is none.

    Without a code: degrees when they may be (X is the longitude), else Lambert 93. Not zero, zero: the sea.
    """
    if epsg is None:
        epsg = _DEGREES[0] if abs(x) <= 180 and abs(y) <= 90 else LAMBERT_93
    if epsg in _DEGREES:
        found = (y, x)
    elif epsg == LAMBERT_93:
        found = _conic(x, y, (44, 46.5, 49), (700_000, 6_600_000))
    elif 3942 <= epsg <= 3950:  # the nine conformal zones, one for each degree
        middle = epsg - 3900
        found = _conic(x, y, (middle - 0.75, middle, middle + 0.75), (1_700_000, (middle - 41) * 1_000_000 + 200_000))
    elif epsg in _UTM:
        found = _utm(x, y, *_UTM[epsg])
    else:
        return None
    latitude, longitude = round(found[0], 5), round(found[1], 5)
    inside = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (latitude, longitude) if inside and (latitude, longitude) != (0, 0) else None


def _isometric(latitude: float) -> float:
    return atanh(sin(latitude)) - _E * atanh(_E * sin(latitude))


def _conic(
    x: float, y: float, parallels: tuple[float, float, float], origin: tuple[float, float]
) -> tuple[float, float]:
    """Lambert's conformal conic projection on two parallels, turned back; the central meridian is 3° East."""
    first, middle, second = map(radians, parallels)

    def radius(latitude: float) -> float:
        return cos(latitude) / sqrt(1 - (_E * sin(latitude)) ** 2)

    n = log(radius(second) / radius(first)) / (_isometric(first) - _isometric(second))
    scale = _A * radius(first) * exp(n * _isometric(first)) / n
    east, north = x - origin[0], scale * exp(-n * _isometric(middle)) - (y - origin[1])
    far = hypot(east, north)
    if not far:
        return 90.0, 3.0
    longitude = 3 + degrees(atan2(east, north)) / n
    return degrees(_latitude(-log(far / scale) / n)), longitude


def _latitude(isometric: float) -> float:
    """The latitude of an isometric latitude, by iteration: a few turns give far less than a millimetre."""
    latitude = 2 * atan(exp(isometric)) - pi / 2
    for _ in range(6):
        latitude = 2 * atan(exp(isometric + _E * atanh(_E * sin(latitude)))) - pi / 2
    return latitude


def _utm(x: float, y: float, zone: int, south: bool) -> tuple[float, float]:
    """Transverse Mercator turned back by Krüger's series, to the third order: under a millimetre in a zone."""
    n = _F / (2 - _F)
    a = _A / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    beta = (n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480)
    xi, eta = (y - (10_000_000 if south else 0)) / (0.9996 * a), (x - 500_000) / (0.9996 * a)
    xi_, eta_ = xi, eta
    for j, b in enumerate(beta, start=1):
        xi_ -= b * sin(2 * j * xi) * cosh(2 * j * eta)
        eta_ -= b * cos(2 * j * xi) * sinh(2 * j * eta)
    conformal = atan2(sin(xi_), hypot(sinh(eta_), cos(xi_)))
    longitude = zone * 6 - 183 + degrees(atan2(sinh(eta_), cos(xi_)))
    return degrees(_latitude(asinh(tan(conformal)))), longitude


#: The arrondissements of the three cities that have some, by the code of their commune (code officiel géographique).
_ARRONDISSEMENTS = {"75056": (75101, 75120), "69123": (69381, 69389), "13055": (13201, 13216)}


def parent_commune(code: str) -> str:
    """The commune of an arrondissement of Paris, Lyon or Marseille: "69385" → "69123"; nothing for any other code."""
    if not code.isdigit():
        return ""
    for parent, (first, last) in _ARRONDISSEMENTS.items():
        if first <= int(code) <= last:
            return parent
    return ""


def department_of(commune: str) -> str:
    """The département of an INSEE code: "69385" → "69", "97411" → "974", "2A004" → "2A"."""
    return commune[:3] if commune.startswith(("97", "98")) else commune[:2]


COMMUNES_FILE, EPCI_FILE = "communes", "epci"
#: Titles without accents, case or punctuation that tell the two files of the national statistics institute.
_OFFICIAL = {COMMUNES_FILE: {"typecom", "com", "libelle"}, EPCI_FILE: {"codgeo", "epci", "libepci"}}
OFFICIAL_TITLES = frozenset(
    ("typecom", "com", "reg", "dep", "ctcd", "arr", "tncc", "ncc", "nccenr", "libelle", "can", "comparent",
     "codgeo", "libgeo", "epci", "libepci")
)  # fmt: skip


def official_file(titles: set[str]) -> str:
    """Which official file has these titles: the communes, the members of each EPCI, or neither."""
    return next((kind for kind, needed in _OFFICIAL.items() if needed <= titles), "")


def read_commune(row: Mapping[str, str]) -> tuple[str, str, str, str] | None:
    """Code, name, département and parent of a line of the communes; None for what is no commune of today.

    Communes that are now a part of another (TYPECOM COMD and COMA) are left out; an arrondissement has its commune.
    """
    kind, code, name = row.get("typecom", "") or "COM", row.get("com", ""), row.get("libelle", "")
    if kind not in ("COM", "ARM") or len(code) != 5 or not name:
        return None
    return code, name[:100], row.get("dep", "") or department_of(code), row.get("comparent", "") or parent_commune(code)


def read_member(row: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Commune, EPCI and its name, of a line of the members; a commune outside any (ZZZZZZZZZ) has neither."""
    commune, epci, name = row.get("codgeo", ""), row.get("epci", ""), row.get("libepci", "")
    if len(commune) != 5:
        return None
    return (commune, epci, name[:150]) if len(epci) == 9 and epci.isdigit() else (commune, "", "")
