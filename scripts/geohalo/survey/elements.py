"""The element table, and what a column's name and unit mean in ppm of an element.

`elements.csv` holds one row per element that a survey may report:

- `upper_crust_ppm`: average of the upper continental crust (Rudnick and Gao, 2003, Treatise on
  Geochemistry 3, table 3, doi:10.1016/B0-08-043751-6/03016-4). That table has no C and Rh (here
  Wedepohl, 1995, Geochimica et Cosmochimica Acta 59, 1217-1232) and no Te (here Hu and Gao, 2008,
  Chemical Geology 253, 205-221).
- `median_low_ppm`, `median_high_ppm`: where the median of a survey plausibly lies. Wide on purpose,
  the crust divided by 2000 (partial digests) to 100 times the crust (more for what soils
  concentrate): the range is there to catch a wrong unit, not to judge a survey.
- `oxide`, `oxide_to_element`: the customary oxide and the mass of the element in a unit mass of it,
  from `atomic_weight` (IUPAC, conventional or abridged).
"""

import difflib
import re
from functools import cache

import pandas as pd

from geohalo.errors import InputError
from geohalo.package_files import RESOURCES

TABLE_PATH = RESOURCES / "elements.csv"
OXYGEN_WEIGHT = 15.999
UNIT_TO_PPM = {"ppm": 1.0, "ppb": 1e-3, "percent": 1e4}

# Fe2O3T, Fe2O3t, Fe2O3tot, Fe2O3(T), FeO* and TFe2O3 are customary for "all iron given as Fe2O3" (as FeO).
_OXIDE = re.compile(
    r"(?:T-?)?(?P<element>[A-Z][a-z]?)(?P<atoms>\d*)O(?P<oxygens>\d*)(?:T|t|tot|\((?:T|t|tot|total)\)|\*)?"
)


# Names in other spellings and languages.
_OTHER_NAMES = {
    "aluminum": "Al",
    "sulphur": "S",
    "cesium": "Cs",
    "kupfer": "Cu",
    "cuivre": "Cu",
    "cobre": "Cu",
    "zink": "Zn",
    "blei": "Pb",
    "plomb": "Pb",
    "plomo": "Pb",
    "eisen": "Fe",
    "hierro": "Fe",
    "silber": "Ag",
    "argent": "Ag",
    "plata": "Ag",
    "oro": "Au",
    "zinn": "Sn",
    "mangan": "Mn",
    "arsen": "As",
    "quecksilber": "Hg",
}


@cache
def _read_table() -> pd.DataFrame:
    # Without keep_default_na, pandas may take a symbol or an empty oxide for a missing value.
    table = pd.read_csv(TABLE_PATH, index_col="symbol", keep_default_na=False)
    table["oxide_to_element"] = pd.to_numeric(table["oxide_to_element"])
    return table


def element_table() -> pd.DataFrame:
    """Return the table of elements, indexed by symbol, in order of atomic number.

    Returns
    -------
    pandas.DataFrame
        Columns `name`, `atomic_number`, `upper_crust_ppm`, `median_low_ppm`, `median_high_ppm`,
        `oxide` ("" where no oxide is customary), `oxide_to_element` (NaN there) and
        `atomic_weight`. A copy: the caller may change it.
    """
    return _read_table().copy()


def concentration_factor(name: str, unit: str) -> tuple[str, float]:
    """Tell which element a name stands for, and the factor from its unit to ppm of the element.

    Parameters
    ----------
    name : str
        Symbol (`Cu`; upper or lower case throughout is understood) or oxide (`Al2O3`, `Fe2O3T`, any
        `XaOb`).
    unit : {"ppm", "ppb", "percent"}
        Unit of the column.

    Returns
    -------
    symbol : str
        Symbol of the element.
    factor : float
        ppm of the element for one unit of the column: 1 ppb is 1e-3 ppm, 1 percent is 1e4 ppm.

    Raises
    ------
    InputError
        The unit or the element is not known.
    """
    if unit not in UNIT_TO_PPM:
        raise InputError(f"unit {unit!r} is not known: use one of {', '.join(UNIT_TO_PPM)}")
    symbol, share = _symbol_and_mass_share(name)
    return symbol, share * UNIT_TO_PPM[unit]


@cache
def symbols_by_name() -> dict[str, str]:
    """Return the symbols of elements by their names in small letters, in the languages of most surveys."""
    return {str(name): str(symbol) for symbol, name in _read_table()["name"].items()} | _OTHER_NAMES


def symbol_by_name(name: str) -> str | None:
    """Return the symbol of an element by its name (`copper`, `Zink`); None where it is none."""
    return symbols_by_name().get(name.casefold())


@cache
def _symbol_and_mass_share(name: str) -> tuple[str, float]:
    table = _read_table()
    if name in table.index:
        return name, 1.0
    oxides = table.loc[table["oxide"] != "", "oxide"]
    by_upper_oxide = {oxide.upper(): symbol for symbol, oxide in oxides.items()}
    # `CO` is taken for cobalt in a table of upper-case headers; no survey reports carbon monoxide.
    if name.capitalize() in table.index and name in (name.upper(), name.lower()):
        return name.capitalize(), 1.0
    if name.upper() in by_upper_oxide:
        symbol = str(by_upper_oxide[name.upper()])
        return symbol, _mass_share(table, symbol, oxides[symbol])
    oxide = _OXIDE.fullmatch(name)
    if oxide and oxide["element"] in table.index:
        return oxide["element"], _mass_share(table, oxide["element"], name)
    named = symbol_by_name(name)
    if named is not None:
        raise InputError(
            f"{name!r} is the name of {named}: map the column (samples.elements: {{{named}: ...}})"
        )
    near = difflib.get_close_matches(name, [*table.index, *oxides], n=3, cutoff=0.5)
    hint = f" (near: {', '.join(near)})" if near else ""
    raise InputError(f"{name!r} is neither the symbol of an element nor an oxide such as Al2O3{hint}")


def _mass_share(table: pd.DataFrame, symbol: str, oxide: str) -> float:
    """Mass of the element in a unit mass of the oxide."""
    formula = _OXIDE.fullmatch(oxide)
    assert formula is not None
    metal = float(table["atomic_weight"][symbol]) * int(formula["atoms"] or 1)
    return metal / (metal + OXYGEN_WEIGHT * int(formula["oxygens"] or 1))
