"""The fixed tables of nuScenes: categories, attributes, visibility levels, scene names of a split.

Names and tokens are those of the published tables, because code that reads nuScenes has them written
out. The descriptions are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "v1.0-trainval"
"""The version folder. The toolkit's splits `train` and `val` are tied to names that end in trainval."""

LIDAR_CHANNEL = "LIDAR_TOP"


@dataclass(frozen=True)
class Entry:
    """A row of a fixed table."""

    name: str
    token: str
    description: str


CATEGORIES: tuple[Entry, ...] = (
    Entry("human.pedestrian.adult", "1fa93b757fc74fb197cdd60001ad8abf", "A grown person."),
    Entry("human.pedestrian.child", "b1c6de4c57f14a5383d9f963fbdcb5cb", "A child."),
    Entry(
        "human.pedestrian.wheelchair",
        "b2d7c6c701254928a9e4d6aac9446d79",
        "A wheelchair with the person in it.",
    ),
    Entry(
        "human.pedestrian.stroller",
        "6a5888777ca14867a8aee3fe539b56c4",
        "A pram with the child in it.",
    ),
    Entry(
        "human.pedestrian.personal_mobility",
        "403fede16c88426885dd73366f16c34a",
        "A kick scooter, skateboard or similar with its rider.",
    ),
    Entry("human.pedestrian.police_officer", "bb867e2064014279863c71a29b1eb381", "Police on foot."),
    Entry(
        "human.pedestrian.construction_worker",
        "909f1237d34a49d6bdd27c2fe4581d79",
        "A worker at a building site.",
    ),
    Entry("animal", "63a94dfa99bb47529567cd90d3b58384", "An animal of any kind."),
    Entry("vehicle.car", "fd69059b62a3469fbaef25340c0eab7f", "A passenger car or van."),
    Entry("vehicle.motorcycle", "dfd26f200ade4d24b540184e16050022", "A motorcycle or moped."),
    Entry("vehicle.bicycle", "fc95c87b806f48f8a1faea2dcc2222a4", "A bicycle."),
    Entry(
        "vehicle.bus.bendy", "003edbfb9ca849ee8a7496e9af3025d4", "A section of an articulated bus."
    ),
    Entry("vehicle.bus.rigid", "fedb11688db84088883945752e480c2c", "A bus in one piece."),
    Entry("vehicle.truck", "6021b5187b924d64be64a702e5570edf", "A vehicle made to carry loads."),
    Entry("vehicle.construction", "5b3cd6f2bca64b83aa3d0008df87d0e4", "A building machine."),
    Entry("vehicle.emergency.ambulance", "732cce86872640628788ff1bb81006d4", "An ambulance."),
    Entry("vehicle.emergency.police", "7b2ff083a64e4d53809ae5d9be563504", "A police vehicle."),
    Entry("vehicle.trailer", "90d0f6f8e7c749149b1b6c3a029841a8", "A trailer of any vehicle."),
    Entry("movable_object.barrier", "653f7efbb9514ce7b81d44070d6208c1", "A temporary barrier."),
    Entry("movable_object.trafficcone", "85abebdccd4d46c7be428af5a6173947", "A traffic cone."),
    Entry(
        "movable_object.pushable_pullable",
        "d772e4bae20f493f98e15a76518b31d7",
        "Something that a person can push or pull, such as a bin or a cart.",
    ),
    Entry("movable_object.debris", "063c5e7f638343d3a7230bc3641caf97", "Debris on the road."),
    Entry("static_object.bicycle_rack", "0a30519ee16a4619b4f4acfe2d78fb55", "A bicycle rack."),
)

ATTRIBUTES: tuple[Entry, ...] = (
    Entry("vehicle.moving", "cb5118da1ab342aa947717dc53544259", "The vehicle moves."),
    Entry("vehicle.stopped", "c3246a1e22a14fcb878aa61e69ae3329", "It stands and will go on."),
    Entry("vehicle.parked", "58aa28b1c2a54dc88e169808c07331e3", "It stands for long."),
    Entry("cycle.with_rider", "a14936d865eb4216b396adae8cb3939c", "Somebody rides it."),
    Entry("cycle.without_rider", "5a655f9751944309a277276b8f473452", "Nobody rides it."),
    Entry("pedestrian.sitting_lying_down", "03aa62109bf043afafdea7d875dd4f43", "Sits or lies."),
    Entry("pedestrian.standing", "4d8821270b4a47e3a8a300cbec48188e", "Stands."),
    Entry("pedestrian.moving", "ab83627ff28b465b85c427162dec722f", "Walks or runs."),
)

VISIBILITIES: tuple[Entry, ...] = (
    Entry("v0-40", "1", "At most 40 % of the object is visible in the images."),
    Entry("v40-60", "2", "40 to 60 % of the object is visible in the images."),
    Entry("v60-80", "3", "60 to 80 % of the object is visible in the images."),
    Entry("v80-100", "4", "At least 80 % of the object is visible in the images."),
)

CATEGORY_TOKENS = {entry.name: entry.token for entry in CATEGORIES}
ATTRIBUTE_TOKENS = {entry.name: entry.token for entry in ATTRIBUTES}

_VAL_RANGES = (
    (3, 3), (12, 18), (35, 36), (38, 39), (92, 110), (221, 221), (268, 278), (329, 332), (344, 346),
    (519, 524), (552, 565), (625, 627), (629, 630), (632, 638), (770, 771), (775, 775), (777, 778),
    (780, 784), (794, 800), (802, 802), (904, 917), (919, 931), (962, 963), (966, 969), (971, 972),
    (1059, 1073),
)  # fmt: skip
VAL_SCENES = tuple(n for first, last in _VAL_RANGES for n in range(first, last + 1))
"""Numbers of the scenes in the toolkit's split `val`: only such names can be evaluated by split name."""

SPLIT_OF_ALL = "av3d"
"""A split of our own (splits.json) that holds every scene of the export."""


def scene_name(index: int) -> str:
    """Name of scene `index` of an export: those of the split `val` first, then scene-2001 on."""
    beyond = index - len(VAL_SCENES)
    return f"scene-{VAL_SCENES[index] if beyond < 0 else 2001 + beyond:04d}"
