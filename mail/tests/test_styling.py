"""What CSS of others is kept, and that nothing of it loads, computes or lies over anything."""

import pytest

from mail import styling


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red", "color:red"),
        ("color:RED !important; width:600px;", "color:RED !important;width:600px"),
        ("font:14px/1.5 Arial, \"Helvetica Neue\", '微软雅黑'", "font:14px/1.5 Arial, \"Helvetica Neue\", '微软雅黑'"),
        ("margin:0 auto; padding:5px 10px; border:solid windowtext 1.0pt", "margin:0 auto;padding:5px 10px;border:solid windowtext 1.0pt"),
        ("text-indent:-18.0pt;mso-list:l0 level1", "text-indent:-18.0pt"),
        (
            "background:rgba(0,0,0,.5);line-height:1.5;font-family:-apple-system",
            "background:rgba(0,0,0,.5);line-height:1.5;font-family:-apple-system",
        ),
        ("color:re/**/d", "color:red"),
        ("display:none;max-height:0;overflow:hidden", "display:none;max-height:0;overflow:hidden"),
    ],
)
def test_the_look_of_a_mail_is_kept(style: str, kept: str):
    assert styling.declarations(style) == kept


@pytest.mark.parametrize(
    "style",
    [
        "background:url(https://evil.test/x)",
        "background:#fff url('x') no-repeat",
        "background-image:u\\72l(x)",
        "background:u/**/rl(x)",
        "background:image-set('x' 1x)",
        "list-style:url(x)",
        "width:expression(alert(1))",
        "width:calc(1px + 1px)",
        "color:var(--x)",
        "color:env(x)",
        "color:attr(title)",
        "--x:url(x)",
        "content:'x'",
        "position:fixed",
        "position : absolute !important",
        "z-index:9",
        "transform:scale(9)",
        "filter:url(#x)",
        "clip-path:inset(0)",
        "inset:0",
        "top:0",
        "margin:-10px",
        "margin:0 -10px 0 0",
        "margin-top:-1em",
        "font-size:9999px",
        "width:99999px",
        "display:flex",
        "display:contents",
        "behavior:url(x)",
        "-moz-binding:url(x)",
        "color:red}body{display:none",
        "color:</style><script>alert(1)</script>",
        "color:red<",
        "font-family:'a\\'b'",
        'font-family:"a',
        "colour:red",
        "color:red;}" * 5000,
        "animation:x 1s",
        "cursor:url(x),auto",
    ],
)
def test_the_rest_of_css_is_dropped(style: str):
    kept = styling.declarations(style)
    assert kept in ("", "color:red")


def test_rules_with_simple_selectors_are_kept():
    word = '<!-- p.MsoNormal, li.MsoNormal {margin:0cm; mso-x:y; font-family:"Calibri",sans-serif;} -->'
    assert styling.written(styling.sheet(word)) == 'p.MsoNormal,li.MsoNormal{margin:0cm;font-family:"Calibri",sans-serif}'
    narrow = "@media only screen and (max-width:480px){ .a > td, #b{width:100%!important} }"
    assert styling.written(styling.sheet(narrow)) == "@media only screen and (max-width:480px){.a > td,#b{width:100% !important}}"


@pytest.mark.parametrize(
    "css",
    [
        "@import url(https://evil.test/x.css);",
        "@font-face{font-family:x;src:url(https://evil.test/f)}",
        "@namespace url(x);@charset 'x';",
        "a[href^=x]{background:url(x)}",
        ":host{color:red}",
        "::before{content:'x'}",
        "a:has(b){color:red}",
        "@media (prefers-color-scheme:dark){a{color:red}}",
        "@media print{a{color:red}}",
        "@supports (display:grid){a{color:red}}",
        "@layer candor{a{color:red}}",
        "a{color:red",
        "} a{position:fixed}",
        "</style><script>alert(1)</script>{color:red}",
        "a\\{b{color:red}",
        "@media screen and (max-width:480px){ a{ b{color:red} } }",
    ],
)
def test_no_other_rule_is(css: str):
    assert styling.written(styling.sheet(css)) == ""


@pytest.mark.parametrize(
    "css", ["/*" * 50_000, "{" * 100_000, "a{" * 50_000, "a{}" * 50_000, "@media " + "(" * 50_000 + "{", "a," * 50_000 + "{x:y}"]
)
def test_hostile_sheets_are_read_to_their_end(css: str):
    assert styling.written(styling.sheet(css)) == ""


def test_a_sheet_with_very_many_rules_is_cut():
    assert len(styling.sheet("a{color:red}" * 20_000)) == styling.MOST_RULES
