"""Mixtures of two images: :class:`MixUpSoftLabelDataset`."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from ..sliceable import GetterDataset


class MixUpSoftLabelDataset(GetterDataset):
    """Two images mixed by chance: rows of ``img``, r · img_0 + (1 - r) · img_1, and ``label`` (n_class,) float32, r at the label of
    the one and 1 - r at that of the other (1 where they are the same). r is drawn anew at each access, from
    Beta(alpha, alpha) of ``numpy.random``.

    Sliceable, which ChainerCV's is not; one draw serves both keys.

    Args:
        dataset: rows of (img_0, label_0, img_1, label_1), images of one shape: a :class:`SiameseDataset`, say.
        n_class: how many classes there are.
        alpha: above 0; 1 is uniform.
    """

    def __init__(self, dataset: Any, n_class: int, alpha: float = 1.0) -> None:
        super().__init__()
        if not alpha > 0:
            raise ValueError(f"alpha is above 0, not {alpha}")
        self._dataset, self._n_class, self._alpha = dataset, n_class, alpha
        self.add_getter(("img", "label"), self._mixed)

    def __len__(self) -> int:
        return len(self._dataset)

    def _mixed(self, row: int) -> Tuple[Any, Any]:
        img_0, label_0, img_1, label_1 = self._dataset[row]
        for label in (label_0, label_1):
            if not 0 <= label < self._n_class:
                raise ValueError(f"row {row}: label {label} of {self._n_class} classes")
        ratio = np.random.beta(self._alpha, self._alpha)
        soft = np.zeros(self._n_class, dtype=np.float32)
        soft[label_0] += ratio
        soft[label_1] += 1 - ratio
        return ratio * img_0 + (1 - ratio) * img_1, soft
