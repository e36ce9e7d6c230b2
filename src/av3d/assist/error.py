"""What goes wrong when points are asked for help."""

from __future__ import annotations

from av3d.errors import Av3dError


class AssistError(Av3dError):
    """Points that do not tell what a gesture asks of them; nothing has been changed."""
