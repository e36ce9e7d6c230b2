"""Logs that lie elsewhere: s3://, gs://, https:// and whatever else fsspec knows, by a local mirror.

`local_path` gives a folder on this machine that stands for a remote one: every file is there with its
name and size, and its content comes when it is read through `av3d.reading`. docs/remote.md describes it
for users.
"""

from av3d.remote.address import is_remote, remote_address, source_text
from av3d.remote.mirrors import fetch_all, local_path

__all__ = ["fetch_all", "is_remote", "local_path", "remote_address", "source_text"]
