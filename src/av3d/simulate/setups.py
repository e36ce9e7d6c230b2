"""The scenarios by name, each with its car and the times at which its cameras expose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from av3d.calibration.rig import Rig
from av3d.simulate.crossing import crossing
from av3d.simulate.fast import fast
from av3d.simulate.fast_rig import FAST_EXPOSURE_NS, fast_rig
from av3d.simulate.options import ScenarioName, SimulateOptions
from av3d.simulate.rig import CAMERA_OFFSET_NS, sample_rig
from av3d.simulate.world import Scenario


@dataclass(frozen=True)
class Setup:
    """A scenario and the car that records it.

    Attributes:
        scenario: who is there, from a seed.
        rig: the sensors, from width and height of the images in pixels.
        exposure_ns: middle of the exposure of each camera minus that of the turn it belongs to.
    """

    scenario: Callable[[int], Scenario]
    rig: Callable[[int, int], Rig]
    exposure_ns: Mapping[str, int]

    def sensors(self, options: SimulateOptions) -> Rig:
        """The rig as the log states it: with clock offsets where images are stamped with the sweep."""
        rig = self.rig(options.image_width_px, options.image_height_px)
        if options.camera_stamp == "exposure":
            return rig
        return replace(
            rig,
            cameras={
                name: replace(mount, clock_offset_ns=self.exposure_ns[name])
                for name, mount in rig.cameras.items()
            },
        )


SETUPS: Mapping[ScenarioName, Setup] = {
    "crossing": Setup(crossing, sample_rig, CAMERA_OFFSET_NS),
    "fast": Setup(fast, fast_rig, FAST_EXPOSURE_NS),
}
