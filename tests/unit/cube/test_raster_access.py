"""Opening rasters: nothing from the network, nothing that is cut off, and a word on what is no raster."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pyproj
import pytest
import rasterio.shutil
from raster_inputs import COLUMNS, HOLE, ROWS, VALUES, assert_holed, dataset, holed, message, read, write_tiff

MAP = ("y", "x")


@contextmanager
def server():
    """Serve nothing on this computer, and yield the address and the paths that were asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 (the name that the library calls)

        def log_message(self, *words):
            pass

    serving = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}", asked
    finally:
        serving.shutdown()
        serving.server_close()


def virtual(source: str, band: str = "", metadata: str = "") -> str:
    """Return a virtual raster of one source."""
    return (
        f'<VRTDataset rasterXSize="{COLUMNS}" rasterYSize="{ROWS}"><SRS>EPSG:2157</SRS>{metadata}'
        f"<GeoTransform>600000, 1000, 0, 753000, 0, -1000</GeoTransform>"
        f'<VRTRasterBand dataType="Float32" band="1">{band}<SimpleSource>'
        f'<SourceFilename relativeToVRT="1">{source}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )


def service(address: str) -> str:
    """Return the description of a web map service that covers the grid."""
    return (
        f'<GDAL_WMS><Service name="WMS"><Version>1.1.1</Version><ServerUrl>{address}/wms?</ServerUrl>'
        "<SRS>EPSG:2157</SRS><ImageFormat>image/tiff</ImageFormat><Layers>a</Layers></Service><DataWindow>"
        "<UpperLeftX>600000</UpperLeftX><UpperLeftY>753000</UpperLeftY><LowerRightX>608000</LowerRightX>"
        f"<LowerRightY>747000</LowerRightY><SizeX>{COLUMNS}</SizeX><SizeY>{ROWS}</SizeY></DataWindow>"
        "<BandsCount>1</BandsCount><DataType>Float32</DataType></GDAL_WMS>"
    )


@pytest.mark.parametrize(
    "text",
    [
        lambda address: virtual(f"/vsicurl/{address}/a.tif"),
        lambda address: virtual(f"{address}/a.tif"),
        lambda address: virtual(f"/vsizip//vsicurl/{address}/a.zip/a.tif"),
        lambda address: virtual(f"WCS:{address}/wcs?coverage=a"),
        lambda address: virtual(service(address).replace("<", "&lt;").replace(">", "&gt;")),
        lambda address: virtual(
            "own.tif", band=f"<Overview><SourceFilename>/vsicurl/{address}/a</SourceFilename></Overview>"
        ),
        service,
        lambda address: f"<MRF_META><CachedSource><Source>{address}/a</Source></CachedSource></MRF_META>",
        lambda address: f'{{"stac_version": "1.0.0", "assets": {{"a": {{"href": "{address}/a.tif"}}}}}}',
    ],
    ids=["curl", "http", "zip", "wcs", "inline", "overview", "service", "cache", "catalogue"],
)
def test_nothing_is_read_from_the_network(tmp_path, text):
    with server() as (address, asked):
        # By its content, whatever the file is called; and by another that a virtual raster names.
        (tmp_path / "Cu.tif").write_text(text(address))
        told = message(tmp_path)
        assert told.startswith(f"{tmp_path}/Cu.tif: ")
        assert "GeoHalo reads only files on this computer" in told or "is not a raster" in told
        (tmp_path / "other.xml").write_text(text(address))
        (tmp_path / "Cu.tif").write_text(virtual("other.xml"))
        told = message(tmp_path)
        assert "other.xml" in told
        assert asked == []


def test_local_virtual_rasters_are_read_whatever_their_descriptions_cite(tmp_path):
    (tmp_path / "parts").mkdir()
    write_tiff(tmp_path / "parts" / "a.tif", holed(np.nan))
    cited = '<Metadata><MDI key="source">https://example.org/survey</MDI></Metadata>'
    (tmp_path / "inner.vrt").write_text(virtual("parts/a.tif", metadata=cited))
    (tmp_path / "Cu.vrt").write_text(virtual("inner.vrt"))
    (tmp_path / "Zn.vrt").write_text(virtual(f"{tmp_path}/parts/a.tif"))
    pattern = r"^(?P<element>[A-Z][a-z])\.vrt$"
    assert_holed(read(tmp_path, pattern=pattern))
    (tmp_path / "inner.vrt").write_text(virtual("Cu.vrt"))
    assert "Cu.vrt: this is not a raster that GDAL can read (Recursion" in message(tmp_path, pattern=pattern)


# What is cut off reads as zeros.


@pytest.mark.parametrize(("driver", "name"), [("ENVI", "Cu.img"), ("EHdr", "Cu.bil"), ("RRASTER", "Cu.grd")])
def test_numbers_that_are_cut_off(tmp_path, driver, name):
    write_tiff(tmp_path / "a.tif", VALUES)
    rasterio.shutil.copy(tmp_path / "a.tif", tmp_path / name, driver=driver)
    np.testing.assert_allclose(read(tmp_path).values[0], VALUES)
    values = tmp_path / name.replace(".grd", ".gri")
    values.write_bytes(values.read_bytes()[:-4])
    assert f"{name}: its values take 192 bytes, and the largest of its files has 188" in message(tmp_path)


@pytest.mark.parametrize("layout", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4"])
def test_netcdf_that_is_cut_off(tmp_path, layout):
    dataset(Cu=(MAP, VALUES.astype(np.float32))).to_netcdf(tmp_path / "all.nc", format=layout)
    np.testing.assert_allclose(read(tmp_path, file="all.nc").values[0], VALUES)
    content = (tmp_path / "all.nc").read_bytes()
    (tmp_path / "all.nc").write_bytes(content[: -len(content) // 50])
    assert "all.nc: this is not a readable NetCDF file" in message(tmp_path, file="all.nc")


# What is no raster, or one of another kind.


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "It is a web page"),
    ],
)
def test_what_stands_in_place_of_a_raster(tmp_path, content, told):
    (tmp_path / "Cu.tif").write_bytes(content)
    assert told in message(tmp_path)


def test_a_header_leads_to_its_values(tmp_path):
    write_tiff(tmp_path / "a.tif", holed(-9999), nodata=-9999)
    rasterio.shutil.copy(tmp_path / "a.tif", tmp_path / "Cu.sdat", driver="SAGA")
    assert_holed(read(tmp_path))
    text = message(tmp_path, file="Cu.sgrd")
    assert "It is a header: name the file with the values, Cu.sdat" in text


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("hdr.adf", "an ESRI GRID; convert it (gdal_translate"),
        (".zgroup", "a Zarr store"),
        ("zarr.json", "a Zarr store"),
    ],
)
def test_folders_that_are_rasters(tmp_path, part, told):
    (tmp_path / "Cu").mkdir()
    (tmp_path / "Cu" / part).touch()
    assert f"Cu is {told}" in message(tmp_path, file="Cu")
    assert f"The folder Cu is {told}" in message(tmp_path)
    write_tiff(tmp_path / "Zn.tif", VALUES)
    (warning,) = read(tmp_path).warnings
    assert warning.what.startswith("the folder Cu was passed over: it is a")
    assert warning.fix.startswith("convert it")
    (tmp_path / "plain").mkdir()
    assert "plain is a folder; name it in grids.folder" in message(tmp_path, file="plain")


def test_a_rotated_er_mapper_grid(tmp_path):
    write_tiff(tmp_path / "a.tif", holed(-9999), nodata=-9999, crs="EPSG:28355", corner=(600000.0, 6753000.0))
    rasterio.shutil.copy(tmp_path / "a.tif", tmp_path / "Cu.ers", driver="ERS")
    np.testing.assert_array_equal(read(tmp_path).mask, ~HOLE)
    header = (tmp_path / "Cu.ers").read_text()
    assert header.count("0:0:0.0") == 1
    (tmp_path / "Cu.ers").write_text(header.replace("0:0:0.0", "-10:30:0.0"))
    assert "the raster is rotated (Rotation = -10:30:0.0)" in message(tmp_path)


# A CRS beside the file.


def test_a_crs_in_a_prj_beside_the_file(tmp_path):
    write_tiff(tmp_path / "a.tif", holed(-9999), nodata=-9999, crs=None)
    rasterio.shutil.copy(tmp_path / "a.tif", tmp_path / "Cu.grd", driver="GSBG")
    write_tiff(tmp_path / "Pb.tif", holed(np.nan), crs=None)
    dataset(None, Zn=(MAP, holed(np.nan))).to_netcdf(tmp_path / "Zn.nc")
    text = pyproj.CRS.from_epsg(2157).to_wkt("WKT1_ESRI")
    for name in ("Cu", "Pb", "Zn"):
        (tmp_path / f"{name}.prj").write_text(text)
    found = read(tmp_path)
    assert_holed(found)
    assert pyproj.CRS.from_wkt(found.crs.to_wkt()).to_epsg() == 2157
    assert "its CRS is" not in message(tmp_path, crs="EPSG:29902")
    (tmp_path / "Pb.prj").write_text("PROJCS[")
    assert f"{tmp_path}/Pb.prj: this is no CRS that is known" in message(tmp_path)


def test_coordinates_in_kilometres_that_no_one_states(tmp_path):
    write_tiff(tmp_path / "Cu.tif", VALUES, corner=(600.0, 753.0), size=1)
    assert "its numbers look like kilometres" in message(tmp_path)
