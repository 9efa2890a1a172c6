"""Whose request it is, by network address; and who may look at our health and metrics."""

import ipaddress
from typing import Final

from starlette.requests import Request

from dashboard.settings import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

INSIDE: Final = [
    ipaddress.ip_network(each)
    for each in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7")
]
"""This machine, and networks that are nobody's on the internet."""


def client(request: Request) -> str:
    """The address that a customer calls from.

    ``X-Forwarded-For`` is read from its end, and only as far as our own proxies wrote it: what
    stands before is the customer's to make up.
    """
    found = request.client.host if request.client else ""
    # Several lines are one list; the nearest proxy's word comes last.
    said = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    for each in reversed([hop.strip() for hop in said]):
        if not _is_trusted(found) or _parsed(each) is None:
            break
        found = each
    known = _parsed(found)
    # One customer has a whole IPv6 network: its 64 bits are what counts.
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known or found)


def is_internal(request: Request) -> bool:
    """Whether a request comes from this machine or its private network, and through no proxy."""
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "via")):
        return False
    peer = _parsed(request.client.host if request.client else "")
    return peer is not None and any(peer in each for each in INSIDE)


def _is_trusted(address: str) -> bool:
    known = _parsed(address)
    if known is None:
        return False
    for each in settings().trusted_proxies.split(","):
        try:
            if known in ipaddress.ip_network(each.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def _parsed(address: str) -> Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
