"""The forms in which values of the configuration may be written, and what every table of it has in common."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from cee_mailbot.config.values import parse_duration, parse_instant, parse_office_hours, parse_size, printable_line
from cee_mailbot.domain.office_hours import OfficeHours

_DIGITS = re.compile(r"[0-9]{1,15}")


class EnvironmentText(str):
    """A value from the environment, where everything is text: numbers and lists are read out of it."""

    __slots__ = ()


def _number(value: object) -> object:
    return int(value) if isinstance(value, EnvironmentText) and _DIGITS.fullmatch(value) else value


def _place(value: object) -> object:
    """An empty path would be the working directory itself."""
    return printable_line(value) if isinstance(value, str) else value


def _texts(value: object) -> object:
    if not isinstance(value, EnvironmentText):
        return value
    return [item.strip() for item in value.split(",") if item.strip()]


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
Hours = Annotated[OfficeHours | None, BeforeValidator(parse_office_hours)]
Count = Annotated[int, Field(strict=True, ge=0), BeforeValidator(_number)]
Children = Annotated[int, Field(strict=True, ge=1, le=64), BeforeValidator(_number)]
TcpPort = Annotated[int, Field(strict=True, ge=1, le=65535), BeforeValidator(_number)]
Instant = Annotated[datetime, BeforeValidator(parse_instant)]
Line = Annotated[str, AfterValidator(printable_line)]
Place = Annotated[Path, BeforeValidator(_place)]
Lines = Annotated[list[Line], BeforeValidator(_texts)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")]
Address = Annotated[str, StringConstraints(pattern=r"^[^\s@,;:<>()\"\x00-\x20\x7f]+@[A-Za-z0-9._\[\]:-]+$")]
Team = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Tls = Literal["implicit", "starttls", "none"]
DocumentCode = Literal["DR", "CE", "PR", "CA", "F28", "F29", "C", "A", "I", "PE", "R", "PD", "5D"]
DocumentType = Literal[
    "7z", "active-html", "bmp", "cab", "chm", "csv", "doc", "docx", "elf", "eml",
    "encrypted-office", "gif", "gzip", "html", "java", "jpeg", "lnk", "mach-o", "msg", "msi",
    "office-macro", "ole", "p7m", "pdf", "pe", "png", "pptx", "rar", "rtf", "rtf-object", "script",
    "svg", "tiff", "tnef", "txt", "unknown", "xls", "xlsb", "xlsx", "xml", "zip",
]  # fmt: skip
DocumentTypes = Annotated[list[DocumentType], BeforeValidator(_texts)]
Codes = Annotated[list[DocumentCode], BeforeValidator(_texts)]


class Table(BaseModel):
    """A table in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
