"""What a section is, what may stand behind a key of the config, and the sentence about what may not."""

from __future__ import annotations

import ipaddress
import os.path
import re
import shlex
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    SecretStr,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from mailcase.core.mail.addresses import lower_domain
from mailcase.core.mail.forms import FIELDS
from mailcase.core.staff.assignment import Absence

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322 3.2.3
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"  # RFC 1123 2.1
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_ADDRESS = rf"(?=.{{1,254}}$)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_DOMAIN}"  # lengths: RFC 5321 4.5.3.1
# USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS, parted as SQLAlchemy parts it; no host is a local socket.
_POSTGRES = r"(?:[^:/@]+(?::[^@]*)?@)?(?:\[[0-9A-Fa-f:.]+\]|[^/:?@\s]*)(?::[0-9]{1,5})?/[^?]+(?:\?.*)?"

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Section(BaseModel):
    """What every section has: it cannot change, and it has no key that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _pattern(pattern: str, sentence: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _text(parse: Callable[[str], Any]) -> PlainValidator:
    """What is written as text and means something else."""

    def check(value: object) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text")
        return parse(value)

    return PlainValidator(check)


def _whole(low: int, high: int) -> BeforeValidator:
    def check(value: object) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", str(value)) or not low <= int(str(value)) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(str(value))

    return BeforeValidator(check)


def _given(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("missing", "must be given")
    return value


def _commas(value: object) -> object:
    """The environment has no lists: there, and anywhere else, commas may part the elements."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _words(value: object) -> object:
    return shlex.split(value) if isinstance(value, str) else value


def _header(value: str) -> tuple[str, str]:
    name, _, beginning = (part.strip() for part in value.lower().partition(":"))
    if not beginning or not re.fullmatch(r"[!-9;-~]+", name):  # RFC 5322 3.6.8
        raise ValueError('must be a header and the beginning of its value such as "X-Spam-Flag: YES"')
    return name, beginning


def _network(value: str) -> Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise ValueError('must be an IP address or network such as "10.0.0.0/8"') from error


def _absence(value: str) -> Absence:
    days = re.fullmatch(rf"({_DAY})(?: to ({_DAY}))?", value.strip())
    if not days:
        raise ValueError('must be a day such as "2026-05-01", or days such as "2026-12-21 to 2027-01-03"')
    try:
        first, last = date.fromisoformat(days[1]), date.fromisoformat(days[2] or days[1])
    except ValueError as error:
        raise ValueError("names a day that no calendar has") from error
    if last < first:
        raise ValueError("ends before it begins: the first day stands first")
    return Absence(first, last)


def _form_fields(value: dict[str, str]) -> dict[str, str]:
    if strange := sorted(value.keys() - set(FIELDS)):
        raise ValueError(f"has what is no field of ours: {', '.join(strange)}; known are {', '.join(sorted(FIELDS))}")
    if "email" not in value:
        raise ValueError('must say which field has the customer\'s address, for example { email = "Email" }')
    return value


def _endpoint(value: str) -> tuple[str, int] | None:
    host, _, port = value.rpartition(":")
    if not value:
        return None
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError('must be HOST:PORT such as "127.0.0.1:8025", or "" for off')
    return host.removeprefix("[").removesuffix("]"), int(port)


def _path(value: object, info: ValidationInfo) -> object:
    """A path of the config is relative to the folder of the config file."""
    if not isinstance(value, str | Path):
        return value
    return Path((info.context or {}).get("base", ""), value) if str(value) else None


def _file(path: Path | None) -> Path | None:
    if path and not os.path.isfile(path):
        raise ValueError(f"names a file that is not there (put it there, or name another): {path}")
    return path


def _folder(path: Path | None) -> Path | None:
    if path and not os.path.isdir(path):
        raise ValueError(f"names a folder that is not there: {path}")
    return path


def _from_file(default: str) -> BeforeValidator:
    """A secret, or what stands in the file that `…_file` names."""

    def check(value: object, info: ValidationInfo) -> object:
        path = info.data.get(f"{info.field_name}_file")
        if not path:
            return value
        if value not in (default, ""):
            raise ValueError(f"stands beside {info.field_name}_file: keep one of the two")
        try:
            secret = path.read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ValueError(f"cannot be read from {path}: {reason}") from error
        if not secret:
            raise ValueError(f"cannot be read from {path}: the file is empty")
        return secret

    return BeforeValidator(check)


def _database_url(url: SecretStr, info: ValidationInfo) -> SecretStr:
    """The URL as SQLAlchemy reads it; an SQLite path is relative to the config file, as every path is."""
    scheme, _, rest = url.get_secret_value().partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest[1:] not in ("", ":memory:"):
        return SecretStr(f"sqlite:///{_path(rest[1:], info)}")
    if scheme == "postgresql" and re.fullmatch(_POSTGRES, rest):
        return url
    raise ValueError("must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")


def _encrypted(value: object) -> object:
    if value not in ("tls", "starttls"):
        raise ValueError('must be "tls" or "starttls": there is no clear text')
    return value


def is_near(host: str) -> bool:
    """Whether a host is on this machine or a private network; a name without dots is one of the network's."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


_ONE_LINE = _pattern(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*", "must be one line without control characters")
_LINES = _pattern(r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]*", "must be text without control characters")
_PLAIN = 'must be a plain address such as "complaints@example.org"'
# RFC 5321 4.5.3.1.1 gives a local part 64 octets: 27 of them are for the tag that our letters carry.
_OWN = rf"(?=[^@+]{{1,37}}@){_ADDRESS}"
_OWN_PLAIN = f"{_PLAIN}, at most 37 characters and no + before the @ (mailcase adds its tags there)"
DEFAULT_DATABASE = "sqlite:///mailcase.db"

OneLine = Annotated[str, _ONE_LINE]
Lines = Annotated[str, AfterValidator(lambda text: text.strip("\n")), _LINES]
Given = Annotated[str, AfterValidator(_given), _ONE_LINE]
Names = Annotated[tuple[Given, ...], BeforeValidator(_commas)]
Absences = Annotated[tuple[Annotated[Absence, _text(_absence)], ...], BeforeValidator(_commas)]
FormFields = Annotated[dict[str, Given], AfterValidator(_form_fields)]
Address = Annotated[str, AfterValidator(_given), _pattern(_ADDRESS, _PLAIN), AfterValidator(lower_domain)]
OwnAddress = Annotated[str, AfterValidator(_given), _pattern(_OWN, _OWN_PLAIN), AfterValidator(lower_domain)]
OwnAddressOrNone = Annotated[str, _pattern(f"(?:{_OWN})?", _OWN_PLAIN), AfterValidator(lower_domain)]
OwnAddresses = Annotated[tuple[OwnAddress, ...], BeforeValidator(_commas)]
Domain = Annotated[str, _pattern(_DOMAIN, 'must be a domain such as "example.org"'), AfterValidator(str.lower)]
Domains = Annotated[tuple[Domain, ...], BeforeValidator(_commas)]
Prefix = Annotated[str, _pattern("[A-Z]{2,5}", "must be 2 to 5 letters A to Z")]
Language = Annotated[str, _pattern("[a-z]{2,3}(?:-[A-Z]{2})?", 'must be a language such as "en"')]
Headers = Annotated[tuple[Annotated[tuple[str, str], _text(_header)], ...], BeforeValidator(_commas)]
Networks = Annotated[tuple[Annotated[Network, _text(_network)], ...], BeforeValidator(_commas)]
Endpoint = Annotated[tuple[str, int] | None, _text(_endpoint)]
Encrypted = Annotated[Literal["tls", "starttls"], BeforeValidator(_encrypted)]
Command = Annotated[tuple[str, ...], BeforeValidator(_words)]
Secret = Annotated[SecretStr, _from_file("")]
DatabaseUrl = Annotated[SecretStr, _from_file(DEFAULT_DATABASE), AfterValidator(_database_url)]
Port = Annotated[int, _whole(1, 65_535)]
Seconds = Annotated[int, _whole(1, 3_600)]
Minutes = Annotated[int, _whole(0, 60)]
Size = Annotated[int, _whole(65_536, 1_073_741_824)]  # RFC 5321 4.5.3.1.7: a server takes at least 64 KB
Count = Annotated[int, _whole(1, 1_000_000)]
CountOrZero = Annotated[int, _whole(0, 1_000_000)]
SomePath = Annotated[Path, BeforeValidator(_path)]
PathOrNone = Annotated[Path | None, BeforeValidator(_path)]
Files = Annotated[tuple[SomePath, ...], BeforeValidator(_commas)]
FileOrNone = Annotated[PathOrNone, AfterValidator(_file)]
FolderOrNone = Annotated[PathOrNone, AfterValidator(_folder)]
