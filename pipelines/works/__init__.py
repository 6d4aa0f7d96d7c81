"""Works: the units of a text, and which units of two texts say the same, across languages."""

from pipelines.works.likeness import Outlined, outlined
from pipelines.works.outline import Unit, outline
from pipelines.works.pairing import Pair, align

__all__ = ["Outlined", "Pair", "Unit", "align", "outline", "outlined"]
