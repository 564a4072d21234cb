"""The catalogue of what the world can do wrong, each with one sentence for the person in front.

Anything else that escapes is our own mistake and is reported as a bug.
"""


class CapdeskError(Exception):
    """Understood, but refused: the message is one sentence that says what, where and what to do."""

    exit_code = 1


class UsageRefused(CapdeskError):
    """The command line or a field cannot be understood."""

    exit_code = 2


class NotFound(CapdeskError):
    """A name or id that names nothing."""


class RuleRefused(CapdeskError):
    """A rule of the definitions forbids it."""


class FileRefused(CapdeskError):
    """A whole file cannot be taken; nothing of it was recorded."""


class DatabaseUnavailable(CapdeskError):
    """The database cannot be reached, entered or trusted."""


class Stopped(CapdeskError):
    """The person in front stopped it."""

    def __init__(self, changed: bool) -> None:
        super().__init__(
            "stopped; what it had recorded by then stays: look before you do it again."
            if changed
            else "stopped; nothing was changed."
        )


class DeliveryFailed(CapdeskError):
    """The provider definitely refused; trying again later is safe."""


class DeliveryUnknown(CapdeskError):
    """Nobody can tell whether the provider accepted; only the owner may send again."""


class ProviderFailed(CapdeskError):
    """A provider was asked in vain: see the kinds below."""

    bytes_billed = 0
    """What Google bills for the queries that came before."""


class ProviderRefused(ProviderFailed):
    """A provider answered, and the answer is no or cannot be used: asking again changes nothing until somebody acts."""


class ProviderUnavailable(ProviderFailed):
    """A provider could not be reached, fell silent, or asks for patience; a later try may succeed."""


class SecretUnavailable(CapdeskError):
    """A secret cannot be had: see the kinds below."""


class SecretAbsent(SecretUnavailable):
    """It, or the key it is sealed with, is not there."""


class SecretsLocked(SecretUnavailable):
    """The keyring is there but locked, or did not answer in time."""


class NoKeyring(SecretUnavailable):
    """This computer or session has no keyring (no bus)."""
