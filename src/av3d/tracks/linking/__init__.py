"""Linking: detections without identity become tracks, see docs/linking.md."""
