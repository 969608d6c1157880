"""The frame that a body is shown in: the policy that it is served under, and its style sheets."""

from typing import Final

from django.urls import reverse

from mail.contents import Contents

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "private, no-store",
}
# Ours come first, so that what is !important in them is overruled by nothing in the mail's own; else the mail has its way.
LAYERS: Final = "@layer candor,base,mail;"
BASE: Final = """@layer base{
html{background:#fff;color:#1b1d1c;color-scheme:light}
body,.candor-body{margin:0;padding:10px 12px;font:14px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:anywhere}
.candor-body{color:#000;box-sizing:border-box;overflow:hidden}
img{max-width:100%;height:auto}
table{max-width:100%}
pre{white-space:pre-wrap;font-family:ui-monospace,Consolas,monospace}
p:first-child{margin-top:0}
blockquote{margin:0 0 0 8px;padding-left:12px;border-left:2px solid #cfd2cf}
a{color:#0b5f58}
}"""
# Of a mail that has no colours of its own, where the page is dark.
DARK: Final = """@layer base{@media (prefers-color-scheme:dark){
html{background:#1a1d1c;color:#eceeed;color-scheme:dark}
a{color:#6fd8cb}
blockquote{border-color:#414745}
}}"""
MARKS: Final = """@layer candor{
.candor-elsewhere,.candor-counted{
display:inline-block !important;visibility:visible !important;opacity:1 !important;float:none !important;
width:auto !important;height:auto !important;min-height:0 !important;max-height:none !important;max-width:none !important;
margin:0 0 0 4px !important;padding:0 6px !important;overflow:visible !important;border:0 !important;
border-radius:9px !important;font:600 11px/18px system-ui,sans-serif !important;letter-spacing:0 !important;
text-indent:0 !important;text-transform:none !important;text-decoration:none !important;white-space:normal !important;
vertical-align:baseline !important}
.candor-elsewhere{background:#fdeceb !important;color:#b42318 !important}
.candor-elsewhere::before{content:"\\26a0\\fe0e\\a0"}
.candor-counted{background:#f1f1ef !important;color:#5a605d !important}
.candor-counted::before{content:"\\2937\\fe0e\\a0"}
.candor-picture{box-sizing:border-box !important;display:inline-block !important;min-height:28px !important}
.candor-picture{max-height:120px !important;padding:4px 8px !important;overflow:hidden !important}
.candor-picture{border-radius:4px;background:#f1f1ef !important}
.candor-picture{outline:1px dashed #cfd2cf;outline-offset:-1px;color:#5a605d !important;font:12px/20px system-ui,sans-serif !important}
}"""


def policy(site: str) -> str:
    """The frame's Content-Security-Policy, which holds wherever the document is opened; `site` is our own address.

    No scripts, no origin of its own, nothing to load but what carries our signature: nothing that the cleaning missed could do a thing.
    """
    return (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; script-src 'none'; "
        f"img-src data: {site}{pictures_path()}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def pictures_path() -> str:
    """Where all signed pictures are."""
    return reverse("mail:picture", args=["x"]).removesuffix("x/")


def style(contents: Contents) -> str:
    """The style sheets of one body. The mail's holds nothing that could end the element: see `mail.styling`."""
    own = f"@layer mail{{{contents.css}}}"
    if contents.body_style:
        own += f"@layer mail{{body,.candor-body{{{contents.body_style}}}}}"
    return "\n".join([LAYERS, MARKS, BASE, DARK if contents.is_plain else "", own])
