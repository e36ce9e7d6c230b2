"""Icons by name: characters of Material Design Icons 7."""

from __future__ import annotations

ICONS = {
    "tracks": "\U000f0279",  # format-list-bulleted
    "cube": "\U000f01a7",  # cube-outline
    "map": "\U000f0982",  # map-outline
    "camera": "\U000f0bdc",  # video-outline
    "cameras": "\U000f11d9",  # view-grid-outline
    "timeline": "\U000f066c",  # chart-gantt
    "axes": "\U000f0d49",  # axis-arrow
    "first": "\U000f04ae",  # skip-previous
    "previous": "\U000f04d5",  # step-backward
    "play": "\U000f040a",
    "pause": "\U000f03e4",
    "next": "\U000f04d7",  # step-forward
    "last": "\U000f04ad",  # skip-next
    "loop": "\U000f0456",  # repeat
    "search": "\U000f0349",  # magnify
    "eye": "\U000f06d0",  # eye-outline
    "eye_off": "\U000f06d1",  # eye-off-outline
    "sort": "\U000f04bf",  # sort-variant
    "database": "\U000f01bc",
    "check_circle": "\U000f05e1",  # check-circle-outline
    "alert": "\U000f05d6",  # alert-circle-outline
    "info": "\U000f02fd",  # information-outline
    "close": "\U000f0156",
    "chevron_right": "\U000f0142",
    "chevron_down": "\U000f0140",
    "check": "\U000f012c",
    "read_only": "\U000f0dea",  # pencil-off-outline
    "image_off": "\U000f11d1",  # image-off-outline
    "folder": "\U000f0dcf",  # folder-open-outline
    "follow": "\U000f01a4",  # crosshairs-gps
    "keyboard": "\U000f097b",  # keyboard-outline
    "more": "\U000f01d9",  # dots-vertical
    "lock": "\U000f0341",  # lock-outline
    "unlock": "\U000f0fc7",  # lock-open-variant-outline
    "fit": "\U000f0068",  # auto-fix
    "to_ground": "\U000f0792",  # arrow-collapse-down
    "flip": "\U000f04e1",  # swap-horizontal
    "checked": "\U000f0132",  # checkbox-marked
    "unchecked": "\U000f0131",  # checkbox-blank-outline
    "mixed": "\U000f0856",  # checkbox-intermediate
    "plus": "\U000f0415",
    "minus": "\U000f0374",
    "star": "\U000f0ae2",  # star-four-points
    "flag": "\U000f023b",
    "accepted": "\U000f05e0",  # check-circle
    "issue": "\U000f017d",  # comment-alert
    "history": "\U000f02da",
    "messages": "\U000f036a",  # message-text-outline
    "copy": "\U000f018f",  # content-copy
    "undo": "\U000f054c",
    "standing": "\U000f03e3",  # parking
    "look_again": "\U000f0d05",  # eye-check-outline
    "few_keys": "\U000f0766",  # circle-outline
    "chevron_up": "\U000f0143",
    "arrow_up": "\U000f005d",
    "arrow_down": "\U000f0045",
    "grouped": "\U000f0645",  # file-tree
    "note": "\U000f0cb6",  # pencil-outline
    "move": "\U000f01be",  # cursor-move
    "layout": "\U000f0a1d",  # view-dashboard-outline
    "review": "\U000f08a8",  # clipboard-check-outline
    "fix": "\U000f05b7",  # wrench
    "send_back": "\U000f045a",  # reply
    "chart": "\U000f012a",  # chart-line
    "sweeps": "\U000f09fe",  # layers-outline
    "frames": "\U000f148d",  # view-parallel-outline
    "film": "\U000f0230",  # filmstrip
    "new_project": "\U000f1633",  # database-plus-outline
    "merge": "\U000f00f8",  # call-merge
    "proposal": "\U000f0625",  # help-circle-outline
    "filter": "\U000f0236",  # filter-variant
    "pin": "\U000f0403",
    "comment": "\U000f0182",  # comment-outline
    "approve": "\U000f012d",  # check-all
    "repair": "\U000f1323",  # hammer-wrench
    "compare": "\U000f1492",  # compare-horizontal
    "again": "\U000f0450",  # refresh
    "tag": "\U000f04fc",  # tag-outline
}
"""Characters that the pictures of ui/ use for panes, transport and states."""
