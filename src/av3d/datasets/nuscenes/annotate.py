"""The annotations and instances of one scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.nuscenes.attributes import AttributeChooser
from av3d.datasets.nuscenes.between import SampleBoxes, compare
from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.labels import said_visibility
from av3d.datasets.nuscenes.official import ATTRIBUTE_TOKENS, CATEGORY_TOKENS
from av3d.datasets.nuscenes.points import BoxCounter
from av3d.datasets.nuscenes.stretches import Stretch
from av3d.datasets.nuscenes.tables import Chain, Row, Tables, rotations
from av3d.datasets.nuscenes.tokens import instance_token, token
from av3d.datasets.nuscenes.visibility import View, visibility_token, visible_fractions
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.trajectory import TrajectoryError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_at, states_in_sweep
from av3d.tracks.state import TrackState
from av3d.types import FloatArray


class Annotator:
    """Turns the tracks of a log into annotations, sample by sample, in order of time.

    Args:
        stretch: whose frames are written.
        cameras: pinhole cameras of the written images, by camera name.
        taken: instance tokens given out before.
        tables: annotations and instances are added to it.
        facts: is added to.
        between: is added to: sweeps between samples.
        at_images: is added to: images of samples.
    """

    def __init__(
        self,
        stretch: Stretch,
        cameras: Mapping[str, Camera],
        taken: set[str],
        tables: Tables,
        facts: SceneFacts,
        between: Differences,
        at_images: Differences,
    ) -> None:
        self._item, self._log, self._tracks = stretch.item, stretch.log, stretch.item.tracks
        self._stretch, self._cameras, self._tables, self._facts = stretch, cameras, tables, facts
        self._between, self._at_images = between, at_images
        self._chooser = AttributeChooser(self._tracks, facts)
        self._tokens = [instance_token(track.id, stretch.identity, taken) for track in self._tracks]
        self._chains = [
            Chain(lambda row: tables.add("sample_annotation", row)) for _ in self._tracks
        ]
        self._used_keyframes = 0
        self._before: SampleBoxes | None = None
        self._now: SampleBoxes | None = None

    def annotate(
        self,
        frame: Frame,
        timestamp_us: int,
        sample_token: str,
        lidar: BoxCounter,
        radars: Sequence[BoxCounter],
    ) -> None:
        """Write the annotations of one sample.

        Args:
            frame: of the sample.
            timestamp_us: its time as it is written.
            sample_token: its token.
            lidar: counts points of its sweep.
            radars: count those of its radar measurements.
        """
        states = self._item.states(frame)
        self._before, self._now = self._now, SampleBoxes.of(states, timestamp_us)
        present = [(k, state) for k, state in enumerate(states) if state is not None]
        if not present:
            return
        poses, only = self._now.world_SE3_cuboid, [state for _, state in present]
        sizes_lwh_m = np.stack([state.cuboid.size_lwh_m for state in only])
        is_keyframe = [state.provenance is not Provenance.INTERPOLATED for state in only]
        fractions = self._visible(frame, present)
        rows = [
            self._row(index, state, sample_token, place, size, rotation)
            for (index, state), place, size, rotation in zip(
                present,
                poses.translation_m.tolist(),
                sizes_lwh_m[:, [1, 0, 2]].tolist(),
                rotations([state.cuboid.frame_SE3_cuboid for state in only], is_keyframe),
                strict=True,
            )
        ]
        counts = [counter.counts(rows, poses, sizes_lwh_m) for counter in (lidar, *radars)]
        for row, (index, state) in enumerate(present):
            annotation = rows[row]
            # An empty token is the format's word for "not known".
            annotation["visibility_token"] = said_visibility(state) or (
                "" if fractions is None else visibility_token(fractions[row])
            )
            annotation["num_lidar_pts"] = counts[0][row]
            annotation["num_radar_pts"] = sum(of_radar[row] for of_radar in counts[1:])
            self._chains[index].add(annotation)
        self._used_keyframes += sum(is_keyframe)
        self._facts.cuboids += len(rows)

    def pass_by(self, frame: Frame, timestamp_us: int) -> None:
        """Compare a sweep that belongs to the sample annotated last with what the toolkit shows."""
        assert self._now is not None
        states = states_in_sweep(self._tracks, frame.timestamp_ns, self._log)
        compare(
            self._between, self._tracks, states, self._now, self._now.shown(self._before, timestamp_us),
            all_chosen=not self._item.selection.chooses_cuboids,
        )  # fmt: skip

    def finish(self) -> list[Row]:
        """Write what is left and the instances.

        Returns:
            Entries for the sidecar: which instance is which track.
        """
        facts, entries = self._facts, []
        for index, (track, chain) in enumerate(zip(self._tracks, self._chains, strict=True)):
            last_token = chain.last_token
            chain.end()
            if chain.count:
                choice = self._chooser.categories[index]
                if choice.is_fallback:
                    facts.fallbacks.setdefault(track.category, []).append(track.name)
                self._tables.add("instance", {
                    "token": self._tokens[index],
                    "category_token": CATEGORY_TOKENS[choice.name],
                    "nbr_annotations": chain.count,
                    "first_annotation_token": chain.first_token,
                    "last_annotation_token": last_token,
                })  # fmt: skip
                facts.instances += 1
                facts.seen_tracks.add(track.id)
            elif self._stretch.lasts(track.presence):
                facts.unseen_tracks[track.id] = track.name
            entries.append(
                {
                    "instance_token": self._tokens[index] if chain.count else "",
                    "track_id": track.id,
                    "category": track.category,
                    "number": track.number,
                    "annotations": chain.count,
                }
            )
        facts.unused_keyframes = self._stretch.keyframes(self._tracks) - self._used_keyframes
        return entries

    def _row(
        self, index: int, state: TrackState, sample_token: str, center: list[float],
        size: list[float], rotation: list[float],
    ) -> Row:  # fmt: skip
        """A row without what has to be counted; its size is width, length, height."""
        attribute = self._chooser.attribute(index, state)
        return {
            "token": token("sample_annotation", self._tokens[index], sample_token),
            "sample_token": sample_token,
            "instance_token": self._tokens[index],
            "visibility_token": "",
            "attribute_tokens": [ATTRIBUTE_TOKENS[attribute]] if attribute else [],
            "translation": center,
            "rotation": rotation,
            "size": size,
            "num_lidar_pts": 0,
            "num_radar_pts": 0,
        }

    def _visible(self, frame: Frame, present: list[tuple[int, TrackState]]) -> FloatArray | None:
        """Part of each present cuboid that the images of a sample show; None without images.

        Images are taken a little before or after the sweep: each sees the cuboid where it is then.
        """
        views: list[View] = []
        tracks = [self._tracks[index] for index, _ in present]
        at_sweep = self._now.world_SE3_cuboid if self._now is not None else SE3.identity((0,))
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
            # One that is not there any more is taken as it was in the sweep.
            then = [seen or state for (_, state), seen in zip(present, exposed, strict=True)]
            poses = SE3.stack([state.cuboid.frame_SE3_cuboid for state in then])
            differ = self._at_images.add(
                np.linalg.norm(poses.translation_m - at_sweep.translation_m, axis=1),
                np.asarray(poses.angle_to_rad(at_sweep)),
            )
            self._at_images.tracks.update(tracks[row].name for row in differ.tolist())
            sizes_lwh_m = np.stack([state.cuboid.size_lwh_m for state in then])
            views.append(View(camera, camera_SE3_world @ poses, sizes_lwh_m))
        return visible_fractions(views, len(present)) if views else None
