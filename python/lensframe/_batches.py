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
        # An epoch, and how often one was set. Workers have loaders of their own: this is the one thing that they see change.
        self._told = torch.zeros(2, dtype=torch.int64)
        self._told.share_memory_()  # type: ignore[no-untyped-call, unused-ignore]
        self._heard = 0
        self._begun = False

    def __len__(self) -> int:
        return len(self.loader)

    def set_epoch(self, epoch: int) -> None:
        """The epoch that iterating begins with next, in workers too. Without it new workers begin with the same one."""
        self.loader.set_epoch(epoch)
        self._told[0] = epoch
        self._told[1] += 1

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        if info is None:
            return iter(self.loader)
        epoch, times = self._told.tolist()
        if times != self._heard:
            self.loader.set_epoch(epoch)
            self._number, self._heard = epoch, times
        elif self._begun:
            # Counted here and not where an epoch ends: workers that stay do not all get to the end of one that is left.
            self._number += 1
            self.loader.set_epoch(self._number)
        else:
            self._number = self.loader.epoch
        self._begun = True
        return self.loader.shared(info.id, info.num_workers)
