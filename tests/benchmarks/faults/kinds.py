"""All kinds of faults."""

from __future__ import annotations

from faults import identity, moving, shape
from faults.fault import Kind

KINDS: tuple[Kind, ...] = (*moving.KINDS, *shape.KINDS, *identity.KINDS)
