"""The words of sources and event types, as people read them; files and the database use the keys."""

_SOURCES = {"labor": "Labor", "bonus": "Bonuses", "twilio": "Twilio", "gcp": "Google Cloud"}
_EVENTS = {
    "dial_attempt": "Dial attempts",
    "conversation": "Conversations",
    "qpc": "QPC",
    "install_scheduled": "Installs scheduled",
    "install_attended": "Installs attended",
    "calculator_installed": "Installs",
    "paid_conversion": "Paid conversions",
}

TRANCHE_COLUMNS = ("Tranche", "First day", "Last day", "Spent", "QPC", "Installs", "Paid conversions")


def source_name(key: str) -> str:
    """`gcp` is Google Cloud."""
    return _SOURCES.get(key, key)


def event_name(key: str) -> str:
    """Of several; installs alone are calculators installed."""
    return _EVENTS.get(key, key.replace("_", " "))
