"""Which part of an image a pane shows, and how wheel and drag change it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from av3d.present.pictures import PictureSpec

LARGEST_SCALE = 16.0


@dataclass(frozen=True)
class ImageView:
    """An image in a pane: pane pixel = scale · image pixel + offset, centres of pixels.

    Attributes:
        pane_px, image_px: width and height of both.
        scale: pane pixels per image pixel.
        offset_px: where the image's pixel (0, 0) is.
    """

    pane_px: tuple[int, int]
    image_px: tuple[int, int]
    scale: float
    offset_px: tuple[float, float]

    @staticmethod
    def fit(pane_px: tuple[int, int], image_px: tuple[int, int]) -> ImageView:
        """The whole image, in the middle."""
        return _centred(pane_px, image_px, min(_ratios(pane_px, image_px)))

    @staticmethod
    def fill(pane_px: tuple[int, int], image_px: tuple[int, int]) -> ImageView:
        """No border: the image covers the pane, its middle in the middle."""
        return _centred(pane_px, image_px, max(_ratios(pane_px, image_px)))

    @property
    def spec(self) -> PictureSpec:
        """What has to be made for this view."""
        return PictureSpec(*self.pane_px, round(self.scale, 6), self.offset_px)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The image pixel under a place of the pane (edges count, so the pane starts at 0)."""
        return (
            (x - 0.5 - self.offset_px[0]) / self.scale,
            (y - 0.5 - self.offset_px[1]) / self.scale,
        )

    def zoomed(self, factor: float, at_px: tuple[float, float]) -> ImageView:
        """Enlarged about a place of the pane; never smaller than the whole image."""
        smallest = min(_ratios(self.pane_px, self.image_px))
        scale = min(max(self.scale * factor, smallest), LARGEST_SCALE)
        u, v = self.to_image(*at_px)
        moved = replace(
            self,
            scale=scale,
            offset_px=(at_px[0] - 0.5 - u * scale, at_px[1] - 0.5 - v * scale),
        )
        return moved.kept_inside()

    def panned(self, dx: float, dy: float) -> ImageView:
        """Moved by pane pixels."""
        x, y = self.offset_px
        return replace(self, offset_px=(x + dx, y + dy)).kept_inside()

    def centred_on(self, u: float, v: float) -> ImageView:
        """Moved so that an image pixel is in the middle, as far as the image reaches."""
        return replace(
            self,
            offset_px=(
                (self.pane_px[0] - 1) / 2 - u * self.scale,
                (self.pane_px[1] - 1) / 2 - v * self.scale,
            ),
        ).kept_inside()

    def kept_inside(self) -> ImageView:
        """Without a border where the image is larger than the pane, in the middle where smaller."""
        offset = []
        for pane, image, value in zip(self.pane_px, self.image_px, self.offset_px, strict=True):
            # The image covers pixels -.5 to size - .5, the pane -.5 to pane - .5.
            low = pane - 0.5 - (image - 0.5) * self.scale
            high = -0.5 + 0.5 * self.scale
            offset.append((low + high) / 2 if low > high else min(max(value, low), high))
        return replace(self, offset_px=(offset[0], offset[1]))


def _ratios(pane_px: tuple[int, int], image_px: tuple[int, int]) -> tuple[float, float]:
    return pane_px[0] / image_px[0], pane_px[1] / image_px[1]


def _centred(pane_px: tuple[int, int], image_px: tuple[int, int], scale: float) -> ImageView:
    view = ImageView(pane_px, image_px, scale, (0.0, 0.0))
    return view.centred_on((image_px[0] - 1) / 2, (image_px[1] - 1) / 2)
