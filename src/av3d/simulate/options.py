"""What can be chosen about a simulated log."""

from __future__ import annotations

from dataclasses import dataclass

from av3d.errors import Av3dError


class SimulationError(Av3dError):
    """Options that no log can be made with."""


@dataclass(frozen=True)
class SimulateOptions:
    """Choices for `simulate_log`.

    Attributes:
        frames: LiDAR turns, ten a second; dropped ones count.
        seed: decides on colours, houses, trees, noise and what is dropped.
        name: name of the log.
        image_width_px, image_height_px: size of the images.
        jpeg_quality: 1 to 100.
        beams: lasers of the LiDAR.
        azimuth_steps: shots of each laser per turn.
        range_noise_m: standard deviation of measured ranges.
        drop: leave out some sweeps and images, as real recorders do.
        cameras: False makes a log of sweeps only, in a fraction of the time.

    Raises:
        SimulationError: a value outside what makes sense.
    """

    frames: int = 42
    seed: int = 7
    name: str = "crossing"
    image_width_px: int = 960
    image_height_px: int = 540
    jpeg_quality: int = 72
    beams: int = 40
    azimuth_steps: int = 1080
    range_noise_m: float = 0.01
    drop: bool = True
    cameras: bool = True

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "frames": (1, 6_000),
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
        if not self.name.strip():
            raise SimulationError("the log needs a name", "simulation", "give one with --name")
