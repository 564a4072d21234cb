"""The trials of the real providers. Each library loads only where its provider is tried."""

from typing import TYPE_CHECKING

from capdesk.services.clock import Clock
from capdesk.services.connect.trial import Trial, try_costs
from capdesk.services.providers.pull import Account

if TYPE_CHECKING:
    from capdesk.services.providers.bigquery_api import BillingSettings
    from capdesk.services.providers.twilio_api import TwilioCredentials


def try_twilio(
    credentials: "TwilioCredentials", clock: Clock, base_url: str | None = None, *, alone: bool = False
) -> Trial:
    """`alone`: without the subaccounts.

    Raises ProviderRefused (wrong SID or token, KeyMayNotList) or ProviderUnavailable (no way there, TLS refused).
    """
    from capdesk.services.providers.twilio_api import TwilioCosts  # noqa: PLC0415

    return try_costs(TwilioCosts(credentials, clock=clock, base_url=base_url, alone=alone), clock)


def try_gcp(
    settings: "BillingSettings", credentials_json: str | None, clock: Clock, base_url: str | None = None
) -> Trial:
    """Asks for the free estimate only. `credentials_json` is a service account's key, None for the computer's own.

    Raises ProviderRefused (no permission on the dataset, no such table) or ProviderUnavailable.
    """
    from capdesk.services.providers.bigquery_api import BillingExport  # noqa: PLC0415

    source = BillingExport(settings, credentials_json, clock=clock, base_url=base_url)
    return try_costs(source, clock, Account(settings.table, settings.table))
