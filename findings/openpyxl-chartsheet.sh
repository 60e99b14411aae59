#!/usr/bin/env bash
# openpyxl 3.1.5: a workbook with a chart sheet that has no chart yet is written and cannot be read again.
#
# Expected: load_workbook reads what openpyxl has saved, or names the sheet.
# Seen: AttributeError: 'list' object has no attribute 'find', and no other sheet can be read either.
# GeoHalo says that the workbook is not readable and how to save it again (scripts/geohalo/survey/workbooks.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet openpyxl==3.1.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import openpyxl

book = openpyxl.Workbook()
book.active.append(["sample", "Cu_ppm"])
book.save("table.xlsx")
openpyxl.load_workbook("table.xlsx")
book.create_chartsheet("Plot")
book.save("chart.xlsx")
try:
    openpyxl.load_workbook("chart.xlsx")
except AttributeError as error:
    print("reading failed:", error)
    assert str(error) == "'list' object has no attribute 'find'", error
else:
    raise SystemExit("changed: the workbook is read")
PYTHON
