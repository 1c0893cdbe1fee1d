"""Subject lines: what each line is read as, by name of repair, flag and problem."""

import json

import pytest

from parsers.errors import Problem
from parsers.subject import REPAIRS, SubjectLine, SubjectRules, nearest_codes, parse_subject, write_subject
from parsers.subject_types import subject_table
from tests.support.bounded import bounded

LINE = "DR,NokiaInc,345-67890123,2704"
FORM_28 = "F28,Syngenta,234-56789012,4601"
INQUIRY = "I,AmericanEu,123-45678901,5301"

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63"

# The line as received, the line as it should be, the repairs, the flags.
READ: list[tuple[str, str, str, str]] = [
    # The three examples of the procedures, and every code.
    (LINE, LINE, "", ""),
    (FORM_28, FORM_28, "", "check-digit"),
    (INQUIRY, INQUIRY, "", "check-digit"),
    *((f"{code},NokiaInc,345-67890123,2704",) * 2 + ("", "") for code in subject_table()),
    # Blanks around the line are nothing; blanks around commas are a repair.
    (f"  {LINE} \r\n", LINE, "", ""),
    ("DR, NokiaInc,345-67890123,2704", LINE, "comma-space", ""),
    ("DR , NokiaInc , 345-67890123 , 2704", LINE, "comma-space", ""),
    ("DR,\tNokiaInc,345-67890123,2704", LINE, "comma-space", ""),
    ("DR,NokiaInc,\r\n 345-67890123,2704", LINE, "comma-space", ""),
    ("DR,NokiaInc,345-67890123,27 04", LINE, "comma-space", ""),
    # Reply and forward prefixes.
    (f"RE: {LINE}", LINE, "reply-prefix", ""),
    (f"re:{LINE}", LINE, "reply-prefix", ""),
    (f"RE: FW: Re[2]: AW: TR : 回复: {LINE}", LINE, "reply-prefix", ""),
    (f"WG: AW: SV: VS: Antw: ENC: RV: RIF: {LINE}", LINE, "reply-prefix", ""),
    (f"RE\uff1a{LINE}", LINE, "unicode reply-prefix", ""),
    (f"Re(4): Re^2: Fwd: {LINE}", LINE, "reply-prefix", ""),
    (f"[Fwd: {LINE}]", LINE, "reply-prefix", ""),
    (f"R: {LINE}", LINE, "reply-prefix", ""),
    (f"I: R: {LINE}", LINE, "reply-prefix", ""),
    (f"PD: {LINE}", LINE, "reply-prefix", ""),
    (f"Subject: {LINE}", LINE, "reply-prefix", ""),
    # Gateway tags.
    (f"[EXTERNAL] {LINE}", LINE, "gateway-tag", ""),
    (f"[EXT]{LINE}", LINE, "gateway-tag", ""),
    (f"[External Email]: {LINE}", LINE, "gateway-tag", ""),
    (f"***SPAM*** {LINE}", LINE, "gateway-tag", ""),
    (f"{{Spam?}} {LINE}", LINE, "gateway-tag", ""),
    (f"(secure) {LINE}", LINE, "gateway-tag", ""),
    (f"[encrypt] - {LINE}", LINE, "gateway-tag", ""),
    (f"EXTERNAL: {LINE}", LINE, "gateway-tag", ""),
    (f"[SPAM 90%][.SPF soft] {LINE}", LINE, "gateway-tag", ""),
    (f"RE: [EXTERNAL] FW: (secure) {LINE}", LINE, "reply-prefix gateway-tag", ""),
    (f"[URGENT] {LINE}", LINE, "gateway-tag", ""),
    (f"URGENT: {LINE}", LINE, "gateway-tag", ""),
    (f"URGENT {LINE}", LINE, "gateway-tag", ""),
    (f"Attn: {LINE}", LINE, "gateway-tag", ""),
    (f"[JIRA-123] {LINE}", LINE, "gateway-tag", ""),
    (f"[SEC=OFFICIAL] {LINE}", LINE, "gateway-tag", ""),
    (f"#encrypt {LINE}", LINE, "gateway-tag", ""),
    (f"RE {LINE}", LINE, "reply-prefix", ""),
    (f"RE; {LINE}", LINE, "reply-prefix", ""),
    (f"RE: [JIRA-1] FW {LINE}", LINE, "reply-prefix gateway-tag", ""),
    # Labels within a field, and what a spreadsheet makes of numbers.
    ("DR,NokiaInc,Entry# 345-67890123,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,Entry No. 345-67890123,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,345-67890123,Port 2704", LINE, "trailing-text", ""),
    ("DR,NokiaInc,345-67890123,Los Angeles 2704", LINE, "trailing-text", ""),
    ("DR NokiaInc Entry# 345-67890123 Port 2704", LINE, "separator trailing-text entry-form", ""),
    ("DR,Account: NokiaInc,345-67890123,2704", LINE, "account-spaces", ""),
    (f"{LINE}.0", LINE, "trailing", ""),
    ("DR,NokiaInc,345-67890123,'0401", "DR,NokiaInc,345-67890123,0401", "quotes", ""),
    # Encoded words.
    (f"=?utf-8?q?{LINE}?=", LINE, "encoded-word", ""),
    ("=?UTF-8?B?RFIsTm9raWFJbmMsMzQ1LTY3ODkwMTIzLDI3MDQ=?=", LINE, "encoded-word", ""),
    ("=?UTF-8?B?RFIsTm9raWFJbmMsMzQ1LTY3ODkwMTIzLDI3MDQ?=", LINE, "encoded-word", ""),
    ("=?utf-8?q?DR=2CNokiaInc=2C345-678?= =?utf-8?q?90123=2C2704?=", LINE, "encoded-word", ""),
    ("=?utf-8?q?DR,NokiaInc,345-678?=\r\n =?us-ascii*en?Q?90123,2704?=", LINE, "encoded-word", ""),
    ("DR,=?utf-8?q?NokiaInc?=,345-67890123,2704", LINE, "encoded-word", ""),
    (f"=?no-such-charset?q?{LINE}?=", LINE, "encoded-word", ""),
    (f"=?punycode?q?{LINE}?=", LINE, "encoded-word", ""),
    ("DR,=?utf-8?q?Nestl=C3?= =?utf-8?q?=A9?=,345-67890123,2704", "DR,Nestlé,345-67890123,2704", "encoded-word", ""),
    ("DR,=?us-ascii?q?Nestl=E9?=,345-67890123,2704", "DR,Nestlé,345-67890123,2704", "encoded-word", ""),
    (f"=?utf-8?q?{LINE}=0D=0ABcc:_a@b?=", LINE, "encoded-word invisible trailing-text", ""),
    (f"=?utf-8?q?{LINE}=00?=", LINE, "encoded-word invisible", ""),
    # Unicode and what cannot be seen.
    ("DR\uff0cNokiaInc\uff0c345-67890123\uff0c2704", LINE, "unicode", ""),
    ("\uff24\uff32,NokiaInc,345-67890123,\uff12\uff17\uff10\uff14", LINE, "unicode", ""),
    ("DR、NokiaInc、345-67890123、2704", LINE, "unicode", ""),
    ("DR,NokiaInc,345-٦٧٨٩٠١٢٣,2704", LINE, "unicode", ""),
    *((f"DR,NokiaInc,345{dash}67890123,2704", LINE, "unicode", "") for dash in DASHES),
    ("DR,\u00a0NokiaInc,345-67890123,2704", LINE, "unicode comma-space", ""),
    ("DR,Nokia\u00a0Inc,345-67890123,2704", LINE, "unicode account-spaces", ""),
    ("“DR,NokiaInc,345-67890123,2704”", LINE, "unicode quotes", ""),
    ("DR,Nokia\u200bInc,345-67890123,2704", LINE, "invisible", ""),
    ("\ufeff\u202eDR,NokiaInc,345-67890123,2704\u202c", LINE, "invisible", ""),
    ("D\x00R,NokiaInc,345-67890123,27\x0704", LINE, "invisible", ""),
    ("DR,NokiaInc,345\u00ad67890123,2704", LINE, "invisible entry-form", ""),
    ("DR,Nestl\udcc3\udca9,345-67890123,2704", "DR,Nestlé,345-67890123,2704", "invisible", ""),
    ("DR,Nestle\u0301,345-67890123,2704", "DR,Nestlé,345-67890123,2704", "unicode", ""),
    # Separators.
    ("DR;NokiaInc;345-67890123;2704", LINE, "separator", ""),
    ("DR; NokiaInc; 345-67890123; 2704", LINE, "separator", ""),
    ("DR|NokiaInc|345-67890123|2704", LINE, "separator", ""),
    ("DR\tNokiaInc\t345-67890123\t2704", LINE, "separator", ""),
    ("DR - NokiaInc - 345-67890123 - 2704", LINE, "separator", ""),
    ("DR NokiaInc 345-67890123 2704", LINE, "separator", ""),
    ("DR Nokia Inc 345 6789012 3 2704", LINE, "separator account-spaces entry-form", ""),
    ("DR NokiaInc,345-67890123,2704", LINE, "separator", ""),
    ("DR, NokiaInc 345-67890123 2704", LINE, "comma-space separator", ""),
    ("DR,NokiaInc;345-67890123,2704", LINE, "separator", ""),
    ("DR: NokiaInc,345-67890123,2704", LINE, "separator", ""),
    ("DR,NokiaInc,345-67890123,,2704", LINE, "separator", ""),
    ("DR,,NokiaInc,345-67890123,2704", LINE, "separator", ""),
    ("DR Nokia BUU 17927712 2704", "DR,Nokia,BUU-17927712,2704", "separator entry-form", ""),
    ("DR Nokia, Inc. 345-67890123 2704", "DR,NokiaInc.,345-67890123,2704", "comma-space separator account-comma", ""),
    ("DR Studio 345 345-67890123 2704", "DR,Studio345,345-67890123,2704", "separator account-spaces", ""),
    ("I American 123-45678901 5301", "I,American,123-45678901,5301", "separator", "check-digit"),
    ("DR-NokiaInc-345-67890123-2704", LINE, "separator", ""),
    ("DR_NokiaInc_345-67890123_2704", LINE, "separator", ""),
    ("DR/NokiaInc/345-67890123/2704", LINE, "separator", ""),
    ("DR.NokiaInc.345-67890123.2704", LINE, "separator", ""),
    ("DR_Nokia_Inc_34567890123_2704", LINE, "separator account-spaces entry-form", ""),
    ("DR C Steinweg 345-67890123 2704", "DR,CSteinweg,345-67890123,2704", "separator account-spaces", ""),
    # Quotes and what trails.
    (f'"{LINE}"', LINE, "quotes", ""),
    (f"'{LINE}'", LINE, "quotes", ""),
    (f'"{LINE}', LINE, "quotes", ""),
    (f"<{LINE}>", LINE, "quotes", ""),
    (f"*{LINE}*", LINE, "quotes", ""),
    (f"- {LINE}", LINE, "quotes", ""),
    (f"🔒 {LINE}", LINE, "quotes", ""),
    ('"DR","NokiaInc","345-67890123","2704"', LINE, "quotes", ""),
    ('DR,"Nokia Inc",345-67890123,2704', LINE, "quotes account-spaces", ""),
    (f"{LINE}.", LINE, "trailing", ""),
    (f"{LINE},", LINE, "trailing", ""),
    (f"{LINE} ;", LINE, "trailing", ""),
    (f'"{LINE}".', LINE, "quotes trailing", ""),
    (f"{LINE} please process", LINE, "trailing-text", ""),
    (f"{LINE}, urgent!", LINE, "trailing-text", ""),
    (f"{LINE} - second try.", LINE, "trailing-text", ""),
    (f"{LINE} LOS ANGELES", LINE, "trailing-text", ""),
    (f"{LINE} (LAX)", LINE, "trailing-text", ""),
    (f"{LINE},{LINE}", LINE, "trailing-text", ""),
    (f"RE: {LINE} [CEE-007-26-004217-K]", LINE, "reply-prefix trailing-text", ""),
    (f'"{LINE}" urgent', LINE, "quotes trailing-text", ""),
    # Code.
    ("dr,NokiaInc,345-67890123,2704", LINE, "code-case", ""),
    ("f28,Syngenta,234-56789012,4601", FORM_28, "code-case", "check-digit"),
    ("F-28,Syngenta,234-56789012,4601", FORM_28, "code-case", "check-digit"),
    ("F 28,Syngenta,234-56789012,4601", FORM_28, "code-case", "check-digit"),
    ("Docs Required,NokiaInc,345-67890123,2704", LINE, "code-case", ""),
    ("520(d),NokiaInc,345-67890123,2704", "5D,NokiaInc,345-67890123,2704", "code-case", ""),
    # Account.
    ("DR,NokiaIncorporated,345-67890123,2704", "DR,NokiaIncor,345-67890123,2704", "account-length", ""),
    ("DR,Nokia Inc,345-67890123,2704", LINE, "account-spaces", ""),
    ("DR,nokia  inc,345-67890123,2704", LINE, "account-spaces", ""),
    ("I,American Eurocopter,123-45678901,5301", INQUIRY, "account-length account-spaces", "check-digit"),
    ("DR,Nokia,Inc,345-67890123,2704", LINE, "account-comma", ""),
    ("DR,Nokia, Inc,345-67890123,2704", LINE, "comma-space account-comma", ""),
    ("DR;Nokia, Inc;345-67890123;2704", LINE, "comma-space separator account-comma", ""),
    ("DR,nokiainc,345-67890123,2704", "DR,nokiainc,345-67890123,2704", "", ""),
    ("DR,O'Neil&Co.,345-67890123,2704", "DR,O'Neil&Co.,345-67890123,2704", "", ""),
    ("DR,Nestlé,345-67890123,2704", "DR,Nestlé,345-67890123,2704", "", ""),
    ("DR,3M,345-67890123,2704", "DR,3M,345-67890123,2704", "", ""),
    ("DR,4711,345-67890123,2704", "DR,4711,345-67890123,2704", "", ""),
    ("DR,PR,345-67890123,2704", "DR,PR,345-67890123,2704", "", ""),
    ("DR,A/S;B,345-67890123,2704", "DR,A/S;B,345-67890123,2704", "", ""),
    # Entry number.
    ("DR,NokiaInc,34567890123,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,345-6789012-3,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,345 6789012 3,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,345 - 67890123,2704", LINE, "entry-form", ""),
    ("DR,NokiaInc,345-678\r\n 90123,2704", LINE, "entry-form", ""),
    ("DR,Nokia,b76-03245278,2704", "DR,Nokia,B76-03245278,2704", "entry-case", ""),
    ("DR,Nokia,b7603245278,2704", "DR,Nokia,B76-03245278,2704", "entry-case entry-form", ""),
    ("DR,NokiaInc,345-67890124,2704", "DR,NokiaInc,345-67890124,2704", "", "check-digit"),
    # Port.
    ("DR,NokiaInc,345-67890123,401", "DR,NokiaInc,345-67890123,0401", "port-zero", ""),
    ("DR,NokiaInc,345-67890123,9999", "DR,NokiaInc,345-67890123,9999", "", "port-unknown"),
    ("DR,NokiaInc,345-67890124,9999", "DR,NokiaInc,345-67890124,9999", "", "check-digit port-unknown"),
    # Another order, when each form can only be one field.
    ("DR,345-67890123,NokiaInc,2704", LINE, "field-order", ""),
    ("DR,NokiaInc,2704,345-67890123", LINE, "field-order", ""),
    ("PR,NokiaInc,2704,345-67890123", "PR,NokiaInc,345-67890123,2704", "field-order", ""),
    ("DR,Nokia,Inc,2704,345-67890123", LINE, "account-comma field-order", ""),
    ("2704, 345-67890123, dr, NokiaInc", LINE, "comma-space code-case field-order", ""),
    ("NokiaInc;DR;345-67890123;2704", LINE, "separator field-order", ""),
    ("NokiaInc DR 345-67890123 2704", LINE, "separator field-order", ""),
    # Codes that often have no single entry.
    ("PR NokiaInc", "PR,NokiaInc", "separator", "entry-missing port-missing"),
    ("PR NokiaInc 2704", "PR,NokiaInc,,2704", "separator", "entry-missing"),
    ("PD Nokia Inc 2704", "PD,NokiaInc,,2704", "separator account-spaces", "entry-missing"),
    ("PD Nokia Inc", "PD,NokiaInc", "separator account-spaces", "entry-missing port-missing"),
    ("PR,NokiaInc", "PR,NokiaInc", "", "entry-missing port-missing"),
    ("PD,NokiaInc,,2704", "PD,NokiaInc,,2704", "", "entry-missing"),
    ("A,NokiaInc,2704", "A,NokiaInc,,2704", "", "entry-missing"),
    ("I,NokiaInc,345-67890123", "I,NokiaInc,345-67890123", "", "port-missing"),
    ("I,NokiaInc,,", "I,NokiaInc", "trailing", "entry-missing port-missing"),
    ("PR,NokiaInc,various,2704", "PR,NokiaInc,,2704", "entry-form", "entry-missing"),
    ("PR,NokiaInc,n/a,n/a", "PR,NokiaInc", "trailing-text entry-form", "entry-missing port-missing"),
    ("PR,Nokia, Inc.", "PR,NokiaInc", "comma-space trailing account-comma", "entry-missing port-missing"),
    ("PR,Nokia,Inc,2704", "PR,NokiaInc,,2704", "account-comma", "entry-missing"),
    ("PD - NokiaInc", "PD,NokiaInc", "separator", "entry-missing port-missing"),
    ("PR,NokiaInc 345-67890123", "PR,NokiaInc,345-67890123", "separator", "port-missing"),
    ("PR,NokiaInc 345-67890123,2704", "PR,NokiaInc,345-67890123,2704", "separator", ""),
    ("PR NokiaInc 345-67890123", "PR,NokiaInc,345-67890123", "separator", "port-missing"),
]  # fmt: skip

# The line as received, and its problems as code:found.
NOT_READ: list[tuple[str, list[str]]] = [
    ("", ["subject-empty:"]),
    (" \r\n\t", ["subject-empty:"]),
    ("RE: FW:", ["subject-empty:"]),
    ("[EXTERNAL]", ["subject-empty:"]),
    (",,,", ["subject-empty:"]),
    ("\u200b", ["subject-empty:"]),
    ("Hello world", ["subject-fields:Hello world"]),
    ("Hello, world", ["subject-fields:Hello, world"]),
    ("I have a question", ["subject-fields:I have a question"]),
    ("PR Nokia", ["subject-fields:PR Nokia"]),
    ("PR new campaign", ["subject-fields:PR new campaign"]),
    ("A question about entry 345-67890123 2704", ["subject-fields:A question about entry 345-67890123 2704"]),
    ("A/S Nokia 345-67890123 2704", ["subject-fields:A/S Nokia 345-67890123 2704"]),
    ("DX,NokiaInc,345-67890123,2704", ["code-unknown:DX"]),
    ("DRX,NokiaInc,345-67890123,2704", ["code-unknown:DRX"]),
    ("\u0421,NokiaInc,345-67890123,2704", ["code-unknown:\u0421"]),
    ("NokiaInc,345-67890123,2704", ["code-unknown:"]),
    (",NokiaInc,345-67890123,2704", ["code-unknown:"]),
    ("DX,NokiaInc,345-67,27", ["code-unknown:DX", "entry-invalid:345-67", "port-invalid:27"]),
    ("DR", ["account-missing:", "entry-missing:", "port-missing:"]),
    ("PR", ["account-missing:", "entry-missing:", "port-missing:"]),
    ("DR,NokiaInc", ["entry-missing:", "port-missing:"]),
    ("DR,,345-67890123,2704", ["account-missing:"]),
    ("DR,345-67890123,2704", ["account-missing:"]),
    ("PR,345-67890123,2704", ["account-missing:"]),
    ("DR,--,345-67890123,2704", ["account-missing:--"]),
    ("DR,345-6789012,2704", ["account-missing:", "entry-invalid:345-6789012"]),
    ("DR,NokiaInc,2704", ["entry-missing:"]),
    ("DR,NokiaInc,,2704", ["entry-missing:"]),
    ("DR,NokiaInc,n/a,2704", ["entry-missing:n/a"]),
    ("DR,NokiaInc,345-6789012,2704", ["entry-invalid:345-6789012"]),
    ("DR NokiaInc 345-6789012 2704", ["entry-invalid:345-6789012"]),
    ("PR,NokiaInc,345-6789012,2704", ["entry-invalid:345-6789012"]),
    ("DR,NokiaInc,345-6789O123,2704", ["entry-invalid:345-6789O123"]),
    ("DR,NokiaInc,345-67890123401,2704", ["entry-invalid:345-67890123401"]),
    ("DR,NokiaInc,345 67890123401,2704", ["entry-invalid:345 67890123401"]),
    ("DR,NokiaInc,345-6789012-34,2704", ["entry-invalid:345-6789012-34"]),
    ("DR Nokia Inc 12345678 2704", ["entry-invalid:12345678"]),
    ("DR ACME LTD 12345678 2704", ["entry-invalid:12345678"]),
    ("DR Nokia 345 67890123401 2704", ["subject-fields:DR Nokia 345 67890123401 2704"]),
    ("DR,NokiaInc,ABCDEFG,2704", ["entry-invalid:ABCDEFG"]),
    ("PR,Nokia,Trading,2704", ["entry-invalid:Trading"]),
    ("DR,NokiaInc,345-67890123,234-56789012,2704", ["entry-invalid:345-67890123,234-56789012"]),
    (
        "DR,Nokia 345-67890123,234-56789012,2704",
        ["entry-invalid:Nokia 345-67890123,234-56789012"],
    ),
    ("DR,NokiaInc,345-67890123", ["port-missing:"]),
    ("DR NokiaInc 345-67890123", ["port-missing:"]),
    ("DR,NokiaInc,345-67890123,n/a", ["port-missing:n/a"]),
    ("DR,NokiaInc,345-67890123,270", ["port-invalid:270"]),
    ("DR,NokiaInc,345-67890123,27044", ["port-invalid:27044"]),
    ("DR,NokiaInc,345-67890123,27O4", ["port-invalid:27O4"]),
    ("DR,NokiaInc,345-67890123,Los Angeles", ["port-invalid:Los Angeles"]),
    ("DR,NokiaInc,345-67890123,2704/4601", ["port-invalid:2704/4601"]),
    ("DR,NokiaInc,345-67890123,2704 4601", ["port-invalid:2704 4601"]),
    ("DR,NokiaInc,345-67890123,2704,4601", ["port-invalid:2704,4601"]),
    ("PR,NokiaInc 2704", ["entry-missing:"]),
    ("PR,345-67890123NokiaInc", ["subject-fields:PR,345-67890123NokiaInc"]),
    ("PR Nokia 2704", ["entry-missing:"]),
    ("PR NokiaInc 9999", ["subject-fields:PR NokiaInc 9999"]),
    ("PR: new campaign", ["entry-missing:", "port-missing:"]),
    ("PR,this letter is about our protest", ["entry-missing:", "port-missing:"]),
    (f"Hello {LINE}", ["code-unknown:Hello DR"]),
    # Two codes, of which either may be meant.
    ("DR,CE,NokiaInc,345-67890123,2704", ["code-unknown:DR,CE"]),
    ("DR,NokiaInc,F28,345-67890123,2704", ["code-unknown:DR,F28"]),
    ("DR CE NokiaInc 345-67890123 2704", ["subject-fields:DR CE NokiaInc 345-67890123 2704"]),
    (f"A: {LINE}", ["code-unknown:A: DR"]),
    (f"C: {LINE}", ["code-unknown:C: DR"]),
    (f"R {LINE}", ["code-unknown:R DR"]),
    (f"[CE] {LINE}", ["code-unknown:[CE] DR"]),
    (f"[345-67890124] {LINE}", ["code-unknown:[345-67890124] DR"]),
    # Words that may be something else than a label, a name or a place.
    ("DR,NokiaInc,345-67890123,invoice 2704", ["port-invalid:invoice 2704"]),
    ("DR,NokiaInc,345-67890123,Long Beach 2704", ["port-invalid:Long Beach 2704"]),
    ("Question DR 345-67890123 2704", ["subject-fields:Question DR 345-67890123 2704"]),
    ("Nokia CA 345-67890123 2704", ["subject-fields:Nokia CA 345-67890123 2704"]),
    ("Nokia,345-67890123,Inc,DR,2704", ["code-unknown:Nokia", "account-missing:", "port-invalid:Inc"]),
]

OUR_OWN = [
    f"Received: {LINE} [CEE-007-26-004217-K]",
    f"Waiting for parts: {LINE} [CEE-007-26-004217-K]",
    f"Parts missing: {INQUIRY} [CEE-001-26-004217-K]",
    f"Added: {FORM_28} [CEE-003-26-004217-K]",
    f"Duplicate - nothing added: {LINE} [CEE-007-26-004217-K]",
    f"Transferred: {LINE} [CEE-007-26-004217-K]",
    f'Not processed - please correct and resend: "{LINE}" [CEE-007-26-004218-2]',
    'Not processed - please correct and resend: "DR NokiaInc 345-6789012 2704" [CEE-007-26-004218-2]',
    'Not processed - please correct and resend: "DR NokiaInc 345-67890123 2704" [CEE-007-26-004218-2]',
    'Not processed - please correct and resend: "PR,NokiaInc" [CEE-007-26-004218-2]',
    "Received: PR,NokiaInc [CEE-007-26-004217-K]",
    f"Automatic reply: {LINE}",
    f"Out of Office: {LINE}",
    f"Undeliverable: {LINE}",
]


def shown(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{found.code}:{found.found}" for found in problems]


@pytest.mark.parametrize(("line", "canonical", "repairs", "flags"), READ)
def test_a_line_with_one_possible_reading_is_read(line: str, canonical: str, repairs: str, flags: str) -> None:
    """What real mail does to a line is undone, each repair by name, doubts as flags."""
    subject = parse_subject(line)
    assert subject.problems == ()
    assert (subject.ok, subject.line, subject.canonical) == (True, line, canonical)
    assert (" ".join(subject.repairs), " ".join(subject.flags)) == (repairs, flags)
    assert subject.part is None


@pytest.mark.parametrize(("line", "problems"), NOT_READ)
def test_a_line_that_cannot_be_told_has_problems(line: str, problems: list[str]) -> None:
    """All problems of a line are told at once, each with the offending text and a sentence that mends it."""
    subject = parse_subject(line)
    assert (subject.ok, subject.canonical) == (False, None)
    assert shown(subject.problems) == problems
    assert all(found.fix[0].isupper() and found.fix.endswith(".") for found in subject.problems)


@pytest.mark.parametrize("line", OUR_OWN)
@pytest.mark.parametrize("prefix", ["", "RE: ", "[EXTERNAL] AW: RE: ", "(1 of 3) "])
def test_a_subject_of_our_own_replies_never_reads_as_a_submission(prefix: str, line: str) -> None:
    """Words that are no known prefix or tag are never taken off the front of a line."""
    assert not parse_subject(prefix + line).ok


def test_the_example_of_the_contract_is_read_to_the_letter() -> None:
    expected = """{"line": "RE: dr, NokiaInc,345-6789012-3,2704 (1 of 3)", "ok": true,
        "canonical": "DR,NokiaInc,345-67890123,2704",
        "code": "DR", "subject": "Docs Required", "account": "NokiaInc", "entry_number": "345-67890123",
        "filer_code": "345", "port": "2704", "port_name": "LOS ANGELES", "part": 1, "parts": 3,
        "repairs": ["reply-prefix", "comma-space", "code-case", "entry-form"],
        "problems": [], "flags": []}"""
    told = parse_subject("RE: dr, NokiaInc,345-6789012-3,2704 (1 of 3)").as_json()
    assert told == json.loads(expected)
    assert list(told) == list(json.loads(expected))


def test_with_problems_the_fields_that_could_be_read_are_still_given() -> None:
    told = parse_subject("DR,NokiaInc,345-6789012,2704").as_json()
    assert (told["code"], told["account"], told["port"]) == ("DR", "NokiaInc", "2704")
    assert (told["ok"], told["canonical"], told["entry_number"], told["filer_code"]) == (False, None, None, None)
    assert told["problems"] == [
        {
            "code": "entry-invalid",
            "field": "entry_number",
            "found": "345-6789012",
            "fix": "Write one entry number as a 3-character filer code, a dash and 8 digits, as in 345-67890123: "
            "11 letters and digits in all, where 10 were written.",
        }
    ]


def test_a_suggested_line_leaves_room_for_what_is_not_known() -> None:
    assert parse_subject("DR,NokiaInc,345-6789012,2704").suggested_line == "DR,NokiaInc,___-________,2704"
    assert parse_subject(LINE).suggested_line == LINE
    assert not parse_subject(parse_subject("DR,NokiaInc").suggested_line).ok


def test_a_c_stands_for_two_subjects() -> None:
    assert parse_subject("C,NokiaInc,345-67890123,2704").subject == "DCMA Cert or TSCA Cert"


def test_a_port_outside_the_table_has_no_name() -> None:
    subject = parse_subject("DR,NokiaInc,345-67890123,9999")
    assert (subject.port, subject.port_name) == ("9999", None)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("DX", "DR"), ("D R S", "DR"), ("F82", "F28"), ("F27", "F28"), ("received DR", "DR"), ("FORM", "F28"),
        ("Protests", None), ("Protest letter", "PR"), ("", None), ("QQQ", None), ("hello", None), ("P", "PR"),
    ],
)  # fmt: skip
def test_an_unknown_code_is_answered_with_the_nearest(text: str, nearest: str | None) -> None:
    codes = nearest_codes(text)
    assert nearest in codes if nearest else codes == ()
    assert len(codes) <= 3


def test_the_fix_of_an_unknown_code_names_the_nearest() -> None:
    (found,) = parse_subject("DX,NokiaInc,345-67890123,2704").problems
    assert "DR (Docs Required)" in found.fix
    (found,) = parse_subject("QQQ,NokiaInc,345-67890123,2704").problems
    assert all(code in found.fix for code in subject_table())


def test_the_fix_of_a_wrong_port_names_the_nearest() -> None:
    (found,) = parse_subject("DR,NokiaInc,345-67890123,270A").problems
    assert "2704 (LOS ANGELES)" in found.fix
    (found,) = parse_subject("DR,NokiaInc,345-67890123,Los Angeles").problems
    assert "2704 (LOS ANGELES)" in found.fix


def test_replies_are_counted() -> None:
    depths = {f"RE: FW: Re[2]: AW: TR : 回复: {LINE}": 7, LINE: 0, "RE:": 1, f"Re[999]: Re[999]: {LINE}": 999}
    assert {line: parse_subject(line).reply_depth for line in depths} == depths


def test_F63_text_after_the_line_is_tolerated_and_told() -> None:
    assert parse_subject(f"{LINE} and two invoices").repairs == ("trailing-text",)


@pytest.mark.parametrize("prefix", ["WG: ", "AW: ", "Fwd: ", "fW: aW: ", "wg:AW:", "[EXTERNAL] Aw: ***SPAM*** RV: "])
def test_F64_prefixes_of_other_languages_are_known_in_any_case(prefix: str) -> None:
    subject = parse_subject(prefix + LINE)
    assert (subject.ok, subject.canonical, subject.line) == (True, LINE, prefix + LINE)


def test_F65_a_gateway_prefix_before_raw_bytes_is_taken_off() -> None:
    subject = parse_subject("[SPAM 90%][.SPF soft] DR,Nestl\udce9,345-67890123,2704")
    assert subject.canonical == "DR,Nestlé,345-67890123,2704"


@pytest.mark.parametrize("break_", ["\r\n ", "\r\n\t", "\n ", "\u00a0", "\u200b", "\u202f"])
def test_F66_folding_and_special_blanks_within_the_entry_number_are_undone(break_: str) -> None:
    assert parse_subject(f"DR,Nokia,123-456{break_}78903,2704").canonical == "DR,Nokia,123-45678903,2704"


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (f"RE: {LINE}", ["subject-fields"]),
        ("dr,NokiaInc,34567890123,401", ["code-unknown", "entry-invalid", "port-invalid"]),
        ("DR,Nokia Inc,345-67890123,2704", ["subject-fields"]),
        (f"{LINE} (1 of 3)", []),
        ("PR,NokiaInc", []),
        (FORM_28, []),
        ("DX,NokiaInc,345-67890123,2704", ["code-unknown"]),
    ],
)
def test_strict_takes_the_exact_form_only_and_tells_the_exact_line(line: str, codes: list[str]) -> None:
    subject = parse_subject(line, SubjectRules(strict=True))
    lenient = parse_subject(line)
    assert [found.code for found in subject.problems] == codes
    assert (subject.ok, subject.canonical, subject.repairs) == (not codes, lenient.canonical, lenient.repairs)
    assert all(lenient.canonical in found.fix for found in subject.problems if lenient.canonical)


def test_a_site_replaces_the_lists() -> None:
    rules = SubjectRules(prefixes=("Betreff:",), gateway_tags=("[ACME]",), entry_optional=frozenset({"DR"}))
    assert parse_subject("Betreff: [acme gateway] DR,NokiaInc", rules).flags == ("entry-missing", "port-missing")
    assert not parse_subject("PR,NokiaInc", rules).ok
    assert not parse_subject(f"RE: {LINE}", rules).ok
    assert not parse_subject(f"[JIRA-123] {LINE}", SubjectRules(gateway_tags=())).ok
    assert not parse_subject(f"[EXT] {LINE}", SubjectRules(prefixes=(), gateway_tags=())).ok


def test_a_line_is_written_with_its_empty_places() -> None:
    entry_number = parse_subject(LINE).entry_number
    assert write_subject("DR", "NokiaInc", entry_number, "2704") == LINE
    assert write_subject("PR", "NokiaInc", None, "2704") == "PR,NokiaInc,,2704"
    assert write_subject("PR", "NokiaInc", entry_number, None) == "PR,NokiaInc,345-67890123"
    assert write_subject("PR", "NokiaInc", None, None) == "PR,NokiaInc"


def test_the_table_of_lines_holds_every_repair_problem_and_flag() -> None:
    assert {name for _, _, repairs, _ in READ for name in repairs.split()} == set(REPAIRS)
    assert {problem.partition(":")[0] for _, problems in NOT_READ for problem in problems} == {
        "subject-empty", "subject-fields", "code-unknown", "account-missing", "entry-missing", "entry-invalid",
        "port-missing", "port-invalid",
    }  # fmt: skip
    assert len(READ) + len(NOT_READ) >= 120


@pytest.mark.parametrize(
    "unit",
    [
        "(", "[", "{[(<", ",", "=?", "=?=?=?", "RE: ", "RE:", "re[1", "1 of ", "1 of 1 of 3 ", "(1/3)", " ", "\t", "1",
        "345-6789012", "345 67890123 ", "=?utf-8?q?a?= ", "=?utf-8?b?", "=?a?q?", "=?punycode?q?a", "\x00",
        "\u0301\u0323", "\ufdfa", "***", "*a*", "#1 of 2", "[EXT]", "[EXT ", '"', "-", " - ", ";", "|", "a", "é", "DR,",
        "A-", "\udcff", "part 1 ", "回复:", "[Fwd:", "EXT:", "PD:", "R: ", "٣", "DR 345-67890123 ", f"{LINE},",
        "RE ", "URGENT ", "[x]", "[x] ", "1/3 ", "(1 of 3) a ", "(1/3),", "DR_a_", "DR/", "Entry ", "Port ",
        "#encrypt ",
    ],
)  # fmt: skip
def test_hundred_thousand_hostile_characters_are_read_at_once(unit: str) -> None:
    """Threat 24: the time to read a line does not run away with its length."""
    line = (unit * 100_000)[:100_000]
    with bounded():
        parse_subject(line).as_json()
        parse_subject(f"{LINE} {line}")
        parse_subject(f"DR,{line},345-67890123,2704")


def test_a_line_after_endless_blanks_is_read() -> None:
    assert parse_subject(" " * 100_000 + LINE).canonical == LINE


def test_a_line_before_endless_text_is_read() -> None:
    assert parse_subject(LINE + " x" * 100_000) == SubjectLine(
        line=LINE + " x" * 100_000,
        ok=True,
        canonical=LINE,
        code="DR",
        subject="Docs Required",
        account="NokiaInc",
        entry_number=parse_subject(LINE).entry_number,
        port="2704",
        port_name="LOS ANGELES",
        repairs=("trailing-text",),
    )
