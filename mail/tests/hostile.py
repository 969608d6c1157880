"""Attacks to show: the corpus where it is at hand, and our own variants of what others found in mail programs."""

import json

from tests.corpora import found

HOST = "https://evil.test"
OWN = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>',
    f'<svg><use href="{HOST}/x.svg#a"/></svg><svg><image href="{HOST}/x.png"/></svg>',
    f'<svg><feimage xlink:href="{HOST}/f.png"/></svg>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math><mtext></form><form><mglyph><svg><mtext><style><path id=</style><img onerror=alert(1) src>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<title><img src=x onerror=alert(1)></title><img src=x onerror=alert(1)>",
    f'<iframe src="{HOST}"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>',
    f'<object data="{HOST}"></object><embed src="{HOST}"><applet code=x></applet>',
    f'<form action="{HOST}"><input name=a autofocus onfocus=alert(1)><button formaction="javascript:alert(1)">x</button></form>',
    f'<meta http-equiv="refresh" content="0;url={HOST}">',
    '<meta http-equiv="Content-Security-Policy" content="img-src *">',
    f'<base href="{HOST}/"><img src="x.png"><a href="y">y</a>',
    f'<link rel=stylesheet href="{HOST}/x.css"><link rel=prefetch href="{HOST}/p"><link rel=preload as=image href="{HOST}/i.png">',
    f'<style>@import "{HOST}/a.css";body{{background:url({HOST}/b.png)}}</style>',
    f"<style>*{{background-image:image-set('{HOST}/c.png' 1x)}}</style><p>x",
    f"<style>@font-face{{font-family:x;src:url({HOST}/f.woff)}}p{{font-family:x}}</style><p>x",
    "<style>.a{color:red}</style><style>.a{}</style ><img src=x onerror=alert(1)>",
    f"<style>@media screen{{.a{{background:url({HOST}/m.png)}}}}",
    "<style>a{content:'</style><img src=x onerror=alert(1)>'}</style>",
    "<style><!--</style><img src=x onerror=alert(1)>--></style>",
    f'<div style="background:url({HOST}/1.png)">x</div><div style="background-image:u\\72l({HOST}/2.png)">x</div>',
    f'<div style="background:url(&quot;{HOST}/3.png">unclosed</div><div style="--a:url({HOST}/4.png);background:var(--a)">x</div>',
    f'<div style="list-style:url({HOST}/5.png);cursor:url({HOST}/6.cur),auto;border-image:url({HOST}/7.png)">x</div>',
    f'<div style="content:url({HOST}/8.png);filter:url({HOST}/9.svg#f);mask:url({HOST}/10.svg);clip-path:url({HOST}/11.svg)">x</div>',
    f'<div style="background:/*x*/url(/**/{HOST}/12.png)">x</div><div style=\'font:"url({HOST}/13.png"\'>x</div>',
    '<div style="position:fixed;inset:0;z-index:99999;background:red">overlay</div>',
    '<div style="position:absolute !important;top:-500px">x</div><div style="margin-top:-500px">x</div>',
    '<div style="width:expression(alert(1));-moz-binding:url(x);behavior:url(x)">x</div>',
    f'<table background="{HOST}/t.png"><tr background="{HOST}/r.png"><td background="{HOST}/d.png">x</table>',
    f'<body background="{HOST}/body.png" onload=alert(1)><p>x</body>',
    f'<img srcset="{HOST}/s.png 1x" src="data:image/png;base64,x"><picture><source srcset="{HOST}/p.png"><img></picture>',
    f'<img src="{HOST}/a.png"><img src="//evil.test/b.png"><img src=" {HOST}/c.png"><img src="ht\ntps://evil.test/d.png">',
    f'<img lowsrc="{HOST}/l.png" dynsrc="{HOST}/y.png" longdesc="{HOST}/z"><input type=image src="{HOST}/i.png">',
    f'<video src="{HOST}/v.mp4" poster="{HOST}/p.png" autoplay></video><audio src="{HOST}/a.mp3" autoplay></audio><bgsound src="{HOST}/b">',
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+"><img src="data:text/html,<script>alert(1)</script>">',
    '<a href="javascript:alert(1)">a</a><a href="jav&#x09;ascript:alert(1)">b</a><a href=" &#14; javascript:alert(1)">c</a>',
    '<a href="JaVaScRiPt&colon;alert(1)">d</a><a href="vbscript:x">e</a><a href="data:text/html;base64,PHNjcmlwdD4=">f</a>',
    f'<a href="{HOST}" ping="{HOST}/ping" target=_top download>x</a><map name=m><area href="javascript:alert(1)" shape=rect></map>',
    '<a href="/mail/inbox/" target="_self">own page</a><img src="/mail/pictures/x/"><img src="/mail/attachments/1/">',
    "<details open ontoggle=alert(1)><summary>x</summary></details><marquee onstart=alert(1)>x</marquee>",
    "<p onclick=alert(1) onpointerrawupdate=alert(1) tabindex=1 autofocus onfocus=alert(1)>x</p>",
    '<div class="candor-elsewhere" id="x" data-hx-get="/x" hx-get="/mail/inbox/" hx-trigger="load">x</div>',
    "<template><img src=x onerror=alert(1)></template><slot><img src=x onerror=alert(1)></slot>",
    "<table><td><style><td></style><img src=x onerror=alert(1)>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    'http://a.test/"onmouseover=alert(1) x=" https://a.test/\'><script>alert(1)</script>',
    'javascript:alert(1) www.a.test/<script>alert(1)</script> a@b.test"><img src=x onerror=alert(1)>',
    "https://a.test/&#34;><img src=x onerror=alert(1)> &lt;script&gt;alert(1)&lt;/script&gt;",
    "> <script>alert(1)</script>\n>> <img src=x onerror=alert(1)>\n</blockquote><script>alert(1)</script>",
    "{{ 7|add:7 }}{% debug %}${alert(1)}<%= x %>",
]


def snippets() -> list[str]:
    """The corpus, where it is at hand, and our own."""
    corpus = found("hostile-html.json")
    known = [entry["input"] for entry in json.loads(corpus.read_text())] if corpus else []
    return [text.replace("\0", "") for text in [*known, *OWN]]
