"""Where the lab's own proxies and name servers listen."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Places:
    """The lab's network as a client of it sees it, each as host:port; empty where there is none."""

    socks_inside: str = ""
    socks_outside: str = ""
    dns_inside: str = ""
    dns_outside: str = ""
