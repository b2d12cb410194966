"""Every icon of the kiosk, by the name screens use; code points of Material Design Icons 7."""

ICONS = {
    "copy": 0xF018F,
    "print": 0xF042A,
    "scan": 0xF06AB,
    "fax": 0xF0212,
    "luggage": 0xF158B,
    "wake": 0xF0020,
    "internet": 0xF05A9,
    "phone": 0xF03F2,
    "courier": 0xF03D6,
    "tickets": 0xF001D,
    "service": 0xF009A,
    "person": 0xF0D70,
    "language": 0xF05CA,
    "large": 0xF027F,
    "contrast": 0xF0197,
    "leave": 0xF0343,
    "touch": 0xF0741,
    "forward": 0xF0142,
    "back": 0xF004D,
    "check": 0xF012C,
    "minus": 0xF0374,
    "plus": 0xF0415,
    "undo": 0xF054C,
    "alert": 0xF0026,
    "info": 0xF02FD,
    "close": 0xF0156,
    "erase": 0xF0B5C,
    "card": 0xF0D6C,
    "keyboard": 0xF097B,
    "refresh": 0xF0450,
    "add-page": 0xF0EED,
    "prices": 0xF04FD,
    "receipt": 0xF0449,
    "home": 0xF02DC,
    "clock": 0xF0150,
    "up": 0xF0143,
    "down": 0xF0140,
    "next": 0xF0054,
}


def icon(name: str) -> str:
    """The character to draw with the "Icons" font; a service nobody has drawn gets the bell."""
    return chr(ICONS.get(name, ICONS["service"]))
