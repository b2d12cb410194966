"""FidCrypt: how a station proves to the interface that it was given the hotel's key (the field CG of LD).

CG is ``FidCryptAB;``, base64 of the IV, and base64 of AES-128-CBC with PKCS7 padding of the twelve digits DA and TI
of the last LS heard. The key is handed over as ``FidCrypt0S|`` and base64.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.padding import PKCS7

KEY_PREFIX = "FidCrypt0S|"
ANSWER_PREFIX = "FidCryptAB;"
KEY_BYTES = IV_BYTES = 16
IV_LETTERS = 24
"""Of sixteen bytes in base64: where the IV ends and the ciphertext begins."""


@dataclass(frozen=True)
class Key:
    """The hotel's secret. It never shows itself."""

    _secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, line: str) -> Key:
        """The key from its one line. Raises ValueError naming what is wrong with it, never the line."""
        prefix, found, encoded = line.strip().partition("|")
        if not found or prefix + found != KEY_PREFIX:
            raise ValueError(f"the key must begin with {KEY_PREFIX}")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except ValueError:  # binascii.Error, or a letter beyond ASCII; its text may show the letter
            raise ValueError(f"what follows {KEY_PREFIX} is not base64") from None
        if len(secret) != KEY_BYTES:
            raise ValueError(f"the key has {len(secret)} bytes, not {KEY_BYTES}")
        return cls(secret)

    def answer(self, da: str, ti: str, iv: bytes | None = None) -> str:
        """CG for the LS with these ``da`` (YYMMDD) and ``ti`` (HHMMSS). Raises ValueError for anything but digits.

        ``iv`` is random unless it is given.
        """
        if not re.fullmatch(r"[0-9]{12}", da + ti):
            raise ValueError("DA and TI of LS must be six digits each")
        iv = os.urandom(IV_BYTES) if iv is None else iv
        padder = _padding().padder()
        padded = padder.update((da + ti).encode()) + padder.finalize()
        encryptor = _cipher(self._secret, iv).encryptor()
        secret = encryptor.update(padded) + encryptor.finalize()
        return ANSWER_PREFIX + base64.b64encode(iv).decode() + base64.b64encode(secret).decode()

    def check(self, cg: str, da: str, ti: str) -> bool:
        """Whether ``cg`` answers that LS with this key: what the other side does with it."""
        if not cg.startswith(ANSWER_PREFIX):
            return False
        body = cg[len(ANSWER_PREFIX) :]
        try:
            iv = base64.b64decode(body[:IV_LETTERS], validate=True)
            secret = base64.b64decode(body[IV_LETTERS:], validate=True)
            decryptor = _cipher(self._secret, iv).decryptor()
            padded = decryptor.update(secret) + decryptor.finalize()
            unpadder = _padding().unpadder()
            plain = unpadder.update(padded) + unpadder.finalize()
        except (ValueError, binascii.Error):
            return False
        return plain == (da + ti).encode()


# Loaded by whoever proves a key, which is the link alone: it is 8 MB to every process that only knows what a key is.


def _cipher(secret: bytes, iv: bytes) -> Cipher[CBC]:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES(secret), CBC(iv))


def _padding() -> PKCS7:
    from cryptography.hazmat.primitives.padding import PKCS7

    return PKCS7(KEY_BYTES * 8)
