"""What messages store."""

from bienveille.engines.messaging.models.deliveries import Delivery
from bienveille.engines.messaging.models.inbox import InboundMessage
from bienveille.engines.messaging.models.lines import Line
from bienveille.engines.messaging.models.mailings import Mailing
from bienveille.engines.messaging.models.notices import Notice
from bienveille.engines.messaging.models.postings import Poster, Posting
from bienveille.engines.messaging.models.prints import AddressCheck, Print, PrintFile
from bienveille.engines.messaging.models.stops import Stop
from bienveille.engines.messaging.models.templates import Template, TemplateVersion, Text

__all__ = [
    "AddressCheck",
    "Delivery",
    "InboundMessage",
    "Line",
    "Mailing",
    "Notice",
    "Poster",
    "Posting",
    "Print",
    "PrintFile",
    "Stop",
    "Template",
    "TemplateVersion",
    "Text",
]
