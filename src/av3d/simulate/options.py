"""What can be chosen about a simulated log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from av3d.errors import Av3dError

ScenarioName = Literal["crossing", "fast"]
SweepStamp = Literal["start", "middle", "end"]
CameraStamp = Literal["exposure", "sweep"]

LONGEST = {"crossing": 6_000, "fast": 150}
"""Most turns of a scenario: at the crossing the car drives around a block, else it leaves the town."""


class SimulationError(Av3dError):
    """Options that no log can be made with."""


@dataclass(frozen=True)
class SimulateOptions:
    """Choices for `simulate_log`.

    Attributes:
        scenario: "crossing", a slow drive through a town, or "fast", where everybody drives 15 m/s
            and cameras have rolling shutters and wide lenses.
        frames: LiDAR turns, ten a second; dropped ones count.
        seed: decides on colours, houses, trees, noise and what is dropped.
        name: name of the log; None: that of the scenario.
        image_width_px, image_height_px: size of the images; those of wide lenses are square and in
            proportion.
        jpeg_quality: 1 to 100.
        beams: lasers of the LiDAR.
        azimuth_steps: shots of each laser per turn.
        range_noise_m: standard deviation of measured ranges.
        drop: leave out some sweeps and images, as real recorders do.
        cameras: False makes a log of sweeps only, in a fraction of the time.
        sweep_stamp: which moment of the turn a sweep is stamped with.
        camera_stamp: "exposure": images are stamped with the middle of their exposure; "sweep": with
            the middle of the turn, and the rig says by `clock_offset_ms` how much later they were
            really exposed.

    Raises:
        SimulationError: a value outside what makes sense.
    """

    scenario: ScenarioName = "crossing"
    frames: int = 42
    seed: int = 7
    name: str | None = None
    image_width_px: int = 960
    image_height_px: int = 540
    jpeg_quality: int = 72
    beams: int = 40
    azimuth_steps: int = 1080
    range_noise_m: float = 0.01
    drop: bool = True
    cameras: bool = True
    sweep_stamp: SweepStamp = "middle"
    camera_stamp: CameraStamp = "exposure"

    def __post_init__(self) -> None:
        choices = {
            "scenario": ScenarioName, "sweep_stamp": SweepStamp, "camera_stamp": CameraStamp,
        }  # fmt: skip
        for name, kind in choices.items():
            if getattr(self, name) not in get_args(kind):
                raise SimulationError(
                    f"{name} is {getattr(self, name)!r}",
                    "simulation",
                    f"use one of: {' '.join(get_args(kind))}",
                )
        limits: dict[str, tuple[float, float]] = {
            "frames": (1, LONGEST[self.scenario]),
            "seed": (0, 2**31 - 1),
            "image_width_px": (32, 4_096),
            "image_height_px": (32, 4_096),
            "jpeg_quality": (1, 100),
            "beams": (2, 128),
            "azimuth_steps": (16, 4_096),
            "range_noise_m": (0, 1),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SimulationError(
                    f"{name} is {value}", "simulation", f"use {low:g} to {high:g}"
                )
        if not self.log_name.strip():
            raise SimulationError("the log needs a name", "simulation", "give one with --name")

    @property
    def log_name(self) -> str:
        """The name that the log gets."""
        return self.scenario if self.name is None else self.name
