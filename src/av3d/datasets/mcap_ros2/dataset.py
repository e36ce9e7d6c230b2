"""ROS 2 bags as a dataset of av3d: opens logs; bags carry no labels."""

from __future__ import annotations

from pathlib import Path

from av3d.calibration.rig import Rig
from av3d.datasets.dataset import Dataset
from av3d.logs.log import Log


class McapBag(Dataset):
    """One .mcap file, or a folder of rosbag2 with its metadata.yaml and .mcap parts."""

    name = "mcap"
    title = "ROS 2 bag (MCAP)"
    looks_for = "a .mcap file, or a folder with .mcap files"
    reads_logs = True
    reads_rigs = True

    def recognise(self, path: Path) -> bool:
        if path.is_dir():
            return any(not part.name.startswith(".") for part in path.glob("*.mcap"))
        return path.suffix.lower() == ".mcap" and path.is_file()

    def open(self, path: Path) -> Log:
        # The libraries that read bags are not needed to list the datasets there are.
        from av3d.datasets.mcap_ros2.log import open_log

        return open_log(path)

    def recognise_rig(self, path: Path) -> bool:
        return self.recognise(path)

    def read_rig(self, path: Path) -> Rig:
        """The sensors that the bag's transforms and calibrations describe."""
        return self.open(path).rig
