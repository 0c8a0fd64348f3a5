"""Datasets made of functions: :class:`GetterDataset`."""

from __future__ import annotations

from typing import Any, Callable, List, Tuple

from .selection import is_many, key_indices
from .sliceable import SliceableDataset


class GetterDataset(SliceableDataset):
    """Keys that functions give. A subclass has ``__len__`` and calls :meth:`add_getter`.

    Of a row each function is called at most once, and only if one of its keys is asked for; nothing is kept for later.
    """

    def __init__(self) -> None:
        # Name, number of the getter, and place in what it gives (None: all of it).
        self._keys: List[Tuple[Any, int, Any]] = []
        self._getters: List[Callable[[int], Any]] = []
        self._many = True

    @property
    def keys(self) -> Any:
        """The names of the keys. Set, it chooses and orders them, by names, positions or flags; one that is left out does
        not come back."""
        names = tuple(name for name, _, _ in self._keys)
        return names if self._many else names[0]

    @keys.setter
    def keys(self, keys: Any) -> None:
        self._keys = [self._keys[position] for position in key_indices(keys, self.keys)]
        self._many = is_many(keys)

    def add_getter(self, keys: Any, getter: Callable[[int], Any]) -> None:
        """Adds what ``getter(i)`` gives: the value of one key, or for a list of keys a tuple of their values."""
        number = len(self._getters)
        self._getters.append(getter)
        if is_many(keys):
            self._keys.extend((key, number, place) for place, key in enumerate(keys))
        else:
            self._keys.append((keys, number, None))

    def get_example_by_keys(self, index: int, key_indices: Tuple[int, ...]) -> tuple:
        given: dict = {}
        values = []
        for position in key_indices:
            _, number, place = self._keys[position]
            if number not in given:
                given[number] = self._getters[number](index)
            values.append(given[number] if place is None else given[number][place])
        return tuple(values)
