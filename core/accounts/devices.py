"""What a session's device is called, and how much of its address is kept."""

import ipaddress

BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(user_agent: str) -> str:
    """Return words such as "Chrome · Windows"; empty for a program nobody knows."""
    words = [next((name for mark, name in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS)]
    return " · ".join(filter(None, words))


def masked_address(address: str) -> str:
    """Return the address without its last part: enough to know one's own network, too little to find a person."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 4:
        return ".".join([*address.split(".")[:3], "*"])
    return ":".join([*parsed.exploded.split(":")[:3], "*"])
