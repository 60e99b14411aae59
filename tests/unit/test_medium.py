"""What samples stand for: what each medium needs in a config, and what it does not go with."""

import pytest
from geohalo.alternatives import alternative, choice_levels
from geohalo.check.medium import medium_words
from geohalo.errors import InputError
from geohalo.medium import MAPPED_AS, MEDIA, NEEDED, medium_of
from geohalo.settings import check_settings, schema

TABLES = {
    "survey": "a",
    "samples": {"file": "samples.csv", "elements": "^(?P<element>Cu)_(?P<unit>ppm)$"},
    "deposits": {"file": "deposits.csv"},
}
TERRAIN = {"terrain": {"file": "dem.tif"}}
ICE = {"ice": {"bearing": 145, "length": 3000}}


def tables(medium=None, **sections):
    samples = TABLES["samples"] | ({"medium": medium} if medium else {})
    return TABLES | {"samples": samples} | sections


def simulated(**settings):
    return {"survey": "a", "simulate": settings}


def test_media_are_those_of_the_schema():
    known = schema()["properties"]
    assert tuple(known["samples"]["properties"]["medium"]["enum"]) == MEDIA
    assert known["samples"]["properties"]["medium"]["default"] == MEDIA[0] == "soil"
    assert set(known["simulate"]["properties"]["medium"]["enum"]) <= set(MEDIA)
    assert set(NEEDED) == set(MAPPED_AS) == set(MEDIA[1:])
    assert {section for section, _ in NEEDED.values()} <= set(known)


def test_soil_is_as_ever():
    for config in (tables(), tables("soil"), tables(**TERRAIN), simulated()):
        settings = check_settings(config)
        assert medium_of(settings) == "soil"
        assert "sources" not in settings
        assert "ice" not in settings
    assert "terrain" not in check_settings(simulated())
    assert medium_words(check_settings(tables())) == "soil: each stands for its place"


def test_streams_and_till_have_their_sections():
    stream = check_settings(tables("stream", **TERRAIN))
    assert medium_of(stream) == "stream"
    assert stream["sources"] == {"law": "logs", "penalty": "first"}
    assert medium_words(stream) == "stream: each stands for its catchment on dem.tif"
    till = check_settings(tables("till", **ICE, sources={"law": "mass"}))
    assert medium_of(till) == "till"
    assert till["sources"] == {"law": "mass", "penalty": "first"}
    assert till["ice"]["width"] is None
    assert (
        medium_words(till) == "till: each stands for the ground up-ice (bearing 145 degrees, length 3000 m)"
    )
    # Checked settings are settings.
    assert check_settings(till) == till


def test_realisations_go_with_any_method_that_discs_are_compared_by():
    """Their map has a variance whatever `interpolation.method` is."""
    for method in ("idw", "kriging"):
        section = {"interpolation": {"method": method, "realisations": 5}}
        for config in (tables("stream", **TERRAIN), tables("till", **ICE), simulated(medium="stream")):
            assert check_settings(config | section)["interpolation"]["realisations"] == 5


def test_a_simulated_survey_of_streams_has_its_relief_as_terrain():
    settings = check_settings(simulated(medium="stream", spacing=1000))
    assert medium_of(settings) == "stream"
    assert settings["terrain"]["file"] == "simulated/relief.tif"
    # Two cells of the relief, and a twentieth of the square that a sample stands for.
    assert settings["terrain"]["snap"] == 250
    assert settings["terrain"]["channel"] == settings["terrain"]["least_area"] == 0.05
    own = check_settings(simulated(medium="stream") | {"terrain": {"file": "other.tif"}})
    assert own["terrain"]["file"] == "other.tif"
    discs = check_settings(simulated(medium="stream", discs=True))
    assert medium_of(discs) == "soil"
    assert not {"terrain", "sources"} & set(discs)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (tables("stream"), r"'samples.medium' is stream, which needs the section 'terrain'.*terrain\.file"),
        (tables("till"), r"'samples.medium' is till, which needs the section 'ice'.*ice\.length"),
        (tables(**ICE), r"section 'ice' is of samples\.medium: till"),
        (tables("stream", **TERRAIN, **ICE), r"section 'ice' .* are mapped as stream; remove it"),
        (tables(sources={}), r"section 'sources' is of samples\.medium: stream or till"),
        (simulated(medium="stream", discs=True) | {"sources": {}}, "section 'sources'"),
        (tables("till", ice={"bearing": 145}), "'ice.length' is missing"),
        (tables("till", ice={"bearing": 370, "length": 1}), "'ice.bearing': 370 is greater than"),
        (
            tables("till", **ICE, sources={"law": "mass"}, interpolation={"realisations": 5}),
            r"'interpolation\.realisations' draws maps of till whose logs mix, and sources\.law is mass",
        ),
        (
            simulated(medium="stream") | {"sources": {"law": "mass"}, "interpolation": {"realisations": 5}},
            r"draws maps of stream .* Set sources\.law: logs, or interpolation\.realisations: 0",
        ),
    ],
)
def test_what_does_not_go_together_is_named(config, message):
    with pytest.raises(InputError, match=message):
        check_settings(config)


def test_other_ways_of_working_are_of_discs():
    settings = check_settings(simulated(medium="stream"))
    for ask in (lambda: alternative(settings, {"grid.cell": 500}, "here"), lambda: choice_levels(settings)):
        with pytest.raises(InputError, match="maps samples as discs, and those of this survey are stream"):
            ask()
    # Nor is a survey of soil compared with one of streams.
    soil = check_settings(tables(**TERRAIN))
    with pytest.raises(InputError, match="maps samples as discs"):
        alternative(soil, {"samples.medium": "stream"}, "here")
