"""A loader under PyTorch's ``DataLoader``. PyTorch is imported here, so this is imported when it is asked for."""

from __future__ import annotations

from typing import Any, Iterator

import torch
from torch.utils.data import IterableDataset, get_worker_info

from ._loader import Loader


class Batches(IterableDataset):  # type: ignore[misc, type-arg, unused-ignore]
    """Batches of a :class:`Loader`; workers share those of this rank among them. It is pickled with the loader, so that
    workers may be spawned."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        # Workers have loaders of their own: this number is the one thing that they see change.
        self._epoch = torch.full((1,), -1, dtype=torch.int64)
        self._epoch.share_memory_()  # type: ignore[no-untyped-call, unused-ignore]

    def __len__(self) -> int:
        return len(self.loader)

    def set_epoch(self, epoch: int) -> None:
        """The epoch that iterating begins with next, in workers too. Without it new workers begin with the same one."""
        self.loader.set_epoch(epoch)
        self._epoch[0] = epoch

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        if info is None:
            return iter(self.loader)
        if int(self._epoch) >= 0:
            self.loader.set_epoch(int(self._epoch))
        return self.loader.shared(info.id, info.num_workers)
