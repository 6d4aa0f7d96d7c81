"""What two texts are to each other, and the evidence for it."""

import random
import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.records import Issued
from pipelines.issuance import weigh
from pipelines.normal_form import normalise
from pipelines.relate import Judgement, relate

SUBJECTS = "县级以上人民政府|市场监督管理部门|企业事业单位|行业协会|专业技术人员|社会公众|有关主管机关".split(
    "|"
)
DUTIES = "应当建立健全|负责组织实施|依法公开|不得擅自变更|按照规定报送|鼓励支持|定期评估".split("|")
OBJECTS = "质量安全制度|年度工作计划|信用信息档案|风险防控措施|资金使用情况|技术标准体系|人才培养项目".split(
    "|"
)
NOUNS = "council mayor agency board person applicant employer district office committee".split()
VERBS = "shall establish|may approve|shall not disclose|must report|shall maintain".split("|")
THINGS = (
    "a public register|an annual budget|the required permits|a training program|all records".split(
        "|"
    )
)


def law(seed: int, articles: int = 40) -> str:
    """A text in the manner of a Chinese ordinance; different seeds share words, not articles."""
    chance = random.Random(seed)
    lines = [f"某市第{seed}号管理条例"]
    for number in range(1, articles + 1):
        parts = [
            chance.choice(SUBJECTS)
            + chance.choice(DUTIES)
            + chance.choice(OBJECTS)
            + letters(chance, 12)
            for _ in range(chance.randint(2, 4))
        ]
        lines.append(f"第{number}条 " + "，".join(parts) + f"，期限为{chance.randint(11, 99)}日。")
    return "\n".join(lines)


def letters(chance: random.Random, length: int) -> str:
    return "".join(chr(0x4E00 + int(2000 * chance.random())) for _ in range(length))


def act(seed: int, sections: int = 40) -> str:
    chance = random.Random(seed)
    lines = [f"Public Works Act number {seed}"]
    for number in range(1, sections + 1):
        words = " ".join(
            "".join(chance.choices("etaoinshrdlu", k=chance.randint(3, 9))) for _ in range(14)
        )
        sentence = (
            f"The {chance.choice(NOUNS)} {chance.choice(VERBS)} {chance.choice(THINGS)} {words}"
        )
        lines.append(f"Sec. {number}. {sentence} within {chance.randint(11, 99)} days.")
    return "\n".join(lines)


def judged(a: str, b: str, *issued: Issued) -> Judgement:
    return relate(normalise(a), normalise(b), (issued[0], issued[1]) if issued else None)


def kind(a: str, b: str, *issued: Issued) -> str:
    return judged(a, b, *issued).relation


def without(text: str, first: int, last: int) -> str:
    lines = text.split("\n")
    return "\n".join(lines[:first] + lines[last:])


def misread(text: str, rate: float, seed: int = 1) -> str:
    chance = random.Random(seed)
    return "".join(
        chance.choice(("", c + c, chance.choice(text)))
        if chance.random() < rate and c != "\n"
        else c
        for c in text
    )


def with_tickers(text: str, every: int = 150) -> str:
    return "".join(
        part + "（600" + f"{n:03d}，股吧）"
        for n, part in enumerate(re.findall(f"(?s).{{1,{every}}}", text))
    )


HEAD = "首页 > 政策法规 > 正文\n点击量：1234 字体：大 中 小 分享到：微信 微博\n"
TAIL = (
    "\n责任编辑：某某 【关闭窗口】【打印本页】\n相关阅读\n"
    + law(900, 2)
    + "\n版权所有 京ICP备12345号\n"
)


@pytest.mark.parametrize(
    "copy",
    [
        law(1),
        law(1).replace("\n", "</p><p>").replace("，", ","),
        HEAD + law(1) + TAIL,
        with_tickers(law(1)),
        HEAD + with_tickers(law(1)) + TAIL,
        misread(law(1), 0.01),
        law(1).replace("信息", "資訊").replace("项目", "專案"),
        re.sub("([县市])", r"\1(shì)", law(1)),
    ],
    ids=["equal", "markup", "frame", "tickers", "frame and tickers", "misread", "Taiwan", "pinyin"],
)
def test_cosmetic_copies_are_the_same(copy: str) -> None:
    assert kind(law(1), copy) == "same"


@pytest.mark.parametrize("seed", range(10))
def test_one_changed_number_makes_a_version(seed: int) -> None:
    text = law(seed)
    numbers = list(re.finditer(r"期限为(\d\d)日", text))
    found = random.Random(seed).choice(numbers)
    new = str((int(found[1]) + 7) % 90 + 10)
    other = text[: found.start(1)] + new + text[found.end(1) :]
    answer = judged(text, HEAD + with_tickers(other) + TAIL)
    assert answer.relation == "version"
    assert answer.evidence.changed_numbers == ((new, found[1]),)
    assert new in answer.evidence.because


def test_a_changed_numeral_in_characters_makes_a_version() -> None:
    text = law(2) + "\n本条例自三月一日起施行，有效期五年。"
    assert kind(text, text.replace("有效期五年", "有效期八年")) == "version"


def test_digits_won_or_lost_make_a_version_unless_the_copy_is_misread_all_over() -> None:
    text = law(3)
    assert kind(text, text.replace("日。", "0日。", 1)) == "version"
    assert kind(text, misread(text, 0.02, 4)) == "same"


def test_replaced_passages_make_a_version() -> None:
    lines = law(4).split("\n")
    lines[10], lines[20] = law(5).split("\n")[10], law(5).split("\n")[20]
    assert kind(law(4), "\n".join(lines)) == "version"


def test_replaced_words_make_a_version() -> None:
    text = law(6)
    assert kind(text, text.replace("不得擅自变更", "可以随时调整", 1)) == "version"


@pytest.mark.parametrize("make", [law, act])
def test_a_text_that_lacks_paragraphs_is_a_part_of_the_other(make: Callable[[int], str]) -> None:
    text = make(7)
    answer = judged(text, without(text, 12, 17))
    assert (answer.relation, answer.direction) == ("excerpt", "b in a")
    assert judged(without(text, 12, 17), text).direction == "a in b"


@pytest.mark.parametrize(
    ("make", "added"),
    [
        (law, "第41条 本条例施行后，"
            "市人民政府应当每年向社会公布港口岸线、水域和土地的使用情况，接受监督，并报省人民政府备案。"),
        (act, "Sec. 41. Every permit that was granted before this act took effect ends "
            "after two years, and is not renewed by anybody."),
    ],
)  # fmt: skip
def test_a_paragraph_more_at_the_end_is_no_copy(make: Callable[[int], str], added: str) -> None:
    answer = judged(make(7), f"{make(7)}\n{added}")
    assert (answer.relation, answer.direction) == ("excerpt", "a in b")
    plan = titled("某市管理条例", "某市人民政府")
    assert kind(make(7), f"{make(7)}\n{added}", plan, plan) == "version"


@pytest.mark.parametrize(
    "around",
    [
        "\n港口岸线规划公布\n全市湿地名录更新\n市领导调研水产品市场\n新一批人才项目启动\n本周天气\n船舶登记指南\n节水型社会建设进展",
        "\n本网转载内容均注明来源，目的在于传递更多信息，不代表本网赞同其观点和对其真实性负责，读者据此操作，责任自负。",
    ],
)  # fmt: skip
def test_headlines_and_disclaimers_at_the_end_are_no_paragraph_more(around: str) -> None:
    assert kind(law(7), law(7) + around) == "same"


TEASERS = "".join(
    f"\n{law(900 + number, 1)[:30].strip()} {law(930 + number, 2)[20:110]}".replace("。", "，")
    for number in range(5)
)


@pytest.mark.parametrize("seed", range(5))
def test_a_long_list_of_teasers_below_a_short_text_is_no_part_of_it(seed: int) -> None:
    short = law(seed, 6)
    teasers = "\n".join(line.replace("\n", " ") for line in TEASERS.strip().split("\n第"))
    assert kind(short, f"{short}\n{teasers}") == "same"
    assert kind(f"{short}\n{teasers}", short) == "same"


def test_a_page_that_quotes_the_beginning_of_a_text_in_a_list_does_not_contain_it() -> None:
    short = (
        "港口条例公布\n港口岸线规划由市人民政府编制，报省人民政府批准，并公布，"
        "接受监督，任何单位和个人不得擅自变更。"
    )
    quoted = short.replace("\n", " ")[:100]
    page = f"{law(27)}\n{quoted}\n{law(28, 1).split(chr(10))[0]}"
    assert kind(short, page) == "different"
    assert kind(page, short) == "different"


def test_a_half_within_a_frame_is_a_part() -> None:
    text = law(8)
    answer = judged(text, HEAD + text[: len(text) // 2] + "……[查看全文]" + TAIL)
    assert (answer.relation, answer.direction) == ("excerpt", "b in a")
    assert answer.evidence.covered[0] == pytest.approx(0.5, abs=0.06)


def test_a_summary_in_its_own_words_between_is_a_part() -> None:
    lines = law(9, 60).split("\n")
    summary = "\n据悉，".join([*lines[5:8], *lines[20:24], *lines[40:43]])
    assert judged(law(9, 60), HEAD + summary + TAIL).direction == "b in a"


@pytest.mark.parametrize(("a", "b"), [(law(10), law(11)), (act(10), act(11)), (law(12), act(12))])
def test_strangers_are_different(a: str, b: str) -> None:
    assert kind(a, b) == "different"


def test_texts_in_one_template_are_different() -> None:
    head, tail = law(13, 12), law(14, 12)
    assert kind(head + law(15, 26) + tail, head + law(16, 26) + tail) == "different"


def test_texts_that_share_only_a_frame_are_different() -> None:
    assert kind(HEAD + law(17, 8) + TAIL, HEAD + law(18, 8) + TAIL) == "different"


def test_a_short_dropped_heading_is_a_part_but_one_word_of_advertising_is_not() -> None:
    text = law(19)
    assert kind(text, text.replace("第20条", "第三章法律责任\n第20条")) == "excerpt"
    assert kind(text, text.replace("第20条", "x第20条")) == "same"


@pytest.mark.parametrize(("a", "b"), [("", "甲"), ("甲", "乙"), ("甲乙丙", "甲乙"), ("1", "2")])
def test_next_to_nothing_has_a_defined_outcome(a: str, b: str) -> None:
    assert kind(a, b) in ("same", "version", "excerpt", "different")
    assert kind(a, a) == "same"


def test_a_paragraph_repeated_ten_thousand_times_is_judged() -> None:
    text = "同一段话反复出现，毫无区别。\n" * 10_000
    assert kind(text, text.replace("毫无", "略有", 1)) in ("same", "version")


# --------------------------------------------------------------- swapped arguments

COPIES = [
    law(1),
    HEAD + law(1) + TAIL,
    misread(law(1), 0.01),
    without(law(1), 10, 14),
    law(1).replace("1日", "2日", 2),
    law(1, 20),
    law(2),
    act(1),
    "",
]


@pytest.mark.parametrize("a", COPIES)
@pytest.mark.parametrize("b", COPIES)
def test_swapped_texts_have_the_mirrored_judgement(a: str, b: str) -> None:
    check_mirror(a, b)


@given(st.text("甲乙丙丁12ab", max_size=60), st.text("甲乙丙丁12ab", max_size=60))
def test_any_two_texts_have_a_mirrored_judgement(a: str, b: str) -> None:
    check_mirror(a * 9, b * 9)


def check_mirror(a: str, b: str) -> None:
    one, other = judged(a, b), judged(b, a)
    turned = {"a in b": "b in a", "b in a": "a in b", None: None}
    assert (one.relation, one.score) == (other.relation, other.score)
    assert (one.direction is not None) == (one.relation == "excerpt")
    if normalise(a).text != normalise(b).text:
        assert one.direction == turned[other.direction]
    assert one.evidence.covered == other.evidence.covered[::-1]
    assert one.evidence.changed_numbers == tuple((y, x) for x, y in other.evidence.changed_numbers)
    assert one.evidence.because.endswith(".")
    assert 0 <= one.score <= 1


# ----------------------------------------------------- what is known beside the text


def titled(title: str, *issuers: str, number: str | None = None, on: date | None = None) -> Issued:
    return Issued(title=title, issuers=issuers, document_number=number, issued_on=on)


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("某市养犬管理条例", "某市养犬管理条例", "one"),
        ("某市养犬管理条例(2019年修正)", "某市养犬管理条例", "one"),
        ("九部门印发《东西部科技合作实施方案》", "东西部科技合作实施方案_某某网", "one"),
        ("郑州市养犬管理条例", "开封市养犬管理条例", "two"),
        ("Road Safety Act of 2015", "Road Safety Act of 2016", "two"),
        ("科技部等九部门：打造世界级盐湖产业基地", "东西部科技合作实施方案", "open"),
        ("关于印发某市养犬管理条例的通知", "某市养犬管理条例", "open"),
        ("管理办法", "管理办法", "open"),
        ("通知", "通知", "open"),
        ("东西部科技合作实施方案", "东西部科枝合作实施方案", "open"),
    ],
)
def test_titles_tell_one_document_from_two(a: str, b: str, verdict: str) -> None:
    assert weigh(titled(a), titled(b)).verdict == verdict
    assert weigh(titled(b), titled(a)).verdict == verdict


def test_another_issuer_outweighs_the_same_title() -> None:
    assert (
        weigh(
            titled("城市绿化管理办法", "甲市人民政府"), titled("城市绿化管理办法", "乙市人民政府")
        ).verdict
        == "two"
    )


def test_look_alikes_are_kept_apart_and_say_so() -> None:
    text = law(20)
    other = text.replace("期限为1", "期限为3")
    assert kind(text, other) == "version"
    answer = judged(text, other, titled("郑州市养犬管理条例"), titled("开封市养犬管理条例"))
    assert answer.relation == "different"
    assert "look-alike title" in answer.evidence.signals
    assert answer.evidence.because.startswith("Look-alikes")


def test_an_equal_text_is_the_same_whatever_its_title() -> None:
    assert kind(law(21), HEAD + law(21), titled("甲市管理条例"), titled("乙市管理条例")) == "same"


def test_the_same_title_makes_a_rewritten_text_a_version() -> None:
    old, new = (
        titled("某市养犬管理条例", on=date(1999, 1, 1)),
        titled("某市养犬管理条例", on=date(2023, 1, 1)),
    )
    assert kind(law(22), law(23), old, new) == "version"


def test_a_half_under_the_same_title_is_still_a_part() -> None:
    title = titled("某市养犬管理条例")
    assert kind(law(24), law(24, 20), title, title) == "excerpt"


def test_a_page_that_changed_at_its_address_is_a_version_unless_it_became_another() -> None:
    here = Issued(url="https://gov.example/plan.html")
    assert kind(law(25), law(25, 20), here, here) == "version"
    assert kind(law(25), law(26), here, here) == "different"


def test_a_short_article_is_no_part_of_a_page_with_the_same_frame_that_lists_it() -> None:
    def framed(title: str, date: str, views: int, body: str, listed: str) -> str:
        return (
            f"홈 > 뉴스 > 정치\n{title}\n{date} 李晓 기자 조회수 {views}\n"
            f"페이스북 트위터 카카오톡 공유하기\n{title}\n{body}\n관련기사\n{listed}\n"
        )

    title = "항만청, 새 방파제 공사를 다음 달에 시작"
    opening = "항만청은 길이 칠백 미터의 방파제를 다음 달부터 짓는다고 목요일에 밝혔다."
    short = framed(
        title, "2022-04-07", 73050, opening, "시장이 봄철 어획량을 점검 시장이 봄철 어획량을"
    )
    body = "\n".join(
        f"시의회는 {n}번 안건을 {n + 3}대 {n}로 통과시키고 예산을 다시 나누었다."
        for n in range(2, 30)
    )
    other = framed("시의회, 예산안 모두 통과", "2022-02-18", 59477, body, f"{title} {opening[:-9]}")
    assert kind(short, other) == "different"
    assert kind(other, short) == "different"
