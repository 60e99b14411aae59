"""Addresses without what only their owner should read: user names, passwords and access keys."""

import re

MASK = "***"

_LOGIN = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s?#\"'<>]*@")
_SECRET = re.compile(
    r"([?&;][\w.\-%]*(?:token|key|secret|sig|signature|passw|pwd|auth|user|credential|login)[\w.\-%]*=)[^&;#\s\"'<>]+",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text in which logins and keys of addresses are three stars."""
    return _SECRET.sub(rf"\1{MASK}", _LOGIN.sub(rf"\1{MASK}@", text))
