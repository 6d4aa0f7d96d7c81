"""Near-copies of the same news in six more languages, made as those of the laws are.

The measuring script makes the changes; what a site puts around a text is written here.
"""

import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from benchmarks import corpus

LANGUAGES = {"ja": "jpn", "ko": "kor", "ar": "arb", "ru": "rus", "fr": "fra", "de": "deu"}
_LEAST = 60  # characters of a copy; the script leaves shorter ones out too

Copy = dict[str, Any]  # as the script writes it: id, fam, lang, kind, rel, frac, base, text

# What stands before and after a text, in the manner of the script: two sites of each language.
FRAMES = {
    "ja": [
        (
            "ホーム > ニュース > 政治\n{title}\n{date} 記者：{au}\n"
            "閲覧数：{n}\nシェアする ツイート LINEで送る\n",
            "\n関連記事\n{rel}\nプライバシーポリシー | "
            "お問い合わせ | サイトマップ\n© 2022 {src} 無断転載を禁じます\n",
        ),
        (
            "メニュー 検索 ログイン 会員登録\n{title}\n提供：{src}\n",
            "\nメールマガジンに登録して"
            "最新ニュースを受け取る\nコメント（{n}）\n"
            "こちらの記事もおすすめ\n{rel}\n",
        ),
    ],
    "ko": [
        (
            "홈 > 뉴스 > 정치\n{title}\n{date} {au} 기자 조회수 {n}\n페이스북 트위터 카카오톡 공유하기\n",
            "\n관련기사\n"
            "{rel}\n개인정보처리방침 | 이용약관 | 사이트맵\n© 2022 {src} 무단전재 및 재배포 금지\n",
        ),
        (
            "메뉴 검색 로그인 회원가입\n{title}\n출처: {src}\n",
            "\n뉴스레터를 구독하고 최신 소식을 받아보세요\n댓글 ({n})\n많이 본 뉴스\n{rel}\n",
        ),
    ],
    "ar": [
        (
            "الرئيسية / الأخبار / السياسة\n"
            "{title}\n"
            "{date} بقلم {au} {n} قراءة\n"
            "شارك على فيسبوك تويتر واتساب\n",
            "\n"
            "اقرأ أيضا\n"
            "{rel}\n"
            "سياسة الخصوصية | شروط الاستخدام\n"
            "© 2022 {src} جميع الحقوق محفوظة\n",
        ),
        (
            "القائمة بحث تسجيل الدخول اشترك\n{title}\nالمصدر: {src}\n",
            "\n"
            "اشترك في نشرتنا البريدية لتصلك آخر الأخبار\n"
            "التعليقات ({n})\n"
            "أخبار ذات صلة\n"
            "{rel}\n",
        ),
    ],
    "ru": [
        (
            "Главная / Новости / Политика\n"
            "{title}\n"
            "{date} Автор: {au} Просмотров: {n}\n"
            "Поделиться ВКонтакте Телеграм\n",
            "\n"
            "Читайте также\n"
            "{rel}\n"
            "Политика конфиденциальности | Пользовательское соглашение\n"
            "© 2022 {src}. Все права защищены.\n",
        ),
        (
            "Меню Поиск Войти Регистрация\n{title}\nИсточник: {src}\n",
            "\n"
            "Подпишитесь на нашу рассылку, чтобы получать последние новости.\n"
            "Комментарии ({n})\n"
            "Похожие новости\n"
            "{rel}\n",
        ),
    ],
    "fr": [
        (
            "Accueil / Actualités / Politique\n"
            "{title}\n"
            "{date} · Par {au} · {n} vues\n"
            "Partager sur Facebook Twitter WhatsApp\n",
            "\n"
            "À lire aussi\n"
            "{rel}\n"
            "Mentions légales | Politique de confidentialité | Gestion des cookies\n"
            "© 2022 {src}. Tous droits réservés.\n",
        ),
        (
            "Menu Rechercher Se connecter S'abonner\n{title}\nSource : {src}\n",
            "\n"
            "Inscrivez-vous à notre lettre d'information pour recevoir les dernières actualités.\n"
            "Commentaires ({n})\n"
            "Articles similaires\n"
            "{rel}\n",
        ),
    ],
    "de": [
        (
            "Startseite / Nachrichten / Politik\n"
            "{title}\n"
            "{date} · Von {au} · {n} Aufrufe\n"
            "Teilen auf Facebook Twitter WhatsApp\n",
            "\n"
            "Das könnte Sie auch interessieren\n"
            "{rel}\n"
            "Impressum | Datenschutzerklärung | AGB\n"
            "© 2022 {src}. Alle Rechte vorbehalten.\n",
        ),
        (
            "Menü Suche Anmelden Abonnieren\n{title}\nQuelle: {src}\n",
            "\n"
            "Abonnieren Sie unseren Newsletter und erhalten Sie die neuesten Nachrichten.\n"
            "Kommentare ({n})\n"
            "Ähnliche Artikel\n"
            "{rel}\n",
        ),
    ],
}  # fmt: skip


def copies(script: ModuleType, language: str, seed: int, families: int) -> list[Copy]:
    """Copies of the first `families` documents of a language, in an order that the seed gives.

    Those that remain stand beside them as texts that belong to nothing.
    """
    script.SITE.update(FRAMES)
    chance = random.Random(seed)
    bases = list(_documents(language))
    chance.shuffle(bases)
    made = [
        _copy(base, kind, relation, text)
        for base in bases[:families]
        for kind, relation, text in _made(script, chance, base, bases)
        if text and len(text) > _LEAST
    ]
    return made + [_copy(base, "natural", "different", base["text"]) for base in bases[families:]]


def _documents(language: str) -> Iterator[Copy]:
    """The news of a language, each with its first line as its title."""
    place = corpus.folder("ntrex")
    names = (place / "DOCUMENT_IDS.tsv").read_text("utf-8").splitlines()
    file = place / f"NTREX-128/newstest2019-ref.{LANGUAGES[language]}.txt"
    lines: dict[str, list[str]] = {}
    for name, line in zip(names, file.read_text("utf-8").split("\n"), strict=False):
        lines.setdefault(name.strip(), []).append(line)
    for name, said in lines.items():
        yield {
            "id": f"{language}-{name}",
            "lang": language,
            "title": said[0],
            "text": "\n".join(said),
        }


def _made(
    script: ModuleType, chance: random.Random, base: Copy, pool: list[Copy]
) -> Iterator[tuple[str, str, str | None]]:
    """Every copy of one text, with its kind and its relation, as `gen` of the script makes them."""
    text = base["text"]

    def changed(first: str, *names: str) -> str:
        made = text if first == "text" else first
        for name in names:
            change: Callable[..., str] = getattr(script, name)
            made = (
                change(chance, made, base, pool) if name == "boiler" else change(chance, made, base)
            )
        return made

    yield "orig", "identical", text
    for kind, names in _COSMETIC.items():
        yield kind, "cosmetic", changed("text", *names)
    yield "droppar", "excerpt", changed("text", "droppar")
    yield "trunc", "excerpt", changed("text", "trunc", "boiler")
    summary, _ = script.summary(chance, text, base)
    yield "summary", "excerpt", changed(summary, "boiler")
    yield "num", "version", script.onenum(chance, text, base)
    if renumbered := script.onenum(chance, text, base):
        yield "num_b", "version", changed(renumbered, "ticker", "boiler")
    yield "amend", "version", script.amend(chance, text, base, pool)


_COSMETIC = {
    "boiler": ("boiler",),
    "ticker": ("ticker",),
    "width": ("width",),
    "ocr": ("ocr",),
    "twb": ("ticker", "width", "boiler"),
}


def _copy(base: Copy, kind: str, relation: str, text: str) -> Copy:
    return {
        "id": f"{base['id']}:{kind}", "fam": base["id"], "lang": base["lang"], "kind": kind,
        "rel": relation, "frac": 1.0, "base": base["id"], "text": text,
    }  # fmt: skip
