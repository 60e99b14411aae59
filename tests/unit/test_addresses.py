"""Logins and keys of addresses reach no message, no log and no report."""

import functools
import hashlib
import http.server
import threading
from types import SimpleNamespace

import pytest
from geohalo.addresses import masked
from geohalo.errors import InputError
from geohalo.settings import check_settings
from geohalo.stages.fetch_survey import fetch_survey
from geohalo.workflow.job import job


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://ann:s3cr3t@example.org/a.csv", "https://***@example.org/a.csv"),
        ("HTTP://ann@example.org/a", "HTTP://***@example.org/a"),
        ("https://ann:p@ss@example.org/a", "https://***@example.org/a"),
        (
            "https://example.org/a?x=1&access_token=abc&sig=d%2Fe#f",
            "https://example.org/a?x=1&access_token=***&sig=***#f",
        ),
        ("https://a.org/?X-Amz-Signature=0f&X-Amz-Date=2", "https://a.org/?X-Amz-Signature=***&X-Amz-Date=2"),
        (
            "url: https://u:p@a.org/x\nnext: https://b.org/@y",
            "url: https://***@a.org/x\nnext: https://b.org/@y",
        ),
        ("mail ann@example.org", "mail ann@example.org"),
        ("https://example.org/a.csv", "https://example.org/a.csv"),
    ],
)
def test_logins_and_keys_are_masked(text, told):
    assert masked(text) == told


def test_an_address_that_the_schema_refuses_is_masked():
    source = {"url": "ftp://ann:s3cr3t@example.org/a.csv", "sha256": "0" * 64}
    with pytest.raises(InputError, match=r"ftp://\*\*\*@example.org") as told:
        check_settings({"survey": "demo", "simulate": {}, "data": {"sources": {"a.csv": source}}})
    assert "s3cr3t" not in str(told.value)


@pytest.fixture
def server(tmp_path):
    """Serve a folder to this machine alone; yields an address with a login and what is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"Cu\n1\n")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    ) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://ann:s3cr3t@127.0.0.1:{served.server_port}"
        served.shutdown()


def test_a_download_tells_neither_name_nor_password(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    good = hashlib.sha256(b"Cu\n1\n").hexdigest()
    told = fetch_survey(f"{server}/a.csv", good, str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == b"Cu\n1\n"
    messages = [told]
    for name, digest in (("none.csv", good), ("a.csv", "0" * 64)):
        rule = SimpleNamespace(
            log=[str(tmp_path / "a.log")], config={"survey": "here"}, rule="fetch_survey", wildcards={}
        )
        with pytest.raises(SystemExit), job(rule):
            fetch_survey(f"{server}/{name}", digest, str(tmp_path / "b.csv"))
        messages += [capsys.readouterr().err, (tmp_path / "a.log").read_text()]
    assert "HTTP status 404" in messages[1]
    assert "was not kept" in messages[3]
    assert not (tmp_path / "b.csv").exists()
    for text in messages:
        assert "://***@127.0.0.1" in text
        assert "s3cr3t" not in text
        assert "ann:" not in text
