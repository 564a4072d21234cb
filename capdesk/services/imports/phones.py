"""Phone numbers: E.164 as capdesk stores them, and the keyed hash that identifies one without revealing it."""

import hmac
import re
import uuid

import phonenumbers

from capdesk.errors import UsageRefused

_CACHE_LIMIT = 100_000
_DECORATION = str.maketrans("", "", " -().")
_NANP = 1


class PhoneBook:
    """Numbers as people write them, read for one region, remembered because a call list repeats them."""

    def __init__(self, key: bytes, region: str = "US") -> None:
        """`key` is the desk's secret for phone keys; `region` (ISO 3166) says what a number without + means."""
        # Copied for each number: hmac.digest lets go of the interpreter lock, and then waits to have it back.
        self._keyed = hmac.new(key, digestmod="sha256")
        self._region = region.upper()
        if self._region not in phonenumbers.SUPPORTED_REGIONS:
            raise UsageRefused(f"'{region}' is no region for phone numbers; write a country code like US.")
        prefix = r"(?:\+?1)?" if phonenumbers.country_code_for_region(self._region) == _NANP else r"\+1"
        self._american = re.compile(rf"{prefix}({_american_numbers()})", re.ASCII)
        self.known: dict[str, tuple[str, uuid.UUID]] = {}

    def normalise(self, raw: str) -> str:
        """E.164. Raises UsageRefused for what is no valid number, or has an extension."""
        plain = self._american.fullmatch(raw.translate(_DECORATION))
        return f"+1{plain[1]}" if plain else self._by_library(raw)

    def key_of(self, e164: str) -> uuid.UUID:
        """The first 16 bytes of HMAC-SHA256 over the number: equal numbers, equal keys, no way back."""
        hashed = self._keyed.copy()
        hashed.update(e164.encode())
        return uuid.UUID(bytes=hashed.digest()[:16])

    def look_up(self, raw: str) -> tuple[str, uuid.UUID]:
        """(E.164, key) of a number as written; hot loops ask `known` first."""
        found = self.known.get(raw)
        if found is None:
            e164 = self.normalise(raw)
            found = (e164, self.key_of(e164))
            if len(self.known) >= _CACHE_LIMIT:
                self.known.clear()
            self.known[raw] = found
        return found

    def _by_library(self, raw: str) -> str:
        text = raw.strip()
        try:
            number = phonenumbers.parse(text, self._region)
        except phonenumbers.NumberParseException:
            raise UsageRefused(f"'{text}' is no phone number; write it like +13055550123.") from None
        if number.extension:
            raise UsageRefused(f"'{text}' has an extension; leave the plain number.")
        if not phonenumbers.is_valid_number(number):
            raise UsageRefused(f"'{text}' is no valid phone number; check its digits.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _american_numbers() -> str:
    """The library's own patterns of US numbers: what they match is valid, at a tenth of the library's time."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region("US")
    kinds = (metadata.fixed_line, metadata.mobile, metadata.toll_free) if metadata else ()
    patterns = {kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern}
    return "|".join(sorted(f"(?:{pattern})" for pattern in patterns)) or r"(?!)"
