"""Files that are handed in over the API: kept in a folder beside the archive until a worker takes them in.

A page that somebody saved becomes a WARC file with one `resource` record, so that the same job takes in
pages and WARC files alike. Nothing of a client's file name is used but its ending.
"""

import mimetypes
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from archive import files, warc
from archive.captures import ENTITY_LIMIT, clean_claim, is_web_address, to_records
from archive.records import Resource
from service.api.answers import answer
from service.api.gate import needs
from service.api.opened import opened
from service.api.problems import PROBLEMS, Refused
from service.api.times import moment_of
from service.jobs import Job

_KEPT = timedelta(days=7)  # an upload; the jobs that want it are long over then
_PIECE = 1 << 20  # bytes that are copied at once
_ARCHIVES = (".warc", ".warc.gz", ".arc", ".arc.gz", ".wacz")

router = APIRouter(dependencies=[needs("submit")], responses=PROBLEMS, tags=["jobs"])


@router.post("/uploads", status_code=202, responses={202: {"model": Job}})
def upload(
    request: Request,
    file: Annotated[UploadFile, File(description="A saved page, a document, a WARC or a WACZ.")],
    url: Annotated[str, Form(max_length=8192, description="Where a page was published.")] = "",
    at: Annotated[str, Form(max_length=40, description="When it was saved [now].")] = "",
    type: Annotated[str, Form(max_length=200, description="Its media type [guessed].")] = "",
) -> Response:
    """The job that takes in a file: a page with its address, or an archive that has its own."""
    ours = opened(request)
    folder = _folder(ours.config.archive)
    path = folder / warc.new_id()
    if url:
        if not is_web_address(url):
            raise Refused(422, "invalid-request", "url: it is not an http or https address.")
        moment = moment_of(at) if at else datetime.now(UTC)
        path = path.with_suffix(".warc.gz")
        _keep_page(path, _resource(file, url, moment, type))
    else:
        path = path.with_name(path.name + _ending(file.filename or ""))
        _keep(path, file.file)
    job = ours.jobs.submit("import", {"paths": [str(path)]})
    headers = {"Location": f"/api/v1/jobs/{job.id}"}
    return answer(request, job, status=202, headers=headers)


def _folder(archive: Path) -> Path:
    """Where uploads wait; those of long ago are forgotten."""
    folder = archive.absolute().with_name(archive.absolute().name + "-uploads")
    files.make_folder(folder)
    long_ago = (datetime.now(UTC) - _KEPT).timestamp()
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another request was quicker
            if path.stat().st_mtime < long_ago:
                path.unlink()
    return folder


def _resource(file: UploadFile, url: str, moment: datetime, claimed: str) -> Resource:
    body = file.file.read(ENTITY_LIMIT + 1)
    if len(body) > ENTITY_LIMIT:
        raise Refused(413, "too-large", f"A page may have {ENTITY_LIMIT >> 20} MiB.")
    guessed = mimetypes.guess_type(file.filename or "")[0]
    plain = "text/html" if body.lstrip()[:1] == b"<" else "text/plain"
    media_type = clean_claim(claimed) or guessed or plain
    return Resource(url=url, fetched_at=moment, media_type=media_type, body=body)


def _keep_page(path: Path, resource: Resource) -> None:
    try:
        records = to_records(resource, None)
    except ValueError as error:
        raise Refused(422, "invalid-request", f"url: {error}.") from error
    files.replace(path, b"".join(warc.to_member(each) for each in records))


def _keep(path: Path, source: BinaryIO) -> None:
    files.write_whole(path, iter(lambda: source.read(_PIECE), b""))


def _ending(name: str) -> str:
    """The ending of an archive's name; nothing else of a name is used."""
    for ending in sorted(_ARCHIVES, key=len, reverse=True):
        if name.lower().endswith(ending):
            return ending
    detail = f"Give `url` with a page; without one a file is an archive ({', '.join(_ARCHIVES)})."
    raise Refused(422, "invalid-request", detail)
