import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.decode import decode, known_charset
from pipelines.errors import Refused

PLAN = (
    "各省、自治区、直辖市人民政府：为深入实施区域协调发展战略，进一步推进科技合作，现将有关事项通知如下。"
    "要建立上下联动的工作机制，强化资源配置，确保各项任务落实到位。"
)
PLAN_TRADITIONAL = (
    "為深入實施區域協調發展戰略，進一步推進科技合作，現將有關事項通知如下。"
    "要建立上下聯動的工作機制，強化資源配置，確保各項任務落實到位。"
)
JAPANESE = "この計画は、地域の科学技術の協力を進めるために、次のことを定めるものです。"
KOREAN = "이 계획은 지역의 과학 기술 협력을 추진하기 위하여 다음과 같은 사항을 정하는 것이다."


def page(text: str, meta: str = "") -> str:
    named = f'<meta charset="{meta}">' if meta else ""
    return f"<html><head>{named}<title>t</title></head><body><p>{text}</p></body></html>"


def test_valid_utf8_is_believed_before_every_name() -> None:
    decoded = decode(page(PLAN, "gb2312").encode(), "big5")
    assert decoded.text == page(PLAN, "gb2312")
    assert (decoded.encoding, decoded.evidence, decoded.damage) == ("utf-8", "utf-8 is valid", 0.0)


@pytest.mark.parametrize(
    ("mark", "codec"),
    [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")],
)
def test_a_byte_order_mark_wins_and_is_not_text(mark: bytes, codec: str) -> None:
    decoded = decode(mark + page(PLAN).encode(codec), "gbk")
    assert decoded.text == page(PLAN)
    assert (decoded.encoding, decoded.evidence) == (codec, "bom")


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-16-le"])
def test_utf16_without_a_mark_is_told_by_its_zeros(codec: str) -> None:
    decoded = decode(page(PLAN).encode(codec))
    assert (decoded.text, decoded.encoding, decoded.evidence) == (page(PLAN), codec, "detected")


@pytest.mark.parametrize(
    ("text", "codec", "read_as"),
    [
        (PLAN, "gbk", "gb18030"),
        (PLAN + "㐂𠀀", "gb18030", "gb18030"),
        (PLAN_TRADITIONAL, "big5", "big5hkscs"),
        (PLAN_TRADITIONAL + "嘅喺啲", "big5hkscs", "big5hkscs"),
        (JAPANESE, "euc-jp", "euc_jp"),
        (JAPANESE, "cp932", "cp932"),
        (KOREAN, "cp949", "cp949"),
    ],
)
@pytest.mark.parametrize("declared", [None, "utf-8", "iso-8859-1", "x-klingon"])
def test_east_asian_bytes_are_read_right_whatever_the_header_says(
    text: str, codec: str, read_as: str, declared: str | None
) -> None:
    decoded = decode(page(text).encode(codec), declared)
    assert decoded.text == page(text)
    assert decoded.encoding == read_as
    assert decoded.damage == 0.0


def test_the_evidence_says_who_named_the_encoding() -> None:
    assert decode(page(PLAN, "gb2312").encode("gbk")).evidence == "meta"
    assert decode(page(PLAN, "gb2312").encode("gbk"), "gbk").evidence == "http"
    assert decode(page(PLAN).encode("gbk")).evidence == "detected"


def test_a_bad_byte_in_gbk_costs_a_character_and_not_the_page() -> None:
    body = page(PLAN, "gb2312").encode("gbk")
    at = body.index("战略".encode("gbk"))
    decoded = decode(body[:at] + b"\xff" + body[at:])
    assert decoded.encoding == "gb18030"
    assert decoded.text.replace("\ufffd", "") == page(PLAN, "gb2312")
    assert 0 < decoded.damage < 0.01


def test_a_cut_character_in_utf8_costs_a_character_and_not_the_page() -> None:
    body = page(PLAN).encode()
    at = body.index("战略".encode())
    decoded = decode(body[:at] + b"\xe4" + body[at:])
    assert decoded.encoding == "utf-8"
    assert decoded.text.replace("\ufffd", "") == page(PLAN)


def test_western_text_follows_its_name() -> None:
    french = page("L'été dernier, la réforme a été présentée à l'Assemblée.")
    assert decode(french.encode("latin-1"), "iso-8859-1").text == french
    russian = page("Правительство утвердило план развития науки.")
    assert decode(russian.encode("koi8-r"), "koi8-r").text == russian


def test_the_less_damaged_of_two_names_wins() -> None:
    thai = page("แผนการพัฒนาวิทยาศาสตร์", "windows-874")
    decoded = decode(thai.encode("cp874"), "windows-1253")
    assert (decoded.text, decoded.evidence) == (thai, "meta")


@pytest.mark.parametrize(
    "name", ["unicode_escape", "zlib", "rot13", "idna", "utf-7", "hz", "punycode", "hex", ""]
)
def test_a_python_codec_is_no_charset(name: str) -> None:
    assert known_charset(name) is None
    assert (
        decode(b"<p>+ADw-script+AD4- \\u0041</p>", name).text == "<p>+ADw-script+AD4- \\u0041</p>"
    )


def test_every_charset_of_the_table_is_a_codec_that_python_has() -> None:
    for label in ("gb2312", "big5", "shift_jis", "euc-kr", "iso-8859-1", "x-mac-ukrainian"):
        codec = known_charset(label.upper())
        assert codec is not None
        assert "a".encode(codec)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"PK\x03\x04\x14\0", "a ZIP file"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "an image or a recording"),
        (b"\0\0\0\x20ftypisom", "a film"),
        (bytes(range(32)) * 20, "a control character"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(body: bytes, name: str) -> None:
    with pytest.raises(Refused) as refused:
        decode(body)
    assert refused.value.stage == "decode"
    assert name in refused.value.reason
    assert refused.value.reason.endswith(".")


@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "gbk", "big5", "latin1", "x"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, declared: str | None) -> None:
    try:
        decoded = decode(body, declared)
    except Refused:
        return
    assert 0.0 <= decoded.damage <= 1.0
    decoded.text.encode("utf-8")  # no lone surrogate: it could not be kept


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200))
def test_utf8_comes_back_as_it_went_in(text: str) -> None:
    if text[0] != "\ufeff":
        assert decode(f"<p>{text}".encode()).text == f"<p>{text}"
