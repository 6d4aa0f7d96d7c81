"""The five seed documents, each as a plausible page of its kind."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
SEEDS, GOLD = SHARED / "seeds", SHARED / "gold" / "witnesses.json"
needs_seeds = pytest.mark.skipif(
    not (SEEDS.is_dir() and GOLD.is_file()),
    reason="the five seed documents and their gold annotation are not beside this checkout",
)
NAMES = ("000", "001", "002", "003", "004")
LANGUAGES = {"000": "zh-Hans", "001": "zh-Hans", "002": "zh-Hant", "003": "es", "004": "en"}

# What stands around an article on sites of these kinds: menu, then share bar, then footer.
FURNITURE = {
    "000": "滚动新闻频道 返回首页 股吧社区 基金超市 下载手机客户端 登录注册 分享到微信 广告合作热线",
    "001": "机构职能简介 政务公开指南 当前位置 打印本页 无障碍阅读 部长信箱 转发微博 网站标识码",
    "002": "會員登錄入口 招標信息大全 免費註冊 企業黃頁 展會預告 聯繫客服 掃碼下載 網站備案",
    "003": "Suscripciones Boletines Inicio-de-sesión Contáctenos Hemeroteca Compartir Aviso-legal",
    "004": "Subscribe Sign-up Price-charts Webinars Contact-sales Share-this Cookie-settings",
}
# What the files themselves hold of it.
OWN_FURNITURE = {
    "000": ["withounder", "layout: post"],
    "001": [],
    "002": ["資訊中心>", "Related Reading", "查看更多", "免責聲"],
    "003": [],
    "004": ["Home / Metal News", "Related news"],
}


def seed(name: str) -> str:
    (path,) = SEEDS.glob(f"{name}_*.txt")
    return path.read_text(encoding="utf-8")


def paragraphs(lines: list[str]) -> str:
    return "\n".join(f"<p>{line.strip()}</p>" for line in lines if line.strip())


def listed(words: list[str]) -> str:
    return (
        "<ul>" + "".join(f'<li><a href="/{n}">{w}</a></li>' for n, w in enumerate(words)) + "</ul>"
    )


def framed(name: str, title: str, article: str, after: str = "") -> str:
    """A page of a site: head, navigation, the article, and what comes below it."""
    *menu, share, footer = FURNITURE[name].split()
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="nav">{listed(menu)}</div>{article}'
        f'<div class="share">{share}</div>{after}'
        f'<div class="footer">{listed([footer])}<p>© 2022</p></div></body></html>'
    )


def news_page() -> str:
    _, head, rest = seed("000").split("---\n", 2)
    facts = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    title = facts["title"].strip('"')
    html, _, links = rest.partition("\n\n<http")
    digest, _, html = html.strip().partition("\n")
    article = (
        f'<div class="crumb"><a href="/">返回首页</a> &gt; {facts["tags"]}</div>'
        f'<h1>{title}</h1><div class="info"><span>{facts["date"]}</span></div>'
        f'<div class="article-body"><p class="digest">{digest.lstrip("> ")}</p>{html}</div>'
    )
    return framed("000", title, article, f'<div class="source"><a href="/">http{links}</a></div>')


def ministry_page() -> str:
    title, *lines = seed("001").splitlines()
    article = (
        f'<div class="crumbs">当前位置：<a href="/">首页</a> &gt; 政策文件</div>'
        f'<h1>{title}</h1><div class="info">发布时间：2022-03-04　来源：规划司</div>'
        f'<div class="TRS_Editor">{paragraphs([title, *lines])}</div>'
    )
    return framed("001", f"{title}-通知公告", article)


def trade_page() -> str:
    crumbs, title, byline, rest = (part for part in re.split(r"\n+", seed("002"), maxsplit=3))
    main, _, below = rest.partition("\n關(guān)鍵詞")
    article = (
        f'<div class="position">{crumbs.replace(">", "&gt;")}</div><h1>{title}</h1>'
        f'<div class="byline">{byline}</div>'
        f'<div class="newsContent">{paragraphs(main.splitlines())}</div>'
    )
    items = "".join(f"<li>{line.strip()}</li>" for line in below.splitlines() if line.strip())
    return framed("002", title, article, f'<div class="related"><ul>{items}</ul></div>')


def spanish_page() -> str:
    lines = seed("003").splitlines()
    title = "Plan de cooperación científica y tecnológica entre el este y el oeste"
    article = f'<h1>{title}</h1><div class="cuerpo">{paragraphs(lines)}</div>'
    return framed("003", f"{title} | Portal de políticas", article)


def english_page() -> str:
    crumbs, title, date, main = seed("004").split("\n\n", 3)
    main, _, below = main.partition("\nhome appliances")
    article = (
        f'<div class="breadcrumb">{crumbs}</div><article><h1>{title}</h1>'
        f'<div class="date">{date.removeprefix("icon")}</div>'
        f'<div class="content">{paragraphs(main.splitlines())}</div></article>'
    )
    contacts = '<div class="tags"><a href="/t">home appliances</a></div>'
    return framed(
        "004", title, article, f'{contacts}<div class="more">{paragraphs(below.splitlines())}</div>'
    )


PAGES: dict[str, Callable[[], str]] = {
    "000": news_page,
    "001": ministry_page,
    "002": trade_page,
    "003": spanish_page,
    "004": english_page,
}
