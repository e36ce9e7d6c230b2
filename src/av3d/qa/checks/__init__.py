"""The checks that come with av3d, found by the entry points `av3d.checks`."""
