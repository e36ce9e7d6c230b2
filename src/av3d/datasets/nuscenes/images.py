"""Images as nuScenes stores them: JPEG files of ideal pinhole cameras."""

from av3d.datasets.pinhole_images import JPEG_QUALITY, ImageCounts, ImageWriter, jpeg_size

__all__ = ["JPEG_QUALITY", "ImageCounts", "ImageWriter", "jpeg_size"]
