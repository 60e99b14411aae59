"""Say where pip finds PyTorch's build for the CPU, on a machine that needs no other.

Prints the address of the index, for pip's --extra-index-url, or nothing: where there is an NVIDIA GPU, on other systems
than Linux, where pip is set up with another index, or where the index does not answer within seconds. On Linux the
default index serves the build with CUDA, which is gigabytes larger and runs without a GPU, too.

Usage: python tools/torch_index.py [address of another index]
"""

import re
import shutil
import subprocess
import sys
import threading
import urllib.request

#: PyTorch's own index of builds for the CPU; it stands here alone.
INDEX = "https://download.pytorch.org/whl/cpu"
#: Seconds within which it has to answer.
PATIENCE = 5.0


def has_gpu() -> bool:
    """Tell whether NVIDIA's driver lists a GPU; one that does not answer in time counts."""
    if shutil.which("nvidia-smi") is None:
        return False
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return listed.returncode == 0 and "GPU" in listed.stdout


def chosen_by_user() -> bool:
    """Tell whether pip is set up with an index, by a variable or a file, or with none at all."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    settings = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return re.search(r"^\S*\.(extra-)?(index-url|no-index)=", settings, re.MULTILINE) is not None


def answers(address: str, patience: float = PATIENCE) -> bool:
    """Ask an index once for PyTorch, and tell whether a list of wheels came in time, looking up its name included."""
    found = []

    def ask() -> None:
        try:
            with urllib.request.urlopen(f"{address.rstrip('/')}/torch/", timeout=patience) as page:
                found.append(b".whl" in page.read(2**16))
        except (OSError, ValueError):
            pass

    question = threading.Thread(target=ask, daemon=True)
    question.start()
    question.join(patience)
    return found == [True]


def index(address: str = INDEX) -> str:
    """Return the address of the index to ask beside pip's own; empty for none."""
    wanted = sys.platform == "linux" and not has_gpu() and not chosen_by_user() and answers(address)
    return address if wanted else ""


if __name__ == "__main__":
    print(index(*sys.argv[1:2]))
