"""One source, any number of listeners on the same loop; nothing is kept for those who come later."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

DEPTH = 32


class Listener(Generic[T]):
    """Hears what is sent from its making until it is dropped; keeps the newest 32 unread items."""

    def __init__(self) -> None:
        self._items: deque[T] = deque(maxlen=DEPTH)
        self._news = asyncio.Event()

    def __aiter__(self) -> Listener[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            self._news.clear()
            await self._news.wait()
        return self._items.popleft()

    def put(self, item: T) -> None:
        self._items.append(item)
        self._news.set()


class Broadcast(Generic[T]):
    """Fans items out. Listeners are held weakly: a guest's screen that goes away takes its listener with it."""

    def __init__(self) -> None:
        self._listeners: WeakSet[Listener[T]] = WeakSet()

    def listen(self) -> Listener[T]:
        """Hear everything sent from this call on."""
        listener: Listener[T] = Listener()
        self._listeners.add(listener)
        return listener

    def send(self, item: T) -> None:
        for listener in tuple(self._listeners):
            listener.put(item)
