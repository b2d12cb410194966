"""What makes a module of this package a service of the home screen: an attribute ``SERVICE``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import kiosk.journeys
from kiosk.journeys.welcome import PriceSection, ServiceTile
from kiosk.station import Station
from kiosk.visit import Visit


@dataclass(frozen=True)
class Service:
    """One service: ``rank`` orders the home screen; ``run`` returns True when the guest wants another service.

    ``tile`` says whether the service can be offered now; a service that can't is shown with its reason.
    """

    name: str
    rank: int
    tile: Callable[[Station], ServiceTile]
    prices: Callable[[Station], PriceSection]
    run: Callable[[Visit, Station], Awaitable[bool]]


def discover() -> tuple[Service, ...]:
    """Every service of this package, in the order of the home screen."""
    names = (f"kiosk.journeys.{module.name}" for module in pkgutil.iter_modules(kiosk.journeys.__path__))
    modules = (importlib.import_module(name) for name in names)
    found = (getattr(module, "SERVICE", None) for module in modules)
    return tuple(sorted((s for s in found if isinstance(s, Service)), key=lambda s: s.rank))
