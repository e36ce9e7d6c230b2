"""What a workspace shows as JSON values, for tests and scripts that drive the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av3d.present.drawing import Zone
    from av3d.present.handling import Handling
    from av3d.present.panes.pane import Pane
    from av3d.present.session import Session
    from av3d.present.workspace import Workspace


def workspace_state(workspace: Workspace) -> dict[str, Any]:
    """What the window shows, as JSON values, so that tests need not guess from pixels."""
    session = workspace.session
    return {
        "log": session.log.name,
        "frame": session.frame,
        "frames": session.frames,
        "timestamp_ns": session.timestamp_ns,
        "scale": session.scale,
        "tracks": len(session.tracks),
        "selected": session.selected,
        "selected_name": session.selected_track.name if session.selected_track else None,
        "hovered": session.hovered,
        "camera": session.camera,
        "main_mode": session.main_mode,
        "lidar": session.supply.lidar,
        "playing": session.playback.playing,
        "follow": session.follow,
        "query": workspace.tracks.query,
        "field": session.fields.active.name if session.fields.active else "",
        "typed": session.fields.active.text if session.fields.active else "",
        "full": workspace.desk.full,
        "layout": workspace.desk.name,
        "workspace": workspace.desk.base,
        "step": workspace.layout.step,
        "panes": {
            name: [rect.x, rect.y, rect.width, rect.height]
            for name, rect in workspace.layout.panes.items()
        },
        "places": [list(place.tabs.panes) for place in workspace.layout.places],
        "gutters": {
            name: [rect.x, rect.y, rect.width, rect.height]
            for name, rect in workspace.layout.gutters.items()
        },
        "dropping": _dropping(workspace),
        "review": _review(workspace),
        "shown": workspace.shown(),
        "boxes": {
            "main": {
                track_id: [float(value) for value in outline.mean(axis=0)]
                for track_id, outline in workspace.main.outlines
            },
        },
        "bev": _bev(workspace),
        "views_of_selected": _views_of_selected(workspace),
        "busy": session.loader.busy or any(not work.quiet for work in session.works.works),
        "work": session.works.words(),
        "opening": {
            "open": workspace.opening.visible,
            "text": workspace.opening.text,
            "listed": [entry.path for entry in workspace.opening.entries],
            "chosen": workspace.opening.chosen,
        },
        "editing": _editing(workspace),
        "timeline": _timeline(workspace),
        "handles": {
            "main": _handles(workspace.main.handling),
            "camera": _handles(workspace.camera.handling),
            **{
                f"sides_{name}": _handles(handling)
                for name, handling in workspace.sides.handlings.items()
            },
        },
        "toasts": [f"{toast.title}: {toast.text}" for toast in workspace.toasts.toasts],
        "help": workspace.help.open,
        "palette": workspace.palette.open,
        "dialog": _dialog(workspace),
        "menu": _menu(workspace),
        "findings": {
            "open": workspace.findings.open,
            "running": workspace.findings.checkup.running,
            "checks": [finding.check for finding in workspace.findings.findings],
            "chosen": workspace.findings.chosen,
        },
    }


def _review(workspace: Workspace) -> dict[str, Any]:
    """What is gone through, and what is looked at."""
    review = workspace.review
    finding = review.finding
    return {
        "current": review.current,
        "check": "" if finding is None else finding.check,
        "tracks": [] if finding is None else list(finding.track_ids),
        "span_ns": None if finding is None else [finding.start_ns, finding.end_ns],
        "place_m": None if finding is None else finding.place_m,
        "repairable": finding is not None and review.repairable(finding),
        "open": len(review.open),
        "reviewed": review.tally().reviewed,
        "source": review.sources.source.value,
        "complete": workspace.inspecting.complete,
        "issues": [issue.state.value for issue in workspace.issues.all],
        "findings": len(workspace.flags.open),
    }


def _timeline(workspace: Workspace) -> dict[str, Any]:
    """Lanes by height in their pane, where times are, and the keyframes of the selected track."""
    timeline, session = workspace.timeline, workspace.session
    axis, span, track = timeline.axis, session.span, session.selected_track
    return {
        "lanes": {track.id: timeline.lane_y(track.id) for track in timeline.visible},
        "axis": [axis.left, axis.right, axis.start_ns, axis.end_ns],
        "span": None if span is None else [span.start_ns, span.end_ns],
        "keys_ns": [] if track is None else list(track.times_ns),
        "presence_ns": [] if track is None else [[s.start_ns, s.end_ns] for s in track.presence],
    }


def _editing(workspace: Workspace) -> dict[str, Any]:
    """What edits do and have done; the cuboid is that of the leading track in the ego frame."""
    session = workspace.session
    box = session.selected_box() if session.has_log else None
    category = session.category
    return {
        "selection": list(session.selection),
        "previewing": session.edits.previewing,
        "dragging": session.dragging,
        "tool": session.tool,
        "tilt": session.tilt,
        "category": category.key if category is not None else None,
        "hint": session.hint,
        "edits": session.labels.edits,
        "undoable": session.labels.undoable is not None,
        "project": session.labels.where,
        "keyframes": len(session.selected_track.keyframes) if session.selected_track else 0,
        "certainty": _certainty(session) if session.has_log else None,
        "cuboid": None
        if box is None
        else {
            "center_m": box.cuboid.center_m.tolist(),
            "size_lwh_m": box.cuboid.size_lwh_m.tolist(),
            "rotation": box.cuboid.frame_SE3_cuboid.rotation.tolist(),
        },
    }


def _bev(workspace: Workspace) -> dict[str, Any]:
    """The bird's-eye view of the main pane, so that a script can point at places of the ego frame."""
    view = workspace.main.bev
    return {
        "center_m": list(view.center_m),
        "metres_per_pixel": view.metres_per_pixel,
        "up_rad": view.up_rad,
        "size_px": [view.width_px, view.height_px],
    }


def _certainty(session: Session) -> dict[str, Any] | None:
    """What is known of the leading track between its keyframes: least overlap, suggested frame."""
    track = session.selected_track
    if track is None or not session.certainties.knows(track):
        return None
    least = (certainty := session.certainties.of(track)) and certainty.least
    suggestion = session.certainties.suggestion(track)
    nearest = session.log.frames.nearest
    return {
        "least_overlap": least[1] if least else None,
        "least_frame": nearest(least[0]) if least else None,
        "suggested_frame": nearest(suggestion.time_ns) if suggestion else None,
    }


def _handles(handling: Handling) -> dict[str, list[float]]:
    """Where the handles that can be dragged are, in pixels of the pane, by name."""
    return {
        handle.name or "body": list(handle.place_px)
        for handle in handling.handles
        if handle.visible
    }


def _dialog(workspace: Workspace) -> dict[str, Any] | None:
    """What the open dialog asks and says, and where it is; None while none is open."""
    overlay = workspace.dialog
    if overlay.dialog is None:
        return None
    return {
        "name": overlay.dialog.name,
        "values": overlay.dialog.values,
        "lines": list(overlay.lines),
        "possible": overlay.possible,
        "places": _places(overlay, lambda zone: zone.argument),
    }


def _menu(workspace: Workspace) -> dict[str, Any]:
    """Where titles of menus are, and the rows of the open one, by command; pixels of the window."""
    rows = _places(workspace.menu, lambda zone: zone.argument) if workspace.menu.visible else {}
    titles = _places(
        workspace.top_bar, lambda zone: zone.argument if zone.command == "menu.open" else ""
    )
    return {"open": workspace.top_bar.open_menu, "titles": titles, "rows": rows}


def _places(pane: Pane, name: Callable[[Zone], str]) -> dict[str, list[float]]:
    """Middles of the zones of a pane that have a name, in pixels of the window."""
    zones = [zone for drawing in pane.drawings.values() for zone in drawing.zones]
    return {
        name(zone): [pane.rect.x + zone.rect.centre[0], pane.rect.y + zone.rect.centre[1]]
        for zone in zones
        if name(zone)
    }


def _dropping(workspace: Workspace) -> list[str] | None:
    """Pane that is being dragged, pane that it would go to, and side of that."""
    grip = workspace.desk.grip
    if grip is None or grip.drop is None:
        return None
    return [grip.pane, grip.drop.target, grip.drop.side]


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
