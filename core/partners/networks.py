"""From which addresses a key may be used, and which address a request came from."""

import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.tenancy.errors import DomainError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_NETWORKS = 50
# What stands for a proxy that connects over a Unix socket, and so has no address.
UNIX_SOCKET = "unix"
IPV6_NETWORK = 64


class BadNetwork(DomainError):
    code = "bad_network"


def clean_networks(texts: Iterable[str]) -> list[str]:
    """Return addresses and networks as they are written in full, each once. Raises BadNetwork, naming the bad one."""
    networks: dict[str, None] = {}
    for text in texts:
        try:
            networks[str(ipaddress.ip_network(text.strip()))] = None
        except ValueError:
            raise BadNetwork(
                _("“%(text)s” is no network, such as 203.0.113.0/24 or 2001:db8::/32.") % {"text": text[:60]}
            ) from None
    if len(networks) > MOST_NETWORKS:
        raise BadNetwork(_("A key takes at most %(most)s networks.") % {"most": MOST_NETWORKS})
    return list(networks)


def is_within(address: Address | None, networks: Iterable[str]) -> bool:
    """Tell whether the address is in one of the networks; none is in none."""
    return address is not None and any(address in ipaddress.ip_network(network) for network in networks)


def client_address(request: HttpRequest) -> Address | None:
    """Return the address that a request came from; None when nobody trusted says it.

    What X-Forwarded-For says counts only where a proxy of settings.TRUSTED_PROXIES wrote it: it is read from its end,
    each proxy vouching for the address before it. Anybody can send that header.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    if not _is_trusted(peer):
        return _address(peer)
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    for hop in reversed(hops):
        if not _is_trusted(hop):
            return _address(hop)
    return _address(hops[0] if hops else peer)


def network_of(request: HttpRequest) -> str:
    """Return the address that asks; of IPv6 the network, of which one household has all addresses."""
    address = client_address(request)
    if address is not None and address.version == 6:
        return str(int(address) >> (128 - IPV6_NETWORK))
    return str(address)


def _is_trusted(text: str) -> bool:
    if not text:
        return UNIX_SOCKET in settings.TRUSTED_PROXIES
    return is_within(_address(text), (each for each in settings.TRUSTED_PROXIES if each != UNIX_SOCKET))


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
