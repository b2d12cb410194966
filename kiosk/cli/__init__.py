"""The commands, one module each: ``arguments(parser)`` and ``run(options) -> exit code``."""

COMMANDS = {
    "run": "serve guests at this station: the kiosk service",
    "link": "serve the hotel link: the kiosk-link service",
    "rig": "start a virtual hotel with all its devices, and a page to break them",
    "demo": "start the virtual hotel and the kiosk on it; without a display, play guests through it",
    "status": "print what the station's processes say of themselves",
    "doctor": "check configuration, devices, books and link, and say what to do",
    "books": "check the books, list what is open, reconcile with the hotel, resolve by hand",
    "requests": "list what waits for a person, close what has been done",
    "wake-ups": "list the wake-up calls in time order, tell how one ended",
    "bench": "measure the station on virtual devices",
}


class Failed(Exception):
    """A command could not do its work; the text says why and what to do."""
