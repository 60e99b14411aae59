"""The rooms of the library: who imports whom, what is kept out, and how large things get."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from inventory import each, imports, nodes, tree

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
LIBRARY = SCRIPTS / "geohalo"
ROOMS = [
    "survey",
    "cube",
    "covariates",
    "catchments",
    "sources",
    "superpixels",
    "network",
    "evidence",
    "quality",
    "products",
]
ROOMS += ["check"]
#: Rooms that may use any of those before them: files of results, the stages of the workflow, what ties them to it.
ROOMS += ["files", "stages", "workflow"]
#: Of these, modules that hand arrays to the network import torch as well.
WITH_TORCH = ["network", "files", "stages"]
MODULES = sorted(LIBRARY.rglob("*.py"))
FILES = sorted(SCRIPTS.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(file: Path) -> str:
    return str(file.relative_to(SCRIPTS))


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "geohalo" and parts[1] in ROOMS else None


def room_of(file: Path) -> str | None:
    return room("geohalo." + ".".join(file.relative_to(LIBRARY).with_suffix("").parts))


def functions(file: Path) -> list[Function]:
    return [node for node in nodes(file) if isinstance(node, Function)]


def test_the_library_has_its_rooms():
    assert {file.parent.name for file in MODULES if file.name == "__init__.py"} >= set(ROOMS)


@each(MODULES, name_of)
def test_imports_run_leftwards(file):
    own = room_of(file)
    used = {found for name in imports(file) if (found := room(name))} - {own}
    if own is None:
        assert used == set(), f"{name_of(file)} stands before all rooms"
        return
    rightward = {other for other in used if ROOMS.index(other) > ROOMS.index(own)}
    assert rightward == set()
    if own == "evidence":
        assert "network" not in used


@each(MODULES, name_of)
def test_torch_stays_in_the_network(file):
    tops = {name.split(".")[0] for name in imports(file)}
    if room_of(file) in ("files", "stages"):
        return
    if room_of(file) != "network":
        assert not tops & {"torch", "torch_geometric"}
        return
    third_party = tops - set(sys.stdlib_module_names) - {"geohalo"}
    # Small convex problems are scipy's.
    assert third_party <= {"numpy", "torch", "torch_geometric"} | (
        {"scipy"} if file.name == "logistic.py" else set()
    )
    own = {name for name in imports(file) if name.startswith("geohalo.") and room(name) == "network"}
    # The message to the user, the statistic that elements are kept by and how a file is written need nothing else.
    others = {name for name in imports(file) if name.startswith("geohalo.")} - own
    assert {".".join(name.split(".")[:2]) for name in others} <= {
        "geohalo.errors",
        "geohalo.pathfinders",
        "geohalo.atomic_files",
    }


@each(MODULES, name_of)
def test_library_knows_nothing_of_the_workflow(file):
    if room_of(file) == "workflow":
        return
    assert not any(name.split(".")[0] == "snakemake" or room(name) == "workflow" for name in imports(file))
    names = {node.id for node in nodes(file) if isinstance(node, ast.Name)}
    assert "snakemake" not in names


SCRIPT_LINES = 20


@each(sorted(SCRIPTS.glob("*.py")), name_of)
def test_a_script_hands_a_job_to_its_stage(file):
    """A rule's script reads `snakemake` and calls one function of the library, which has the name of the rule."""
    assert len(file.read_text(encoding="utf-8").splitlines()) < SCRIPT_LINES
    stage = f"geohalo.stages.{file.stem}"
    used = {name for name in imports(file) if name.startswith("geohalo.stages.")}
    assert {stage, f"{stage}.{file.stem}"} <= used
    assert all(name.startswith(stage) for name in used)
    assert not {name.split(".")[0] for name in imports(file)} & {path.stem for path in SCRIPTS.glob("*.py")}
    assert functions(file) == []
    # Garbage is not looked for while libraries are imported.
    (first, *_) = [
        node for node in nodes(file) if isinstance(node, ast.Import) and "geohalo" in ast.unparse(node)
    ]
    assert ast.unparse(first) == "import geohalo.quick_start"
    called = [node.func for node in nodes(file) if isinstance(node, ast.Call)]
    assert [name.id for name in called if isinstance(name, ast.Name)].count(file.stem) == 1


@each(FILES, name_of)
def test_nothing_from_a_file_is_run_as_code(file):
    assert not {name.split(".")[0] for name in imports(file)} & {
        "pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
    }
    for node in nodes(file):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        place = f"{name_of(file)}, line {node.lineno}: {called}"
        assert called not in {"eval", "exec", "compile", "__import__"}, place
        assert called not in {"yaml.load", "yaml.unsafe_load", "os.system", "pd.read_pickle"}, place
        assert not called.endswith(".to_pickle"), place
        # `network.eval()` only changes a mode, and a tree's query takes points: text is what pandas would run.
        texts = [argument for argument in node.args if isinstance(argument, ast.Constant | ast.JoinedStr)]
        assert not (texts and called.endswith((".eval", ".query"))), place
        assert keywords.get("allow_pickle") != "True", place
        assert keywords.get("shell") != "True", place
        if called in {"torch.load", "load"}:
            assert keywords.get("weights_only") == "True", place


@each(MODULES, name_of)
def test_public_functions_have_docstrings(file):
    assert ast.get_docstring(tree(file)), f"{name_of(file)} has no docstring"
    public = [node for node in tree(file).body if isinstance(node, Function | ast.ClassDef)]
    public += [node for kind in public if isinstance(kind, ast.ClassDef) for node in kind.body]
    without = {
        node.name
        for node in public
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    }
    # What torch calls these for is told by the class.
    assert without <= {"forward", "backward", "setup_context"}


@each(FILES, name_of)
def test_files_and_functions_are_short(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines < LONGEST_FILE, f"{name_of(file)} has {lines} lines"
    for node in functions(file):
        # Shapes, units and errors may take as many lines as they need.
        documented = ast.get_docstring(node) is not None
        start = node.body[0].end_lineno if documented else node.lineno - 1
        length = node.end_lineno - start
        assert length <= LONGEST_FUNCTION, f"{name_of(file)}: {node.name} has {length} lines"


def test_no_script_that_does_without_torch_waits_for_it():
    """Importing torch costs seconds: only the network's modules may."""
    modules = [
        "geohalo." + ".".join(file.relative_to(LIBRARY).with_suffix("").parts)
        for file in MODULES
        if room_of(file) not in (None, *WITH_TORCH) and file.name != "__init__.py"
    ]
    assert {"geohalo.survey.samples", "geohalo.products.figures"} <= set(modules)
    code = f"import sys; sys.path[:0] = [{str(SCRIPTS)!r}]\n"
    code += "".join(f"import {module}\n" for module in modules)
    code += "print(*{name.split('.')[0] for name in sys.modules} & {'torch', 'torch_geometric', 'snakemake'})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


#: Stages that need no statistics, whose import takes half a second, and no more than numpy and files.
QUICK = ["build_graph", "shared.anomaly_classes", "gather_elements", "stack_cube"]
#: Stages that read and grid tables, measure, report, draw or rank.
READING = ["clean_samples", "evaluate", "interpolate_elements", "report"]
DRAWING = [
    "plot_anomalies",
    "plot_survey",
    "plot_targets",
    "rank_targets",
]
#: Stages of the network.


def test_no_stage_loads_what_it_does_not_use():
    """What a job imports it waits for: in one process, from the stages that need least to those that need most."""
    heavy = [
        "scipy.spatial",
        "scipy.stats",
        "sklearn",
        "matplotlib",
        "numba",
        "torch",
    ]
    code = f"import sys; sys.path[:0] = [{str(SCRIPTS)!r}]\n"
    for stages in (QUICK, [*READING, *DRAWING]):
        code += "".join(f"import geohalo.stages.{stage}\n" for stage in stages)
        code += f"print(*(name for name in {heavy} if name in sys.modules), sep=',')\n"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    quick, drawing = (set(line.split(",")) for line in result.stdout.splitlines())
    assert quick == {""}
    assert drawing == {"scipy.spatial", "matplotlib"}


def test_trained_members_are_read_without_pytorch_geometric():
    """Its import takes longer than that of torch: only what starts a training needs it."""
    code = f"import sys; sys.path[:0] = [{str(SCRIPTS)!r}]\n"
    code += "import geohalo.stages.explain_map, geohalo.stages.explain_targets, geohalo.stages.measure_attention\n"
    code += "print('torch' in sys.modules, {'torch_geometric', 'torch._dynamo'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True set()"


def test_the_workflow_starts_without_what_only_its_jobs_need():
    """Each call of Snakemake reads all rules, as each job on a cluster does: what they import costs that much again."""
    files = [SCRIPTS.parent / "Snakefile", *sorted((SCRIPTS.parent / "rules").glob("*.smk"))]
    lines = [
        line for file in files for line in re.findall(r"^(from geohalo\S* import .+)", file.read_text(), re.M)
    ]
    modules = {line.split()[1] for line in lines}
    modules |= {
        f"{line.split()[1]}.{line.split()[3]}" for line in lines if " geohalo.evidence import " in line
    }
    assert {"geohalo.settings", "geohalo.evidence.claim_surveys"} <= modules
    code = f"import sys; sys.path[:0] = [{str(SCRIPTS)!r}]\n"
    code += "".join(f"import {module}\n" for module in sorted(modules))
    code += "print(*{'torch', 'sklearn', 'scipy.stats', 'scipy.spatial', 'matplotlib', 'geopandas'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
