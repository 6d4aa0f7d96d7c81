"""What replicas are made of: pages, lists, feeds and attachments in the markup of publishing systems."""

import json

from tests.attachment_samples import Paper, ofd, ofd_text
from tests.loopback import Page, keep_alive, ok

PLACES = "东港 西山 南湖 北岭 中原 海安 江阳 河曲 云台 石门 青田 黄岩".split()
SUBJECTS = "盐湖提锂 海水淡化 湿地修复 氢能储运 稀土回收 深海装备 卫星遥感 疫苗研发 种子改良 智能电网".split()


def html(body: str, head: str = "", encoding: str = "utf-8") -> Page:
    text = f'<!DOCTYPE html><html><head><meta charset="{encoding}">{head}</head><body>{body}</body></html>'
    return keep_alive(ok(text.encode(encoding), f"Content-Type: text/html; charset={encoding}"))


def data(value: object) -> Page:
    return keep_alive(
        ok(json.dumps(value, ensure_ascii=False).encode(), "Content-Type: application/json")
    )


def xml(text: str) -> Page:
    return keep_alive(ok(text.encode(), "Content-Type: application/xml"))


def title(number: int) -> str:
    return f"{PLACES[number % 12]}{SUBJECTS[number % 10]}行动方案（第{number}号）"


def paragraphs(number: int) -> str:
    place, subject = PLACES[number % 12], SUBJECTS[number % 10]
    told = (
        f"为推动{place}{subject}工作有序开展，结合当地实际制定本方案，有效期{number + 3}年。",
        f"到{2027 + number % 7}年，建成{subject}基地{number * 7 + 2}处，就业{number * 131 + 90}人。",
        f"设立{subject}专项资金{number * 13 + 4}万元，由财政部门会同主管部门按年度下达并公开使用情况。",
        f"{place}各有关单位应于每年第{number % 4 + 1}季度末报送{subject}进展，逾期未报的予以通报。",
    )
    return "".join(f"<p>　　{each}</p>" for each in told)


def article(number: int, container: str, head: str = "", more: str = "") -> Page:
    """A page with one text in the container that the site's system uses."""
    return html(
        f"<div class='nav'><a href='/'>首页</a><a href='/about/index.html'>关于</a></div>"
        f"<h1>{title(number)}</h1><div {container}>{paragraphs(number)}{more}</div>",
        f"<title>{title(number)}</title>{head}",
    )


def metas(number: int, source: str) -> str:
    return (
        f'<meta name="ArticleTitle" content="{title(number)}"><meta name="PubDate" content="2026-04-15">'
        f'<meta name="ContentSource" content="{source}"><meta name="SiteName" content="{source}">'
    )


def items(addresses: dict[int, str], **markup: str) -> str:
    """A list of links, each in the site's own markup."""
    each = markup.get("each", '<li><a href="{url}">{title}</a><span>2026-04-15</span></li>')
    return "".join(
        each.format(url=url, title=title(number), cut=title(number)[:8])
        for number, url in addresses.items()
    )


def attachment(number: int, kind: str) -> Page:
    told = f"{title(number)}附件：本地各有关部门应当按照职责分工抓好{number}项任务的落实。"
    if kind == "ofd":
        lines = [ofd_text(told[:30], 20, 40 + 8 * n) for n in range(8)]
        return keep_alive(ok(ofd([lines]), "Content-Type: application/octet-stream"))
    paper = Paper()
    for _ in range(3):
        paper.paragraph(
            f"{title(number)}附件：本地各有关部门应当按照职责分工抓好{number}项任务的落实。"
        )
    return keep_alive(ok(paper.done(), "Content-Type: application/pdf"))


def rss(entries: dict[int, str]) -> str:
    told = "".join(
        f"<item><title>{title(number)}</title><link>{url}</link></item>"
        for number, url in entries.items()
    )
    return f'<rss version="2.0"><channel><title>x</title>{told}</channel></rss>'
