import numpy as np

from av3d.doctor.edges import depth_edges, scan_lines
from av3d.logs.sweep import Sweep

STEP_RAD = np.radians(0.25)


def scan_of(range_m, elevations_rad=(0.0,), intensity=None) -> Sweep:
    """A sweep whose beams meet `range_m(azimuth, elevation)`, looking 30 degrees to both sides."""
    azimuth = np.arange(-120, 121) * STEP_RAD
    points, values = [], []
    for elevation in elevations_rad:
        r = np.array([range_m(a, elevation) for a in azimuth])
        flat = r * np.cos(elevation)
        points.append(
            np.stack(
                [flat * np.cos(azimuth), flat * np.sin(azimuth), r * np.sin(elevation)], axis=1
            )
        )
        if intensity is not None:
            values.append([intensity(a) for a in azimuth])
    return Sweep(
        "top",
        0,
        np.concatenate(points).astype(np.float32),
        intensity=np.concatenate(values).astype(np.float32) if values else None,
    )


def azimuths_deg(edges):
    return np.degrees(np.arctan2(edges.points_m[:, 1], edges.points_m[:, 0]))


def test_both_outlines_of_a_thing_before_a_wall_are_edges_midway_between_the_beams():
    pole = scan_of(lambda a, _: 10.0 if abs(a) < 5.1 * STEP_RAD else 30.0)
    edges = depth_edges(pole)
    assert sorted(np.round(azimuths_deg(edges), 3)) == [-1.375, 1.375]
    assert np.allclose(np.linalg.norm(edges.points_m, axis=1), 10.0, atol=1e-3)
    assert edges.is_depth.all()


def test_an_even_wall_has_no_edge():
    assert len(depth_edges(scan_of(lambda a, _: 20.0 / np.cos(a)))) == 0


def test_a_wall_seen_at_a_slant_has_no_edge():
    assert len(depth_edges(scan_of(lambda a, _: 3.0 / np.sin(a + np.radians(36))))) == 0


def test_the_top_of_a_thing_is_an_edge_between_scan_lines():
    lines = np.radians([-3.0, -2.0, -1.0, 0.0])
    box = scan_of(lambda a, e: 10.0 if e < np.radians(-0.5) else 40.0, lines)
    edges = depth_edges(box)
    elevation = np.degrees(np.arcsin(edges.points_m[:, 2] / np.linalg.norm(edges.points_m, axis=1)))
    assert len(edges) > 200
    assert np.allclose(elevation, -0.5, atol=0.01)
    assert np.abs(edges.across[:, 2]).min() > 0.99


def test_the_ground_has_no_edges_between_scan_lines():
    lines = np.radians([-8.0, -6.0, -4.5, -3.5, -2.5, -2.0])
    assert len(depth_edges(scan_of(lambda a, e: 1.8 / np.sin(-e), lines))) == 0


def test_paint_on_a_wall_is_an_edge_of_brightness():
    sign = scan_of(
        lambda a, _: 15.0 / np.cos(a), intensity=lambda a: 0.9 if abs(a) < 9.9 * STEP_RAD else 0.2
    )
    edges = depth_edges(sign)
    assert sorted(np.round(azimuths_deg(edges), 3)) == [-2.375, 2.375]
    assert not edges.is_depth.any()


def test_scan_lines_are_found_from_elevations():
    lines = np.radians([-10.0, -6.0, -3.0, 0.0, 2.0])
    sweep = scan_of(lambda a, e: 20.0 + 5 * np.sin(7 * a), lines)
    found = scan_lines(sweep, sweep.points_m.astype(np.float64))
    assert [len(np.unique(found[start : start + 241])) for start in range(0, 1205, 241)] == [1] * 5
    assert len(np.unique(found)) == 5
    assert (np.diff(found) >= 0).all()


def test_scan_lines_are_the_lasers_where_they_are_known():
    sweep = scan_of(lambda a, e: 20.0, np.radians([-2.0, 0.0, 2.0, 4.0]))
    ring = np.repeat([3, 2, 1, 0], 241).astype(np.uint8)
    named = Sweep("top", 0, sweep.points_m, extra={"ring": ring})
    assert (scan_lines(named, sweep.points_m.astype(np.float64)) == 3 - ring).all()


def test_a_sweep_without_points_has_no_edges():
    assert len(depth_edges(Sweep("top", 0, np.empty((0, 3), dtype=np.float32)))) == 0
