"""Papers as brokers attach them, drawn: CBP forms, flat and with fields, certificates, scans; always the same bytes.

Every label is that of the printed form; every value is invented.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.lib.pagesizes import letter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

EDITIONS = ("2/18", "02/26")
_LEFT, _TOP, _ROW = 36.0, 740.0, 28.0
_LABEL_SIZE, _VALUE_SIZE = 6.0, 9.0

# label, width in points, the name of the value that stands in the box
Box = tuple[str, float, str]

_COMMON: tuple[tuple[Box, ...], ...] = (
    (
        ("1. Filer Code/Entry Number", 120, "entry_number"),
        ("2. Entry Type", 70, "entry_type"),
        ("3. Summary Date", 75, "summary_date"),
        ("4. Surety Number", 75, "surety"),
        ("5. Bond Type", 60, "bond"),
        ("6. Port Code", 60, "port"),
        ("7. Entry Date", 80, "entry_date"),
    ),
    (
        ("8. Importing Carrier", 190, "carrier"),
        ("9. Mode of Transport", 110, "mode"),
        ("10. Country of Origin", 120, "origin"),
        ("11. Import Date", 120, "import_date"),
    ),
    (
        ("12. B/L or AWB Number", 190, "bill"),
        ("13. Manufacturer ID", 110, "manufacturer"),
        ("14. Exporting Country", 120, "exporting"),
        ("15. Export Date", 120, "export_date"),
    ),
    (
        ("16. I.T. Number", 90, "it_number"),
        ("17. I.T. Date", 90, "it_date"),
        ("18. Missing Docs", 90, "missing"),
        ("19. Foreign Port of Lading", 130, "lading"),
        ("20. U.S. Port of Unlading", 130, "unlading"),
    ),
)
# What came in between moved the blocks from 21 on by four.
_EARLIER: tuple[tuple[Box, ...], ...] = (
    (
        ("21. Location of Goods/G.O. Number", 150, "location"),
        ("22. Consignee Number", 120, "consignee_number"),
        ("23. Importer Number", 120, "importer_number"),
        ("24. Reference Number", 120, "reference"),
    ),
    (
        ("25. Ultimate Consignee Name and Address", 270, "consignee"),
        ("26. Importer of Record Name and Address", 270, "importer"),
    ),
    (("35. Total Entered Value", 150, "value"),),
)
_LATER: tuple[tuple[Box, ...], ...] = (
    (
        ("21. Country of Melt and Pour", 130, "none"),
        ("22. Primary Country of Smelt", 130, "none"),
        ("23. Secondary Country of Smelt", 130, "none"),
        ("24. Country of Cast", 130, "none"),
    ),
    (
        ("25. Location of Goods/G.O. Number", 150, "location"),
        ("26. Consignee Number", 120, "consignee_number"),
        ("27. Importer Number", 120, "importer_number"),
        ("28. Reference Number", 120, "reference"),
    ),
    (
        ("29. Ultimate Consignee Name (Last, First, M.I.) and Address", 270, "consignee"),
        ("30. Importer of Record Name (Last, First, M.I.) and Address", 270, "importer"),
    ),
    (("39. Total Entered Value", 150, "value"),),
)
_CBP_28: tuple[tuple[Box, ...], ...] = (
    (("1. Date of Request", 150, "request_date"), ("2. Date of Entry and Importation", 200, "entry_date")),
    (
        ("3. Manufacturer/Seller/Shipper", 200, "seller"),
        ("4. Carrier", 150, "carrier"),
        ("5. Entry No.", 150, "entry_number"),
    ),
    (
        ("5a. Invoice Description of Merchandise", 250, "goods"),
        ("5b. Invoice No.", 100, "invoice"),
        ("6. HTSUS Item No.", 120, "item"),
    ),
    (
        ("7. Country of Origin/Exportation", 200, "origin"),
        ("8. CBP Broker and Reference or File No.", 250, "reference"),
    ),
    (("9. TO:", 250, "importer"), ("10. FROM:", 250, "office")),
    (("11a. Port", 150, "port"), ("11b. Date Information Furnished", 200, "furnished")),
    (("12. Please Answer Indicated Question(s)", 300, "none"),),
    (("13. Please Furnish Indicated Item(s)", 300, "none"),),
)
_CBP_29: tuple[tuple[Box, ...], ...] = (
    (
        ("DATE OF THIS NOTICE", 150, "notice_date"),
        ("CARRIER", 120, "carrier"),
        ("DATE OF IMPORTATION", 130, "import_date"),
    ),
    (("DATE OF ENTRY", 150, "entry_date"), ("ENTRY NO.", 150, "entry_number"), ("MFR/SELLER/SHIPPER", 200, "seller")),
    (("COUNTRY", 100, "origin"), ("CUSTOMS BROKER AND FILE NO.", 200, "reference")),
    (("DESCRIPTION OF MERCHANDISE", 300, "goods"),),
    (("TYPE OF ACTION", 150, "action"), ("PROPOSED", 100, "proposed"), ("TAKEN", 100, "taken")),
)
_ENTRY_COLUMNS = (
    ("PORT CODE", 60),
    ("FILER CODE", 70),
    ("ENTRY NO.", 90),
    ("CHECK DIGIT", 80),
    ("DATE OF ENTRY", 100),
    ("DATE OF LIQUIDATION", 120),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What is filled in on a Form 7501; `edition` decides which blocks there are."""

    entry_number: str
    entry_type: str = "01 ABI/A"
    port: str = "2704"
    entry_date: str = "11/09/2026"
    importer_number: str = "12-345678900"
    edition: str = EDITIONS[1]

    @property
    def values(self) -> dict[str, str]:
        """The values of the boxes by name, those that nobody looks for included."""
        return {
            "entry_number": self.entry_number,
            "entry_type": self.entry_type,
            "port": self.port,
            "entry_date": self.entry_date,
            "importer_number": self.importer_number,
            "summary_date": "11/19/2026",
            "surety": "999",
            "bond": "8",
            "carrier": "EXAMPLE OCEAN LINE",
            "mode": "11",
            "origin": "FI",
            "import_date": "11/07/2026",
            "bill": "EXOL1234567890",
            "manufacturer": "FIEXA123ESP",
            "exporting": "FI",
            "export_date": "10/15/2026",
            "it_number": "V1234567890",
            "lading": "40565",
            "unlading": "2709",
            "location": "Y123",
            "consignee_number": "98-765432100",
            "reference": "98-765432100",
            "consignee": "EXAMPLE TRADING OY, SAMPLE STREET 1",
            "importer": "EXAMPLE IMPORTS INC, 10 SPECIMEN AVE",
            "value": "125000",
        }


def form_7501(*summaries: Summary, fillable: bool = False, sheets: int = 0) -> bytes:
    """Entry summaries, one after the other, each with so many continuation sheets."""

    def draw(pen: "_Pen") -> None:
        for summary in summaries:
            later = summary.edition == EDITIONS[1]
            pen.headline("ENTRY SUMMARY", "DEPARTMENT OF HOMELAND SECURITY", "U.S. Customs and Border Protection")
            pen.boxes((*_COMMON, *(_LATER if later else _EARLIER)), summary.values)
            pen.footer(f"CBP Form 7501 ({summary.edition})", "OMB CONTROL NUMBER 1651-0022")
            for _ in range(sheets):
                pen.headline("ENTRY SUMMARY CONTINUATION SHEET")
                pen.boxes(((("1. Filer Code/Entry Number", 150, "entry_number"),),), summary.values)
                pen.footer(f"CBP Form 7501 ({summary.edition})")

    return _drawn(draw, fillable=fillable)


def form_28(
    *, entry_number: str, request_date: str = "11/02/2026", port: str = "LOS ANGELES 2704", fillable: bool = False
) -> bytes:
    """A request for information, as it comes back with the answer."""
    values = {
        "entry_number": entry_number,
        "request_date": request_date,
        "entry_date": "10/05/2026 10/03/2026",
        "seller": "EXAMPLE TRADING OY",
        "port": port,
        "goods": "RADIO PARTS",
    }

    def draw(pen: "_Pen") -> None:
        pen.headline("REQUEST FOR INFORMATION", "19 CFR 151.11")
        pen.boxes(_CBP_28, values)
        pen.footer("CBP Form 28 (11/17)", "OMB CONTROL NUMBER 1651-0023")

    return _drawn(draw, fillable=fillable)


def form_29(*, entry_number: str, notice_date: str = "11/02/2026", fillable: bool = False) -> bytes:
    """A notice of action, as it comes back with the answer."""
    values = {
        "entry_number": entry_number,
        "notice_date": notice_date,
        "entry_date": "10/05/2026",
        "import_date": "10/03/2026",
        "goods": "RADIO PARTS",
        "action": "RATE ADVANCE",
        "proposed": "X",
    }

    def draw(pen: "_Pen") -> None:
        pen.headline("NOTICE OF ACTION", "This is NOT a Notice of Liquidation")
        pen.boxes(_CBP_29, values)
        pen.footer("CBP Form 29 (10/17)")

    return _drawn(draw, fillable=fillable)


def form_19(
    entries: Sequence[tuple[str, str, str]],
    *,
    importer_number: str = "12-345678900",
    liquidated: str = "05/15/2026",
    fillable: bool = False,
) -> bytes:
    """A protest of entries, each with its port and the day of entry, and when they were liquidated.

    The columns of the table split the number.
    """

    def draw(pen: "_Pen") -> None:
        pen.headline("PROTEST", "Pursuant to Sections 514 & 514(a), Tariff Act of 1930 as amended, 19 CFR Part 174")
        pen.say("SECTION I - IMPORTER AND ENTRY IDENTIFICATION")
        pen.boxes(
            (
                (
                    ("1. PROTEST NO. (Supplied by CBP)", 180, "none"),
                    ("2. DATE RECEIVED (CBP Use Only)", 170, "none"),
                ),
                (("3. PORT", 180, "port"), ("4. IMPORTER NO.", 170, "importer_number")),
            ),
            {"port": entries[0][1], "importer_number": importer_number},
        )
        pen.say("5. ENTRY DETAILS")
        pen.table(
            _ENTRY_COLUMNS,
            [(port, number[:3], number[4:11], number[-1], entered, liquidated) for number, port, entered in entries],
        )
        pen.boxes(((("6. NAME AND ADDRESS OF IMPORTER OR OTHER PROTESTING PARTY", 400, "none"),),), {})
        pen.say("7. Is Accelerated Disposition being requested (19 CFR 174.22)?")
        pen.say("SECTION II - DETAILED REASONS FOR PROTEST")
        pen.say("8. With respect to each category of merchandise, set forth, separately")
        pen.footer("CBP Form 19 (03/18)", "OMB CONTROL NUMBER 1651-0017")

    return _drawn(draw, fillable=fillable)


def census_resolution(*, entry_number: str, port: str = "2704") -> bytes:
    """A form on which a filer settles a census warning."""
    rows: tuple[tuple[Box, ...], ...] = (
        (("Entry Number", 150, "entry_number"), ("Port Code", 100, "port")),
        (("Census Condition", 150, "condition"), ("Override Code", 100, "override")),
    )
    values = {"entry_number": entry_number, "port": port, "condition": "27B VALUE/QUANTITY", "override": "02"}

    def draw(pen: "_Pen") -> None:
        pen.headline("CENSUS RESOLUTION")
        pen.boxes(rows, values)

    return _drawn(draw)


def page_of(*lines: str) -> bytes:
    """A letter, an invoice or a certificate: lines of text."""

    def draw(pen: "_Pen") -> None:
        for line in lines:
            pen.say(line)

    return _drawn(draw)


TSCA_CERTIFICATE = (
    "TSCA CERTIFICATION",
    "I certify that all chemical substances in this shipment comply with all applicable rules",
    "or orders under TSCA and that I am not offering a chemical substance for entry in violation of TSCA.",
)
DCMA_CERTIFICATE = (
    "UNITED STATES GOVERNMENT, DEPARTMENT OF DEFENSE",
    "Duty-Free Entry to be claimed pursuant to Section XXII, Chapter 98, Subchapter VIII, Item 9808.00.30.",
    "Notify Commander, Defense Contract Management Agency (DCMA) New York.",
)


def scanned(seed: int = 1) -> bytes:
    """A page that is a picture: nothing in it can be read without recognising characters."""
    from PIL import Image

    picture = Image.new("L", (170, 220), 255)
    for row in range(20, 200, 8):
        for column in range(20, 150, 3):
            if (row * 7 + column * 13 + seed) % 5:
                picture.putpixel((column, row), 0)
    written = io.BytesIO()
    picture.save(written, "PNG")

    def draw(pen: "_Pen") -> None:
        pen.picture(written.getvalue())

    return _drawn(draw)


def encrypted(*lines: str) -> bytes:
    """A page that opens with a password only."""
    from reportlab.lib.pdfencrypt import StandardEncryption

    written = io.BytesIO()
    lock = StandardEncryption("opensesame", ownerPassword="owner", strength=128)
    # Its bytes would differ from run to run.
    canvas = Canvas(written, pagesize=letter, invariant=1, encrypt=lock)
    for number, line in enumerate(lines):
        canvas.drawString(_LEFT, _TOP - number * _ROW, line)
    canvas.save()
    return written.getvalue()


def damaged(whole: bytes) -> bytes:
    """The first third of a PDF: neither its pages nor the table of its objects came through."""
    return whole[: len(whole) // 3].replace(b"obj", b"obx")


# --- the pen --------------------------------------------------------------------------------------------------


def _drawn(draw: "Callable[[_Pen], None]", *, fillable: bool = False) -> bytes:
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=letter, invariant=1, pageCompression=1)
    pen = _Pen(canvas, fillable=fillable)
    draw(pen)
    pen.end_page()
    canvas.save()
    return written.getvalue()


class _Pen:
    """Draws down a page, and begins a new one at each headline."""

    def __init__(self, canvas: Canvas, *, fillable: bool) -> None:
        self._canvas, self._fillable = canvas, fillable
        self._height, self._used, self._field = _TOP, False, 0

    def end_page(self) -> None:
        if self._used:
            self._canvas.showPage()
        self._height, self._used = _TOP, False

    def headline(self, *lines: str) -> None:
        self.end_page()
        self._canvas.setFont("Helvetica-Bold", 11)
        for line in lines:
            self.say(line, size=11)
        self._height -= 6

    def say(self, line: str, *, size: float = _VALUE_SIZE) -> None:
        self._used = True
        self._canvas.setFont("Helvetica", size)
        self._canvas.drawString(_LEFT, self._height, line)
        self._height -= 16
        if self._height < 60:
            self.end_page()

    def footer(self, *lines: str) -> None:
        self._canvas.setFont("Helvetica", 7)
        for number, line in enumerate(lines):
            self._canvas.drawString(_LEFT + 250 * number, 30, line)

    def boxes(self, rows: Sequence[Sequence[Box]], values: dict[str, str]) -> None:
        self._used = True
        for row in rows:
            left = _LEFT
            for label, width, name in row:
                self._box(left, label, width, values.get(name, ""))
                left += width
            self._height -= _ROW

    def _box(self, left: float, label: str, width: float, value: str) -> None:
        bottom = self._height - _ROW
        self._canvas.rect(left, bottom, width, _ROW)
        self._canvas.setFont("Helvetica", _LABEL_SIZE)
        self._canvas.drawString(left + 2, self._height - 8, label)
        self._fill(left + 2, bottom + 4, width - 4, value)

    def table(self, columns: Sequence[tuple[str, float]], rows: Sequence[Sequence[str]]) -> None:
        names = [name for name, _ in columns]
        for line in (names, *rows):
            left = _LEFT
            for (_, width), value in zip(columns, line, strict=True):
                if line is names:
                    self._canvas.setFont("Helvetica", _LABEL_SIZE)
                    self._canvas.drawString(left + 2, self._height - 10, value)
                else:
                    self._fill(left + 2, self._height - 12, width - 4, value)
                left += width
            self._height -= 16
        self._height -= 8

    def _fill(self, left: float, bottom: float, width: float, value: str) -> None:
        if not value:
            return
        if not self._fillable:
            self._canvas.setFont("Courier", _VALUE_SIZE)
            self._canvas.drawString(left, bottom, value)
            return
        self._field += 1
        self._canvas.acroForm.textfield(
            name=f"field{self._field}", value=value, x=left, y=bottom - 2, width=width, height=13, fontSize=8
        )

    def picture(self, content: bytes) -> None:
        self._used = True
        self._canvas.drawImage(ImageReader(io.BytesIO(content)), 0, 0, width=612, height=792)


def days(first: date, number: int) -> Iterator[str]:
    """Days as forms write them, from the first on."""
    for offset in range(number):
        yield date.fromordinal(first.toordinal() + offset).strftime("%m/%d/%Y")
