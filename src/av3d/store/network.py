"""Whether a folder lies on another machine."""

from __future__ import annotations

import os
from pathlib import Path

_KINDS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "smb2", "9p", "afs", "ceph", "lustre", "gpfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "fuse.davfs"),
    *("davfs", "vboxsf", "prl_fs", "ncpfs", "beegfs", "orangefs", "fuse.cephfs", "fuse.juicefs"),
}


def network_kind(path: Path, table: Path = Path("/proc/self/mountinfo")) -> str:
    """The kind of the network file system that a path is on, such as "nfs4"; "" for a local disk.

    Args:
        path: a file or folder that is there.
        table: the system's list of mounts, proc_pid_mountinfo(5).
    """
    try:
        device = path.stat().st_dev
        lines = table.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in lines:
        mount, _, system = line.partition(" - ")
        fields, kind = mount.split(), system.partition(" ")[0]
        if len(fields) > 2 and fields[2] == number and kind in _KINDS:
            return kind
    return ""
