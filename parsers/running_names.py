"""Names of files that run, or act, when they are opened: of plain text and of many containers nothing else tells it."""

# What Windows, its programs and Java run, and what mail programs therefore hand out to nobody; and pages saved with all
# that belongs to them, in which what acts is encoded and can't be seen.
_SCRIPTS = (
    *(
        ".ade",
        ".adp",
        ".appcontent-ms",
        ".appinstaller",
        ".application",
        ".appref-ms",
        ".appx",
        ".asp",
        ".aspx",
        ".bas",
    ),
    *(".bat", ".chm", ".cmd", ".command", ".cpl", ".csh", ".desktop", ".diagcab", ".diagcfg", ".diagpkg"),
    *(".dll", ".exe", ".fxp", ".gadget", ".grp", ".hlp", ".hpj", ".hta", ".htc", ".inf", ".ins", ".iqy", ".isp"),
    *(".jar", ".jnlp", ".js", ".jse", ".ksh", ".library-ms", ".lnk", ".mad", ".maf", ".mag", ".mam", ".mar", ".mcf"),
    *(".mht", ".mhtml", ".mjs", ".msc", ".msh", ".mshxml", ".msi", ".msix", ".msp", ".mst", ".ocx", ".oqy", ".osd"),
    *(".pcd", ".pif", ".plg", ".prf", ".prg", ".printerexport", ".ps1", ".ps1xml", ".ps2", ".ps2xml", ".psc1", ".psc2"),
    *(".psd1", ".psdm1", ".psm1", ".py", ".pyc", ".pyo", ".pyw", ".pyz", ".pyzw", ".rdp", ".reg", ".rqy", ".scf"),
    *(".scr", ".sct", ".search-ms", ".searchconnector-ms", ".settingcontent-ms", ".sh", ".shb", ".shs", ".slk", ".sys"),
    *(".theme", ".themepack", ".url", ".vb", ".vbe", ".vbp", ".vbs", ".vsmacros", ".vsw", ".webpnp", ".website"),
    *(".ws", ".wsb", ".wsc", ".wsf", ".wsh", ".xbap", ".xll", ".xnk"),
)
_MACROS = (
    *(".docm", ".dotm", ".xlsm", ".xltm", ".xlam", ".xlm", ".xla", ".pptm", ".potm", ".ppsm", ".ppam", ".sldm"),
    *(".wll", ".ppa"),
)


def runs_by_name(name: str) -> str | None:
    """Return the type, `script` or `office-macro`, that a file's name makes it, None where the name makes it none."""
    bare = name.lower().rstrip(". ")
    if bare.endswith(_SCRIPTS):
        return "script"
    return "office-macro" if bare.endswith(_MACROS) else None
