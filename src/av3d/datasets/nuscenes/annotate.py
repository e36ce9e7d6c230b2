"""The annotations and instances of one scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.nuscenes.between import between_samples
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.labels import (
    choose_attribute,
    choose_category,
    expressed_attributes,
    lacks_attribute,
    said_visibility,
)
from av3d.datasets.nuscenes.official import ATTRIBUTE_TOKENS, CATEGORY_TOKENS
from av3d.datasets.nuscenes.points import BoxCounter
from av3d.datasets.nuscenes.tables import Row, Tables, link, pose_fields
from av3d.datasets.nuscenes.tokens import instance_token, token
from av3d.datasets.nuscenes.visibility import View, visibility_token, visible_fractions
from av3d.geometry.cuboid import Cuboid
from av3d.logs.frames import Frame
from av3d.logs.log import Log
from av3d.logs.trajectory import TrajectoryError
from av3d.tracks.measured import states_at, states_in_sweep
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
from av3d.types import FloatArray, IntArray


class Annotator:
    """Turns the tracks of a log into annotations, sample by sample.

    Args:
        log: the log.
        tracks: its tracks.
        cameras: pinhole cameras of the written images, by camera name.
        taken: instance tokens given out before.
        facts: is added to.
    """

    def __init__(
        self,
        log: Log,
        tracks: Sequence[Track],
        cameras: Mapping[str, Camera],
        taken: set[str],
        facts: SceneFacts,
    ) -> None:
        self._log = log
        self._tracks = tracks
        self._cameras = cameras
        self._facts = facts
        self._categories = [choose_category(track) for track in tracks]
        self._tokens = [instance_token(track.id, log.name, taken) for track in tracks]
        self._rows: list[list[Row]] = [[] for _ in tracks]
        self._states: list[list[TrackState | None]] = [[] for _ in tracks]

    def annotate(self, frame: Frame, sample_token: str, counter: BoxCounter) -> list[Row]:
        """The rows of one sample, `prev` and `next` still missing."""
        states = states_in_sweep(self._tracks, frame.timestamp_ns, self._log)
        for history, state in zip(self._states, states, strict=True):
            history.append(state)
        present = [index for index, state in enumerate(states) if state is not None]
        fractions = self._visible(frame, [(i, s) for i, s in enumerate(states) if s is not None])
        rows = []
        for place, index in enumerate(present):
            state = states[index]
            assert state is not None
            attribute = self._attribute(index, state)
            length, width, height = state.cuboid.size_lwh_m.tolist()
            row: Row = {
                "token": token("sample_annotation", self._tokens[index], sample_token),
                "sample_token": sample_token,
                "instance_token": self._tokens[index],
                # An empty token is the format's word for "not known".
                "visibility_token": said_visibility(state)
                or ("" if fractions is None else visibility_token(fractions[place])),
                "attribute_tokens": [ATTRIBUTE_TOKENS[attribute]] if attribute else [],
                **pose_fields(state.cuboid.frame_SE3_cuboid),
                "size": [width, length, height],
                "num_radar_pts": 0,
            }
            row["num_lidar_pts"] = counter.count(row)
            self._rows[index].append(row)
            rows.append(row)
        self._facts.cuboids += len(rows)
        return rows

    def finish(
        self, tables: Tables, sample_us: IntArray, sweep_ns: IntArray, sweep_us: IntArray,
        sweep_sample: IntArray,
    ) -> list[Row]:  # fmt: skip
        """Link the annotations, add the instances, and compare what is between the samples.

        Args:
            tables: gets the instances.
            sample_us: times of the samples, (S,).
            sweep_ns: times of the LiDAR sweeps that are no samples, (N,).
            sweep_us: the same in microseconds, (N,).
            sweep_sample: the sample each of them points to, (N,).

        Returns:
            Entries for the sidecar: which instance is which track.
        """
        facts, entries = self._facts, []
        for index, track in enumerate(self._tracks):
            rows = self._rows[index]
            link(rows)
            if rows:
                choice = self._categories[index]
                if choice.is_fallback:
                    facts.fallbacks.setdefault(track.category, []).append(track.name)
                tables.add(
                    "instance",
                    token=self._tokens[index],
                    category_token=CATEGORY_TOKENS[choice.name],
                    nbr_annotations=len(rows),
                    first_annotation_token=rows[0]["token"],
                    last_annotation_token=rows[-1]["token"],
                )
                facts.instances += 1
            else:
                facts.unseen_tracks.append(track.name)
            states = self._states[index]
            shown = states_in_sweep([track] * len(sweep_ns), sweep_ns.tolist(), self._log)
            facts.between.merge(
                between_samples(track, states, sample_us, shown, sweep_us, sweep_sample)
            )
            times = {state.timestamp_ns for state in states if state is not None}
            facts.unused_keyframes += sum(k.timestamp_ns not in times for k in track.keyframes)
            entries.append(
                {
                    "instance_token": self._tokens[index] if rows else "",
                    "track_id": track.id,
                    "category": track.category,
                    "number": track.number,
                    "annotations": len(rows),
                }
            )
        return entries

    def _attribute(self, index: int, state: TrackState) -> str:
        facts, category = self._facts, self._categories[index].name
        attribute = choose_attribute(self._tracks[index], state, category)
        facts.unknown_motion += not attribute and lacks_attribute(state, category)
        facts.provenance[str(state.provenance)] += 1
        expressed = expressed_attributes(self._tracks[index], state, category)
        facts.dropped_attributes.update(set(state.attributes) - expressed)
        return attribute

    def _visible(self, frame: Frame, present: list[tuple[int, TrackState]]) -> FloatArray | None:
        """Part of each present cuboid that the images of a sample show; None without images.

        Images are taken a little before or after the sweep: each sees the cuboid where it is then.
        """
        views: list[View] = []
        tracks = [self._tracks[index] for index, _ in present]
        for name, camera in self._cameras.items():
            image = frame.images.get(name)
            if image is None:
                continue
            image_ns = self._log.image_time_ns(name, image)
            exposed = states_at(tracks, image_ns, frame.timestamp_ns, self._log)
            try:
                camera_SE3_world = self._log.world_SE3_camera(name, image).inverse()
            except TrajectoryError:
                continue
            cuboids: list[Cuboid] = []
            for track, (_, state), seen in zip(tracks, present, exposed, strict=True):
                then = seen or state
                pose, pose_then = state.cuboid.frame_SE3_cuboid, then.cuboid.frame_SE3_cuboid
                shift_m = float(np.linalg.norm(pose_then.translation_m - pose.translation_m))
                self._facts.at_images.add(track, shift_m, float(pose.angle_to_rad(pose_then)))
                cuboids.append(then.cuboid.in_frame(camera_SE3_world))
            views.append(View(camera, cuboids))
        return visible_fractions(views, len(present)) if views else None
