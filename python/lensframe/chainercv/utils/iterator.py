"""Functions over batches, a sample at a time: :func:`apply_to_iterator`, :func:`unzip`, :class:`ProgressHook`."""

from __future__ import annotations

import sys
import time
from collections import deque
from itertools import chain
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

_NONE = object()


class _Column:
    """One member of tuples, each kept until it is read. What nobody holds any more is not kept."""

    def __init__(self, tuples: "_Tuples", place: int) -> None:
        self._tuples, self._place = tuples, place

    def __iter__(self) -> "_Column":
        return self

    def __next__(self) -> Any:
        waiting = self._tuples.waiting[self._place]
        while not waiting:
            self._tuples.read()
        return waiting.popleft()

    def __del__(self) -> None:
        self._tuples.waiting[self._place] = None


class _Tuples:
    """Tuples as they come, taken apart."""

    def __init__(self, tuples: Iterator[tuple], first: tuple) -> None:
        self._rest = tuples
        self.waiting: List[Any] = [deque((value,)) for value in first]

    def read(self) -> None:
        values = next(self._rest)
        if len(values) != len(self.waiting):
            raise ValueError(f"a tuple of {len(values)} values where the first has {len(self.waiting)}")
        for waiting, value in zip(self.waiting, values):
            if waiting is not None:
                waiting.append(value)


def unzip(iterable: Iterable[tuple]) -> Tuple[Iterator[Any], ...]:
    """Tuples of one length as an iterator a member: the inverse of ``zip``.

    The first tuple is read at once, to know how many there are; without one the result is empty. What one iterator has given
    waits for the others; an iterator that is let go of (``del``) keeps nothing.
    """
    tuples = iter(iterable)
    first: Any = next(tuples, _NONE)
    if first is _NONE:
        return ()
    apart = _Tuples(tuples, first)
    return tuple(_Column(apart, place) for place in range(len(first)))


def apply_to_iterator(
    func: Callable[..., Any], iterator: Iterable[list], n_input: int = 1,
    hook: Optional[Callable[[tuple, tuple, tuple], None]] = None, comm: Any = None,
) -> Tuple[tuple, tuple, tuple]:
    """Calls a function with batches, and gives what went in, what came out, and what was beside it, sample after sample.

    Args:
        func: takes ``n_input`` lists, and returns a list, or a tuple of lists, with a value a sample.
        iterator: gives batches: lists of samples, each a tuple, or a bare value that is the one input.
        n_input: how many of the first values of a sample are inputs.
        hook: called after each batch with the inputs, outputs and other values of that batch, tuples of lists.
        comm: not supported; the result would be the same.

    Returns:
        Three tuples of iterators: inputs, outputs, the rest. A batch is read when one of them needs it, the first one at once.
        Without a batch all three are empty (ChainerCV raises).
    """
    if comm is not None:
        raise NotImplementedError("comm: batches are not handed to other processes")
    columns = unzip(_applied(func, iter(iterator), n_input, hook))
    if not columns:
        return (), (), ()
    inputs, outputs, rest = (tuple(chain.from_iterable(column) for column in unzip(part)) for part in columns)
    return inputs, outputs, rest


def _applied(func: Any, iterator: Iterator[list], n_input: int, hook: Any) -> Iterator[Tuple[tuple, tuple, tuple]]:
    for batch in iterator:
        samples = [sample if isinstance(sample, tuple) else (sample,) for sample in batch]
        if not samples:
            continue
        short = [len(sample) for sample in samples if len(sample) < n_input]
        if short:
            raise ValueError(f"a sample of {short[0]} values where {n_input} are inputs")
        columns = tuple(list(column) for column in zip(*samples))
        inputs, rest = columns[:n_input], columns[n_input:]
        outputs = func(*inputs)
        if not isinstance(outputs, tuple):
            outputs = (outputs,)
        if hook:
            hook(inputs, outputs, rest)
        yield inputs, outputs, rest


class ProgressHook:
    """A hook for :func:`apply_to_iterator` that writes how many samples were done, how fast, and with ``n_total`` how long
    the others take."""

    def __init__(self, n_total: Optional[int] = None) -> None:
        self.n_total = n_total
        self.start = time.time()
        self.n_processed = 0

    def __call__(self, in_values: tuple, out_values: tuple, rest_values: tuple) -> None:
        self.n_processed += len(in_values[0])
        speed = self.n_processed / max(time.time() - self.start, 1e-9)
        line = f"\r{self.n_processed} samples, {speed:.2f} samples/sec"
        if self.n_total is not None:
            left = int((self.n_total - self.n_processed) / speed)
            clock = f"{left // 3600:4d}:{left // 60 % 60:02d}:{left % 60:02d}"
            line = f"\r{self.n_processed} of {self.n_total} samples, {speed:.2f} samples/sec, ETA {clock}"
        sys.stdout.write(line)
        sys.stdout.flush()
