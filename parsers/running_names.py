"""Names of files that run, or act, when they are opened, whatever is in them.

Programs, libraries and shortcuts are not among them: their content must begin with a mark of its own to run at all.
"""

# What Windows, its programs and Java run, and what mail programs therefore hand out to nobody; and pages saved with all
# that belongs to them, in which what acts is encoded and can't be seen.
_SCRIPTS = (
    *(".ade", ".adp", ".appcontent-ms", ".appinstaller", ".application", ".appref-ms", ".asp", ".aspx", ".bas"),
    *(".bat", ".cmd", ".command", ".csh", ".desktop", ".diagcab", ".diagcfg", ".diagpkg"),
    *(".fxp", ".gadget", ".grp", ".hlp", ".hpj", ".hta", ".htc", ".inf", ".ins", ".iqy", ".isp"),
    *(".jar", ".jnlp", ".js", ".jse", ".ksh", ".library-ms", ".mad", ".maf", ".mag", ".mam", ".mar", ".mcf"),
    *(".mht", ".mhtml", ".mjs", ".msc", ".msh", ".mshxml", ".oqy", ".osd"),
    *(".pcd", ".plg", ".prf", ".prg", ".printerexport", ".ps1", ".ps1xml", ".ps2", ".ps2xml", ".psc1", ".psc2"),
    *(".psd1", ".psdm1", ".psm1", ".py", ".pyc", ".pyo", ".pyw", ".pyz", ".pyzw", ".rdp", ".reg", ".rqy", ".scf"),
    *(".sct", ".search-ms", ".searchconnector-ms", ".settingcontent-ms", ".sh", ".shb", ".shs", ".slk"),
    *(".theme", ".themepack", ".url", ".vb", ".vbe", ".vbp", ".vbs", ".vsmacros", ".vsw", ".webpnp", ".website"),
    *(".ws", ".wsb", ".wsc", ".wsf", ".wsh", ".xbap", ".xnk"),
)


def runs_by_name(name: str) -> bool:
    """Return whether a file of this name runs or acts when it is opened."""
    return name.lower().rstrip(". ").endswith(_SCRIPTS)
