"""What a workspace shows as JSON values, for tests and scripts that drive the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av3d.present.workspace import Workspace


def workspace_state(workspace: Workspace) -> dict[str, Any]:
    """What the window shows, as JSON values, so that tests need not guess from pixels."""
    session = workspace.session
    return {
        "frame": session.frame,
        "frames": session.frames,
        "timestamp_ns": session.timestamp_ns,
        "selected": session.selected,
        "selected_name": session.selected_track.name if session.selected_track else None,
        "hovered": session.hovered,
        "camera": session.camera,
        "main_mode": session.main_mode,
        "lidar": session.supply.lidar,
        "playing": session.playback.playing,
        "follow": session.follow,
        "query": workspace.tracks.query,
        "full": workspace.full,
        "step": workspace.layout.step,
        "panes": {
            name: [rect.x, rect.y, rect.width, rect.height]
            for name, rect in workspace.layout.panes.items()
        },
        "shown": workspace.shown(),
        "boxes": {
            "main": {
                track_id: [float(value) for value in outline.mean(axis=0)]
                for track_id, outline in workspace.main.outlines
            },
        },
        "views_of_selected": _views_of_selected(workspace),
        "busy": session.loader.busy,
        "toasts": [f"{toast.title}: {toast.text}" for toast in workspace.toasts.toasts],
        "help": workspace.help.open,
        "palette": workspace.palette.open,
        "findings": {
            "open": workspace.findings.open,
            "running": workspace.findings.checkup.running,
            "checks": [finding.check for finding in workspace.findings.findings],
            "chosen": workspace.findings.chosen,
        },
    }


def _views_of_selected(workspace: Workspace) -> list[str]:
    """Panes in which the selected track is drawn now."""
    selected = workspace.session.selected
    if selected is None:
        return []
    found = [
        name for name, boxes in (
            ("main", [track_id for track_id, _ in workspace.main.outlines]),
            ("camera", [box.track.id for box in workspace.camera.picture.boxes]),
        ) if selected in boxes and name in workspace.layout.panes
    ]  # fmt: skip
    return found + [f"strip:{camera}" for camera in workspace.strip.showing(selected)]
