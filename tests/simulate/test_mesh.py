from __future__ import annotations

import numpy as np
import pytest

from av3d.simulate.cars import STYLES, car_mesh
from av3d.simulate.mesh import Material, Mesh, box, ellipsoid, tube
from av3d.simulate.people import Clothes, cyclist_mesh, pedestrian_mesh
from av3d.simulate.trucks import TRUCK_SIZE_LWH_M, truck_mesh

GREY = (0.5, 0.5, 0.5)
CLOTHES = Clothes(GREY, GREY, GREY, GREY, GREY, GREY)


@pytest.mark.parametrize(
    "mesh",
    [
        box((0, 0, 0), (1, 2, 3), Material.PLAIN, GREY),
        tube((0, 0, 0), (0.3, 0, 1), 0.2, 0.1, material=Material.PLAIN, tint=GREY),
        ellipsoid((1, 2, 3), (1, 2, 0.5), material=Material.PLAIN, tint=GREY),
    ],
    ids=["box", "tube", "ellipsoid"],
)
def test_normals_point_outwards(mesh: Mesh) -> None:
    outward = ((mesh.vertices_m - mesh.vertices_m.mean(axis=0)) * mesh.normals).sum(axis=1)
    assert (outward >= -1e-9).all()


def test_the_faces_of_a_body_turn_outwards_too() -> None:
    for mesh in (
        car_mesh(STYLES["suv"], GREY),
        pedestrian_mesh(1.75, CLOTHES, 0.2),
        cyclist_mesh(1.75, CLOTHES, GREY, 0.3),
    ):
        corner = mesh.vertices_m[mesh.triangles]
        volume = np.einsum("ni,ni->n", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum()
        assert volume > 0
        face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        agree = (face * mesh.normals[mesh.triangles].mean(axis=1)).sum(axis=1) >= -1e-9
        assert agree.mean() > 0.97


@pytest.mark.parametrize("name", STYLES)
def test_a_car_fills_its_size(name: str) -> None:
    low, high = car_mesh(STYLES[name], GREY).bounds_m()
    length, width, height = STYLES[name].size_lwh_m
    assert high[0] - low[0] == pytest.approx(length, abs=0.01)
    # Mirrors stand out by less than 7 cm on either side.
    assert width <= high[1] - low[1] < width + 0.14
    assert (low[2], high[2]) == (pytest.approx(0, abs=0.01), pytest.approx(height, abs=0.01))


def test_a_truck_fills_its_size() -> None:
    low, high = truck_mesh(GREY, GREY, GREY).bounds_m()
    assert (high - low).tolist() == pytest.approx(list(TRUCK_SIZE_LWH_M), abs=0.03)


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.6])
def test_a_person_stands_on_the_ground(phase: float) -> None:
    low, high = pedestrian_mesh(1.75, CLOTHES, phase).bounds_m()
    assert -0.01 < low[2] < 0.03
    assert high[2] == pytest.approx(1.75, abs=0.06)
