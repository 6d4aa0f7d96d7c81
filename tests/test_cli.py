"""The commands as a person or a program calls them, and what they answer."""

from collections.abc import Callable
from pathlib import Path

from tests.commands import ITEMS, TEXT, Variorum, harmless, key_of, page, stored, stored_types
from tests.loopback import Loopback, moved, ok


def test_a_page_goes_in_and_a_document_comes_out(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/plan": ok(page())})
    answer = variorum.submit(server, "/plan")
    assert answer.status == 0, answer.err
    (result,) = answer.json["results"]
    assert result["status"] == "archived"
    assert (result["relation"], result["language"]) == ("new", "zh-Hans")
    assert result["title"] == "湿地保护行动方案"
    assert result["document"] == result["version"]
    assert [asked.path for asked in server.log] == ["/robots.txt", "/plan"]
    text = variorum("text", result["version"], "--json").json["text"]
    assert [line for line in text.splitlines() if line in ITEMS] == list(ITEMS)
    assert "政务公开" not in text
    harmless(variorum)


def test_a_reading_says_how_it_was_made(variorum: Variorum, serve: Callable[..., Loopback]) -> None:
    damaged = ITEMS[0].replace("30", "&amp;nbsp;30")
    body = page((damaged, *ITEMS[1:])).decode().replace("utf-8", "gbk").encode("gbk")
    server = serve({"/plan": ok(body, "Content-Type: text/html")})
    (result,) = variorum.submit(server, "/plan").json["results"]
    answer = variorum("text", result["version"], "--json").json
    made = answer["reading"]
    assert (made["encoding"], made["evidence"], made["damage"]) == ("gb18030", "meta", 0.0)
    assert made["capture"] == result["capture"]
    (repair,) = made["repairs"]
    assert (repair["kind"], repair["text"]) == ("markup", "&nbsp;")
    assert answer["text"][slice(*repair["span"])] == "&nbsp;", "the text keeps what the page said"
    told = variorum("text", result["version"], "--how").out
    assert "gb18030" in told
    assert "1 markup" in told


def test_the_same_page_again_is_another_observation_of_the_same_version(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/plan": ok(page())})
    first = variorum.submit(server, "/plan").json["results"][0]
    again = variorum.submit(server, "/plan").json["results"][0]
    assert again["relation"] == "same"
    assert again["version"] == first["version"]
    assert again["capture"] != first["capture"]
    shown = variorum("show", first["document"], "--json").json
    (version,) = shown["versions"]
    (witness,) = version["witnesses"]
    assert len(witness["captures"]) == 2
    assert version["first_seen"] < version["last_seen"]
    assert stored_types(variorum).count("revisit") == 2  # the page, and robots.txt


def test_a_changed_number_is_a_new_version_and_the_diff_names_it(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    pages = {"/plan": ok(page())}
    server = serve(pages)
    first = variorum.submit(server, "/plan").json["results"][0]
    pages["/plan"] = ok(page((ITEMS[0].replace("30处", "50处"), *ITEMS[1:])))
    second = variorum.submit(server, "/plan").json["results"][0]
    assert second["relation"] == "version"
    assert second["document"] == first["document"]
    (change,) = variorum("diff", first["version"], second["version"], "--json").json["changes"]
    assert (change["op"], change["a_text"], change["b_text"]) == ("replace", "30", "50")
    pages["/plan"] = ok(page())
    third = variorum.submit(server, "/plan").json["results"][0]
    assert third["version"] == first["version"], "A -> B -> A returns to the version of A"
    shown = variorum("show", first["document"], "--json").json
    assert [version["number"] for version in shown["versions"]] == [1, 2]
    assert [version["witnesses"][0]["blink"] for version in shown["versions"]] == [False, True]
    assert variorum("show", first["document"]).out.count("a blink") == 1


def test_lookup_finds_a_version_by_every_kind_of_key(filled: Variorum, tmp_path: Path) -> None:
    shown = filled("show", key_of(filled), "--json").json
    version = shown["versions"][0]
    witness = version["witnesses"][0]
    keys = [
        version["fingerprint"],
        version["fingerprint"][:10],
        version["version"],
        version["version"][:8],
        version["iscc"],
        witness["payload_digest"],
    ]
    for key in keys:
        answer = filled("lookup", key, "--json")
        assert answer.status == 0, (key, answer.err)
        assert answer.json["matches"][0]["version"] == version["version"], key


def test_lookup_finds_a_document_by_a_pasted_passage(filled: Variorum, tmp_path: Path) -> None:
    pasted = tmp_path / "pasted.txt"
    pasted.write_text(ITEMS[1] + ITEMS[2], encoding="utf-8")
    match = filled("lookup", "--text", str(pasted), "--json").json["matches"][0]
    assert match["version"] == key_of(filled)
    assert match["relation"] == "excerpt"
    assert match["evidence"]["because"]


def test_the_fingerprint_of_an_unseen_text_finds_its_near_copy(
    filled: Variorum, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text("\n".join(ITEMS).replace("30处", "31处"), encoding="utf-8")
    unseen = filled("fingerprint", str(copy), "--json").json["fingerprint"]
    match = filled("lookup", unseen, "--json").json["matches"][0]
    assert match["version"] == key_of(filled)
    assert match["relation"] == "similar"


def test_lookup_at_a_moment_gives_what_stood_there_then(filled: Variorum, tmp_path: Path) -> None:
    url = "https://example.org/plan.html"
    later = tmp_path / "later.html"
    later.write_bytes(page((ITEMS[0].replace("30处", "50处"), *ITEMS[1:])))
    answer = filled("ingest", str(later), "--url", url, "--at", "2099-01-01", "--json")
    newest = answer.json["results"][0]["version"]
    at = lambda moment: filled("lookup", "--url", url, "--at", moment, "--json")  # noqa: E731
    assert at("2099-06-01").json["matches"][0]["version"] == newest
    assert at("2098-01-01").json["matches"][0]["version"] != newest
    assert at("1999-01-01").status == 1


def test_fingerprint_needs_no_archive(tmp_path: Path) -> None:
    saved = tmp_path / "plan.txt"
    saved.write_text(TEXT, encoding="utf-8")
    answer = Variorum(tmp_path / "nowhere")("fingerprint", str(saved), "--json")
    named = {"fingerprint", "exact", "iscc", "iscc_form", "recipe", "language"}
    assert set(answer.json) == named
    assert answer.json["exact"] in answer.json["fingerprint"]
    assert not (tmp_path / "nowhere").exists()


def test_the_index_made_again_answers_the_same(filled: Variorum) -> None:
    before = filled("show", key_of(filled), "--json").json
    for path in filled.archive.glob("index.sqlite*"):
        path.unlink()
    assert filled("stats").status == 3
    rebuilt = filled("rebuild-index", "--json")
    assert rebuilt.json == {"captures": 1, "documents": 1, "versions": 1}
    assert filled("show", key_of(filled), "--json").json == before


def test_a_redirect_is_archived_and_the_result_bears_the_address_asked_for(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    server = serve({"/old": moved("/plan"), "/plan": ok(page())})
    (result,) = variorum.submit(server, "/old").json["results"]
    assert result["url"].endswith("/old")
    assert result["document"]
    statuses = [
        r.http_headers.get_statuscode() for r in stored(variorum) if r.rec_type == "response"
    ]
    assert statuses == ["200", "302", "200"]


def test_importing_a_warc_files_its_pages_and_a_second_time_changes_nothing(
    filled: Variorum, tmp_path: Path
) -> None:
    (warc,) = (filled.archive / "warc").glob("*.warc.gz")
    other = Variorum(tmp_path / "other")
    answer = other("import", str(warc), "--json")
    assert answer.status == 0, answer.err
    assert answer.json["files"][0]["captures"] == 1
    assert answer.json["results"][0]["version"] == key_of(filled)
    again = other("import", str(warc), "--json")
    assert again.status == 0
    assert other("stats", "--json").json["captures"] == 1


def test_what_a_person_takes_apart_stays_apart(
    variorum: Variorum, serve: Callable[..., Loopback]
) -> None:
    pages = {"/plan": ok(page()), "/copy": ok(page((ITEMS[0].replace("30处", "50处"), *ITEMS[1:])))}
    server = serve(pages)
    first, second = variorum.submit(server, "/plan", "/copy").json["results"]
    assert second["document"] == first["document"]
    keys = (second["version"], first["version"])
    assert variorum("unlink", keys[0][:12], keys[1], "--reason", "x").status == 2
    answer = variorum("unlink", *keys, "--reason", "another plan", "--by", "editor", "--json")
    assert answer.status == 0, answer.err
    assert len(answer.json["documents"]) == 2
    again = variorum.submit(server, "/copy").json["results"][0]
    assert again["document"] == second["version"]
    before = variorum("show", second["version"], "--json").json
    assert variorum("rebuild-index").status == 0
    assert variorum("show", second["version"], "--json").json == before
    harmless(variorum)
