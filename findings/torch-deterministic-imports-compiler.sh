#!/usr/bin/env bash
# PyTorch 2.13.0: asking for deterministic algorithms imports the compiler, which a program that compiles nothing waits for.
#
# Expected: `torch.use_deterministic_algorithms(True)` sets a switch.
# Seen: it imports torch._inductor and torch._dynamo as well, 823 modules and 0.8 s of processor time, to set the
# same switch of the compiler. `torch.set_deterministic_debug_mode("warn")`, documented as the same setting with a warning,
# imports nothing: afterwards torch.are_deterministic_algorithms_enabled() is true in both cases.
# A short training (scripts/geohalo/network/training.py) pays for this once; PyTorch Geometric imports the compiler too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/see.py" <<'PY'
import sys
import time

import torch


def taken(function):
    modules, start = len(sys.modules), time.process_time()
    function()
    return len(sys.modules) - modules, time.process_time() - start, torch.are_deterministic_algorithms_enabled()


mode = taken(lambda: torch.set_deterministic_debug_mode("warn"))
compiler = "torch._inductor" in sys.modules
torch.set_deterministic_debug_mode("default")
use = taken(lambda: torch.use_deterministic_algorithms(True, warn_only=True))
print(f"torch {torch.__version__}: modules imported, seconds of processor time, enabled")
print("set_deterministic_debug_mode:", mode)
print("use_deterministic_algorithms:", use)
assert mode[2] and use[2] and not compiler
assert mode[0] < 10, "the debug mode imports more than it did"
assert use[0] > 300 and "torch._dynamo" in sys.modules, "deterministic algorithms no longer import the compiler"
PY
"$folder/env/bin/python" "$folder/see.py"
