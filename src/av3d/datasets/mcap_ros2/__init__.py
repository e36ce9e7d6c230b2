"""ROS 2 bags in MCAP files. Rules of choice and conventions: docs/formats/mcap.md."""

from av3d.datasets.mcap_ros2.dataset import McapBag

DATASET = McapBag()
"""What the entry point `av3d.datasets` names."""
