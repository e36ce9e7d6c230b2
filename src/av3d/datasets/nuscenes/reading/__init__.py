"""Reading nuScenes: one scene of the tables is one log."""
