"""The annotations and instances of one scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from av3d.calibration.camera import Camera
from av3d.datasets.nuscenes.annotations import AnnotationRows, SampleRows
from av3d.datasets.nuscenes.attributes import AttributeChooser
from av3d.datasets.nuscenes.between import SampleBoxes, compare
from av3d.datasets.nuscenes.differences import Differences
from av3d.datasets.nuscenes.facts import SceneFacts
from av3d.datasets.nuscenes.gathering import gathered, quaternions_wxyz, stacked
from av3d.datasets.nuscenes.official import ATTRIBUTE_TOKENS, CATEGORY_TOKENS
from av3d.datasets.nuscenes.points import BoxCounter
from av3d.datasets.nuscenes.stretches import Stretch
from av3d.datasets.nuscenes.tables import Row, Tables
from av3d.datasets.nuscenes.tokens import instance_token
from av3d.datasets.nuscenes.visibility import View, visibility_token, visible_fractions
from av3d.geometry.se3 import SE3
from av3d.logs.frames import Frame
from av3d.logs.trajectory import TrajectoryError
from av3d.tracks.keyframe import Provenance
from av3d.tracks.measured import states_at, states_in_sweep
from av3d.tracks.state import TrackState
from av3d.tracks.track import Track
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
        self._rows = AnnotationRows(self._tokens, tables.file("sample_annotation").add_texts)
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
        indices = [index for index, state in enumerate(states) if state is not None]
        only = [state for state in states if state is not None]
        poses = [state.cuboid.frame_SE3_cuboid for state in only]
        world_SE3_cuboid = stacked(poses)
        self._before = self._now
        self._now = SampleBoxes(timestamp_us, np.array(indices, dtype=np.int64), world_SE3_cuboid)
        if not only:
            return
        sizes_lwh_m = gathered([state.cuboid.size_lwh_m for state in only], (3,))
        boxes = world_SE3_cuboid, quaternions_wxyz(poses), sizes_lwh_m[:, [1, 0, 2]]
        attributes, visibilities = self._chooser.choose(indices, only)
        fractions = self._visible(frame, [self._tracks[k] for k in indices], only)
        if fractions is not None:
            visibilities = [
                said or visibility_token(fraction)
                for said, fraction in zip(visibilities, fractions.tolist(), strict=True)
            ]
        in_radars = np.array([radar.counts(*boxes) for radar in radars], dtype=np.int64)
        self._rows.add(
            SampleRows(
                sample_token,
                indices,
                visibilities,
                [ATTRIBUTE_TOKENS[name] if name else "" for name in attributes],
                world_SE3_cuboid.translation_m,
                *boxes[1:],
                lidar.counts(*boxes),
                in_radars.reshape(-1, len(only)).sum(axis=0).tolist(),
            )
        )
        self._facts.cuboids += len(only)

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
        facts, rows, entries = self._facts, self._rows, []
        rows.end()
        for index, track in enumerate(self._tracks):
            count = rows.counts[index]
            if count:
                choice = self._chooser.categories[index]
                if choice.is_fallback:
                    facts.fallbacks.setdefault(track.category, []).append(track.name)
                self._tables.add("instance", {
                    "token": self._tokens[index],
                    "category_token": CATEGORY_TOKENS[choice.name],
                    "nbr_annotations": count,
                    "first_annotation_token": rows.first_tokens[index],
                    "last_annotation_token": rows.last_tokens[index],
                })  # fmt: skip
                facts.instances += 1
                facts.seen_tracks.add(track.id)
            elif self._stretch.lasts(track.presence):
                facts.unseen_tracks[track.id] = track.name
            entries.append(
                {
                    "instance_token": self._tokens[index] if count else "",
                    "track_id": track.id,
                    "category": track.category,
                    "number": track.number,
                    "annotations": count,
                }
            )
        used = facts.cuboids - facts.provenance[str(Provenance.INTERPOLATED)]
        facts.unused_keyframes = self._stretch.keyframes(self._tracks) - used
        return entries

    def _visible(
        self, frame: Frame, tracks: Sequence[Track], states: Sequence[TrackState]
    ) -> FloatArray | None:
        """Part of each present cuboid that the images of a sample show; None without images.

        Images are taken a little before or after the sweep: each sees the cuboid where it is then.
        """
        views: list[View] = []
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
            then = [seen or state for state, seen in zip(states, exposed, strict=True)]
            poses = stacked([state.cuboid.frame_SE3_cuboid for state in then])
            differ = self._at_images.add(
                np.linalg.norm(poses.translation_m - at_sweep.translation_m, axis=1),
                np.asarray(poses.angle_to_rad(at_sweep)),
            )
            self._at_images.tracks.update(tracks[row].name for row in differ.tolist())
            sizes_lwh_m = gathered([state.cuboid.size_lwh_m for state in then], (3,))
            views.append(View(camera, camera_SE3_world @ poses, sizes_lwh_m))
        return visible_fractions(views, len(states)) if views else None
