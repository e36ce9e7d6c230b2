from __future__ import annotations

import pytest

from av3d.datasets.customary_classes import customary_category


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("car", "car"),
        ("PassengerCar", "car"),
        ("vehicle.bus.rigid", "bus"),
        ("human.pedestrian.adult", "pedestrian"),
        ("TYPE_CYCLIST", "bicycle"),
        ("traffic-cone", "cone"),
        ("https://example.org/things#Person", "pedestrian"),
        ("Straßenbahn", "Straßenbahn"),
        ("", "other"),
        ("a\nb", "other"),
    ],
)
def test_a_class_becomes_the_category_that_is_meant(name: str, category: str) -> None:
    assert customary_category(name) == category
