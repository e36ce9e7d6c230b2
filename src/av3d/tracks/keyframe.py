"""A keyframe: a cuboid at one time, and who vouches for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from av3d.digests import canonical, digest_of_text
from av3d.geometry.cuboid import Cuboid
from av3d.tracks.checking import TrackError, checked_attributes, whole_ns
from av3d.tracks.noise import Noise
from av3d.types import Scalar


class Provenance(StrEnum):
    """Where a cuboid comes from."""

    MANUAL = "manual"
    INTERPOLATED = "interpolated"
    FITTED = "fitted"
    IMPORTED = "imported"
    MODEL = "model"


@dataclass(frozen=True)
class Keyframe:
    """A cuboid that somebody vouches for at one time. Keyframes are equal when all values are.

    Attributes:
        timestamp_ns: time at which the cuboid holds.
        cuboid: in the world frame.
        provenance: who vouches for it; never INTERPOLATED.
        attributes: values at this time, such as an occlusion level.
        noise: how exact the pose is, where that is known, as of a fit to points.

    Raises:
        TrackError: the provenance is INTERPOLATED, the time is not a whole number, or a value
            cannot be stored.
    """

    timestamp_ns: int
    cuboid: Cuboid
    provenance: Provenance = Provenance.MANUAL
    attributes: Mapping[str, Scalar] = field(default_factory=dict, hash=False)
    noise: Noise | None = None

    def __post_init__(self) -> None:
        if self.provenance == Provenance.INTERPOLATED:
            raise TrackError("an interpolated cuboid is not a keyframe")
        object.__setattr__(self, "timestamp_ns", whole_ns(self.timestamp_ns))
        object.__setattr__(self, "attributes", checked_attributes(self.attributes))

    @staticmethod
    def trusted(
        timestamp_ns: int,
        cuboid: Cuboid,
        provenance: Provenance,
        attributes: Mapping[str, Scalar],
        noise: Noise | None = None,
    ) -> Keyframe:
        """Skip the checks, for values that were checked by the thousand."""
        value = object.__new__(Keyframe)
        fields = value.__dict__
        fields["timestamp_ns"], fields["cuboid"] = timestamp_ns, cuboid
        fields["provenance"], fields["attributes"] = provenance, attributes
        fields["noise"] = noise
        return value

    def as_json(self) -> dict[str, Any]:
        """The keyframe as JSON values, attributes sorted by name, an unknown noise left out."""
        pose = self.cuboid.frame_SE3_cuboid
        # Adding zero turns -0.0 into 0.0: databases do not keep the difference.
        value = {
            "timestamp_ns": self.timestamp_ns,
            "center_m": (pose.translation_m + 0.0).tolist(),
            "size_lwh_m": self.cuboid.size_lwh_m.tolist(),
            "quaternion_wxyz": (pose.quaternion_wxyz + 0.0).tolist(),
            "provenance": self.provenance.value,
            "attributes": dict(sorted(self.attributes.items())),
        }
        if self.noise is not None:
            value["noise"] = self.noise.as_list()
        return value

    @cached_property
    def digest(self) -> str:
        """Equal for equal keyframes; see `av3d.digests`."""
        pose = self.cuboid.frame_SE3_cuboid
        return keyframe_digest(
            self.timestamp_ns,
            (pose.translation_m + 0.0).tolist(),
            (pose.quaternion_wxyz + 0.0).tolist(),
            self.cuboid.size_lwh_m.tolist(),
            self.provenance,
            self.attributes,
            None if self.noise is None else self.noise.as_list(),
        )


def keyframe_digest(
    timestamp_ns: int,
    center_m: list[float],
    quaternion_wxyz: list[float],
    size_lwh_m: list[float],
    provenance: Provenance,
    attributes: Mapping[str, Scalar],
    noise: list[float] | None = None,
) -> str:
    """The digest of `Keyframe.as_json`, whose numbers these are.

    It is that of the text `canonical` gives, put together in half the time: a track takes hundreds.
    """
    values = canonical(dict(attributes)) if attributes else "{}"
    noise_part = "" if noise is None else f'"noise":{noise},'
    numbers = (
        f'"center_m":{center_m},{noise_part}"provenance":"{provenance}","quaternion_wxyz":{quaternion_wxyz},'
        f'"size_lwh_m":{size_lwh_m},"timestamp_ns":{timestamp_ns}'
    ).replace(" ", "")
    return digest_of_text(f'{{"attributes":{values},{numbers}}}')
