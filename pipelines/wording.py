"""The same thing in other words: regional vocabulary, and the phrases of a site's furniture."""

from functools import cache

import opencc

from pipelines.characters import converter
from pipelines.normal_form import normalise

# What pages say around any text, in the normal form. None of it is of one site.
_FURNITURE = tuple(
    normalise(phrase).text
    for phrase in ["免责声明", "责任编辑", "关闭窗口", "打印本页", "相关阅读", "版权所有", "ICP备", "京公网安备", "文章来源", "返回首页", "返回顶部", "热门推荐", "扫一扫在手机打开", "相关附件", "网站地图", "联系我们", "关于我们", "关于本站", "政府网站标识码", "当前位置", "无障碍浏览", "点击量", "字体大中小", "分享到", "上一篇", "下一篇", "相关文章", "相关新闻", "查看全文", "阅读原文", "関連記事", "お問い合わせ", "プライバシーポリシー", "저작권", "관련기사", "개인정보처리방침", "무단전재"]
) + tuple(
    normalise(phrase).text
    for phrase in ["all rights reserved", "terms of use", "privacy policy", "cookie settings", "contact us", "sign up for", "newsletter", "related news", "most read", "share this", "skip to main content", "subscribe", "read more", "was this page helpful", "todos los derechos reservados", "aviso legal", "política de privacidad", "política de cookies", "te puede interesar", "noticias relacionadas", "suscríbete", "compartir en", "iniciar sesión", "leer más", "nuestro boletín", "últimas noticias", "tous droits réservés", "mentions légales", "politique de confidentialité", "à lire aussi", "alle rechte vorbehalten", "datenschutz", "impressum", "все права защищены", "политика конфиденциальности", "читайте также", "جميع الحقوق محفوظة", "سياسة الخصوصية", "اقرأ أيضا"]
)

_PHRASES = 4  # of furniture: so many are enough, however long the list of related pages
_PHRASE_EVERY = 800  # characters


@cache
def _to_taiwan() -> opencc.OpenCC:
    return converter("s2twp")


def alike(a: str, b: str) -> bool:
    """Whether one wording is the other as Taiwan would say it; both in the normal form."""
    return any(
        normalise(_to_taiwan().convert(x)).text == normalise(y).text for x, y in ((a, b), (b, a))
    )


def is_furniture(text: str, edge: str) -> bool:
    """Whether a text in the normal form has as many phrases of furniture as its length asks for.

    At least one must be in `edge`, the end of it that touches the main text.
    """
    wanted = min(_PHRASES, 1 + len(text) // _PHRASE_EVERY)
    return any(phrase in edge for phrase in _FURNITURE) and (
        sum(phrase in text for phrase in _FURNITURE) >= wanted
    )
