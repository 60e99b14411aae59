"""Which build of PyTorch is installed: that for the CPU where it can be had and no other is asked for."""

import importlib.util
import os
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "torch_index.py"
PAGE = b"<a href='torch-2.13.0%2Bcpu-cp311-cp311-linux_x86_64.whl'>torch</a>"


@pytest.fixture
def module():
    spec = importlib.util.spec_from_file_location("torch_index", SCRIPT)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def server():
    """Start an index that lists wheels, shows another page, knows no page or stays silent, by the folder asked for."""
    release = threading.Event()
    asked = []

    class Index(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            if self.path.startswith("/silent"):
                release.wait(60)
            self.send_response(404 if self.path.startswith("/unknown") else 200)
            self.end_headers()
            self.wfile.write(b"Please log in" if self.path.startswith("/login") else PAGE)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    running.asked = asked
    running.address = f"http://127.0.0.1:{running.server_port}"
    yield running
    release.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def environment(tmp_path):
    """Return variables of a Linux machine without a GPU whose pip is not set up."""
    bare = {name: value for name, value in os.environ.items() if not name.upper().startswith("PIP_")}
    return bare | {"PIP_CONFIG_FILE": os.devnull, "PATH": str(tmp_path), "NO_PROXY": "127.0.0.1"}


def printed(environment: dict[str, str], *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, SCRIPT, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stderr == ""
    return result.stdout.strip()


def with_driver(folder: Path, script: str) -> None:
    driver = folder / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\n{script}\n")
    driver.chmod(0o755)


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has two builds")


@linux
def test_an_index_that_answers_is_taken_after_one_question(server, environment):
    address = f"{server.address}/cpu"
    assert printed(environment, address) == address
    assert server.asked == ["/cpu/torch/"]


@pytest.mark.parametrize("folder", ["unknown", "login"])
def test_an_index_that_does_not_list_wheels_is_left_alone(server, environment, folder):
    assert printed(environment, f"{server.address}/{folder}") == ""


def test_an_index_that_is_not_there_is_left_alone(environment, server):
    server.shutdown()
    server.server_close()
    assert printed(environment, server.address) == ""


def test_a_silent_index_is_not_waited_for(server, module):
    assert module.PATIENCE <= 5
    start = time.monotonic()
    assert not module.answers(f"{server.address}/silent", 0.3)
    assert time.monotonic() - start < 30
    assert server.asked == ["/silent/torch/"]


@linux
@pytest.mark.parametrize(
    ("driver", "taken"),
    [
        ("echo 'GPU 0: NVIDIA H200 (UUID: GPU-1)'", False),
        ("echo 'No devices were found'; exit 6", True),
        ("exit 9", True),
    ],
)
def test_a_gpu_keeps_the_build_with_cuda(server, environment, tmp_path, driver, taken):
    with_driver(tmp_path, driver)
    address = f"{server.address}/cpu"
    assert printed(environment, address) == (address if taken else "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", "http://127.0.0.1:9/simple"),
        ("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:9/simple"),
        ("PIP_NO_INDEX", "1"),
    ],
)
def test_an_index_that_the_user_named_is_not_added_to(server, environment, name, value):
    assert printed(environment | {name: value}, f"{server.address}/cpu") == ""
    assert server.asked == []


@pytest.mark.parametrize("key", ["index-url", "extra-index-url"])
def test_an_index_in_a_file_of_pip_is_not_added_to(server, environment, tmp_path, key):
    (tmp_path / "pip.conf").write_text(f"[global]\n{key} = http://127.0.0.1:9/simple\n")
    settings = environment | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    assert printed(settings, f"{server.address}/cpu") == ""
    assert server.asked == []


@linux
def test_other_settings_of_pip_are_no_index(server, environment):
    address = f"{server.address}/cpu"
    assert printed(environment | {"PIP_DEFAULT_TIMEOUT": "60"}, address) == address


def test_other_systems_have_one_build(module, monkeypatch):
    monkeypatch.setattr(module.sys, "platform", "darwin")
    monkeypatch.setattr(module, "answers", lambda address: pytest.fail("the index was asked"))
    assert module.index() == ""


def test_make_installs_from_it_beside_the_default_index(tmp_path, server, environment):
    """The recipe of make is run with a pip that tells what it was asked."""
    recipe = re.search(
        r"^\.venv/\.installed:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )[1]
    (line,) = [line for line in recipe.splitlines() if "torch_index" in line]
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(
        '#!/bin/sh\ncase "$1" in\n'
        'tools/torch_index.py) echo "$ANSWER" ;;\n*) for word; do echo "[$word]"; done ;;\nesac\n'
    )
    python.chmod(0o755)
    command = line.strip().replace("$(BIN)", str(python.parent)).replace("$$", "$")

    def words(answer: str) -> list[str]:
        found = subprocess.run(
            ["/bin/sh", "-c", command],
            env={"ANSWER": answer, "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        return re.findall(r"^\[(.*)\]$", found.stdout, re.MULTILINE)

    plain = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"]
    assert words("") == plain
    assert words("http://a/b") == [*plain[:4], "--extra-index-url", "http://a/b", *plain[4:]]


def test_the_address_stands_in_one_place(module):
    host = re.match(r"https://([^/]+)/", module.INDEX)[1]
    files = [*(ROOT / "containers").iterdir(), ROOT / "docs" / "install.md", ROOT / "Makefile"]
    assert [file.name for file in files if host in file.read_text()] == []
