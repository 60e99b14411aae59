"""A login in an address reaches none of the files that a run leaves or works with, but for the user's own config."""

import functools
import hashlib
import http.server
import threading

import pytest
from workflow_runs import TABLES, snakemake, write_config

pytestmark = pytest.mark.workflow

SECRET = b"s3cr3t"


def test_a_login_stands_in_none_of_the_files_of_a_run(tmp_path, monkeypatch):
    served, folder = tmp_path / "served", tmp_path / "run"
    served.mkdir()
    folder.mkdir()
    (served / "samples.csv").write_text("x,y,Cu_ppm\n1,2,3\n")
    found, at_work = [], []

    def look():
        """Look for the secret while the job that downloads is at work, when Snakemake's own files are all there."""
        files = [file for file in folder.rglob("*") if file.is_file()]
        at_work.extend(file.name for file in files if "fetch_survey.py" in file.name)
        found.extend(str(file) for file in files if SECRET in file.read_bytes())

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            look()

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=served)
    ) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        address = f"http://ann:{SECRET.decode()}@127.0.0.1:{service.server_port}/samples.csv?token=s3cr3t"
        digest = hashlib.sha256((served / "samples.csv").read_bytes()).hexdigest()
        config = {
            "survey": "own",
            "data": {
                "folder": str(folder / "data"),
                "sources": {"samples.csv": {"url": address, "sha256": digest}},
            },
            **TABLES,
        }
        config["samples"] = config["samples"] | {"elements": {"Cu": {"column": "Cu_ppm", "unit": "ppm"}}}
        config["deposits"] = config["deposits"] | {"file": "samples.csv", "name": None}
        told = snakemake(
            folder, str(folder / "data/samples.csv"), configs=(write_config(tmp_path / "own.yaml", config),)
        )
        service.shutdown()
    assert told.returncode == 0, told.stdout
    assert (folder / "data" / "samples.csv").exists()
    assert at_work
    look()
    assert found == []
    assert SECRET.decode() not in told.stdout
    assert "://***@127.0.0.1" in told.stdout
