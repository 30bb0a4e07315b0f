"""Lists out: a segment's people as a file for a platform, an Excel workbook or a CSV, with a receipt that adds up."""

from connectors.destinations.files import export, preview
from connectors.destinations.gate import consent_fields
from connectors.destinations.platforms import DESTINATIONS, Destination
from connectors.destinations.receipt import ExportOptions, Preview, Receipt

__all__ = ["DESTINATIONS", "Destination", "ExportOptions", "Preview", "Receipt", "consent_fields", "export", "preview"]
