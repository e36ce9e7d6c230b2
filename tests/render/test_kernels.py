import subprocess
import sys
import textwrap


def test_kernels_work_where_no_cache_folder_can_be_written():
    """A read-only installation and no home folder, as in a container."""
    script = textwrap.dedent(
        """
        import numba.core.caching as caching

        for kind in vars(caching).values():
            if isinstance(kind, type) and hasattr(kind, "_locator_classes"):
                kind._locator_classes = []

        import numpy as np
        from av3d.render.splat import splat
        from av3d.render.views import OrthographicView

        points = np.zeros((1, 3), np.float32)
        colours = np.full((1, 3), 255, np.uint8)
        picture = splat(points, colours, OrthographicView(3, 3), 1)
        from av3d.render import kernels
        print("drawn", int((picture == 255).all(axis=2).sum()))
        print("cached", kernels.splat_keys._cache.__class__.__name__)
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["drawn", "1", "cached", "NullCache"]
