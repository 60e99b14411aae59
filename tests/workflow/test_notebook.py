"""The notebook page of the documentation runs from top to bottom on the results of a run."""

import os
import subprocess
import sys

import pytest
from documents import ROOT, blocks
from PIL import Image

pytestmark = pytest.mark.workflow


def test_the_notebook_page_runs(demo, tmp_path):
    code = "\n".join(blocks("docs/notebook.md", "python"))
    assert code.count('"results/demo"') == 1
    script = tmp_path / "notebook.py"
    script.write_text(code.replace('"results/demo"', repr(str(demo / "results" / "small"))), encoding="utf-8")
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "deposits" in done.stdout
    assert "fusion" in done.stdout
    for name in ("demo_map.png", "demo_fingerprint.png"):
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 400
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20
