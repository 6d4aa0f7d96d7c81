"""The OpenAPI document is true: nothing that a client can send is answered with a 500."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error

from archive.store import Archive
from tests import samples
from tests.api_driver import Served, serving

EXAMPLES = 12  # of each route


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("schema") / "archive"
    samples.fill(folder)
    with serving(folder) as found:
        yield found


def real(served: Served) -> dict[str, list[str]]:
    """Values of path parameters that lead to something."""
    with Archive.open(served.config.archive) as archive:
        versions = [version.key for version in archive.index.all_versions()]
        captures = [capture.id for capture in archive.index.captures_at(samples.PAGE)]
    keys = [*versions[:3], versions[0][:9]]
    return {"key": keys, "older": keys, "newer": keys, "id": captures}


def test_no_request_makes_the_server_fail(served: Served) -> None:
    with served.client() as client:
        document: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=served.origin)
    known = real(served)
    tried: set[str] = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events"):
            continue  # it answers as long as somebody watches

        @hypothesis.given(case=operation.as_strategy(), data=st.data())
        @hypothesis.settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def holds(case: schemathesis.Case, data: st.DataObject) -> None:
            for name in case.path_parameters or {}:
                if name in known and data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
            case.call_and_validate(
                headers={"Authorization": f"Bearer {served.token}"}, checks=[not_a_server_error]
            )

        holds()
        tried.add(operation.label)
    assert len(tried) > 30
