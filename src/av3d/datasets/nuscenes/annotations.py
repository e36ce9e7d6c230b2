"""Rows of sample_annotation. A drive has many thousands, so they are put together as text.

Numbers of a whole sample are formatted at once, and nothing of a row is kept but its text until the
next row of its instance is known: a tenth of the time that dictionaries and the standard library take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from av3d.datasets.nuscenes.tables import ascii_json, number_lists
from av3d.datasets.nuscenes.tokens import token
from av3d.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SampleRows:
    """What the rows of one sample say, as columns of P.

    Attributes:
        sample_token: of the sample.
        instances: which instance each row is of, by its place in the list of instances.
        visibility_tokens: "" where it is not known.
        attribute_tokens: "" for none.
        translations_m: (P, 3).
        rotations_wxyz: (P, 4).
        sizes_wlh_m: (P, 3).
        lidar_points, radar_points: how many points are in each.
    """

    sample_token: str
    instances: Sequence[int]
    visibility_tokens: Sequence[str]
    attribute_tokens: Sequence[str]
    translations_m: FloatArray
    rotations_wxyz: FloatArray
    sizes_wlh_m: FloatArray
    lidar_points: Sequence[int]
    radar_points: Sequence[int]


class AnnotationRows:
    """Writes the rows of a scene, each as soon as the next one of its instance is known.

    Args:
        instance_tokens: 32 hex digits each.
        write: writes rows.
    """

    def __init__(
        self, instance_tokens: Sequence[str], write: Callable[[Iterable[str]], None]
    ) -> None:
        self._instances, self._write = instance_tokens, write
        # The token of a row is that of its instance and that of its sample, hashed and exclusive or.
        self._hashes = _hashes(instance_tokens)
        self._waiting: list[str] = [""] * len(instance_tokens)
        self.first_tokens: list[str] = [""] * len(instance_tokens)
        self.last_tokens: list[str] = [""] * len(instance_tokens)
        self.counts: list[int] = [0] * len(instance_tokens)

    def add(self, rows: SampleRows) -> None:
        """Append the rows of a sample; samples come in order of time."""
        # The token of a nuScenes log's own sample may be any text.
        sample = ascii_json(rows.sample_token).decode()
        own_tokens = self._hashes[list(rows.instances)] ^ _hashes([rows.sample_token])
        instances, waiting = self._instances, self._waiting
        last_tokens, counts = self.last_tokens, self.counts
        done: list[str] = []
        for instance, own, visibility, attribute, translation, rotation, size, lidar, radar in zip(
            rows.instances,
            own_tokens.tobytes().hex(" ", 16).split(),
            rows.visibility_tokens,
            rows.attribute_tokens,
            number_lists(rows.translations_m),
            number_lists(rows.rotations_wxyz),
            number_lists(rows.sizes_wlh_m),
            rows.lidar_points,
            rows.radar_points,
            strict=True,
        ):
            of_instance = instances[instance]
            before = last_tokens[instance]
            if before:
                done.append(f'{waiting[instance]}"next":"{own}"}}')
            else:
                self.first_tokens[instance] = own
            last_tokens[instance] = own
            counts[instance] += 1
            listed = f'"{attribute}"' if attribute else ""
            waiting[instance] = (
                f'{{"token":"{own}","sample_token":{sample},"instance_token":"{of_instance}",'
                f'"visibility_token":"{visibility}","attribute_tokens":[{listed}],'
                f'"translation":[{translation}],"size":[{size}],"rotation":[{rotation}],'
                f'"num_lidar_pts":{lidar},"num_radar_pts":{radar},"prev":"{before}",'
            )
        self._write(done)

    def end(self) -> None:
        """Write the last row of each instance."""
        self._write(f'{waiting}"next":""}}' for waiting in self._waiting if waiting)
        self._waiting = []


def _hashes(tokens: Sequence[str]) -> IntArray:
    """128 bits of each token, (N, 2)."""
    joined = "".join(token("sample_annotation", of) for of in tokens)
    return np.frombuffer(bytes.fromhex(joined), dtype=np.int64).reshape(-1, 2)
