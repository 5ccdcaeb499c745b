# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a receiver serves now, read over TLS at every address without trusting it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..certificates.certificate import Certificate, parse_certificate
from ..clock import Clock
from ..problem import Problem
from .endpoint import Endpoint

__all__ = ["ServedChain", "probe", "probe_again", "resolve", "stable_probes"]

# Enough to see every node behind a name at once, few enough to be no burden on it.
_PARALLEL_PROBES = 8


@dataclass(frozen=True)
class ServedChain:
    """One answer of one address.

    :param chain: as served, the server's own certificate first (RFC 8446 section 4.4.2); empty when there is an error.
    :param error: why no chain was seen.
    """

    address: str
    chain: tuple[Certificate, ...] = ()
    tls_version: str | None = None
    error: str | None = None

    @property
    def leaf(self) -> Certificate | None:
        return self.chain[0] if self.chain else None


def resolve(endpoint: Endpoint) -> tuple[str, ...]:
    """Every address behind the name, IPv4 and IPv6, in a stable order; raises ``Problem`` when there is none."""
    if endpoint.addresses:
        return endpoint.addresses
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Problem(
            "the name does not resolve",
            where=str(endpoint),
            said=error.strerror,
            remedy="Check the host name, or give its addresses",
        ) from None
    return tuple(sorted({str(item[4][0]) for item in found}))


def probe(
    endpoint: Endpoint, *, timeout: float, connect: Callable[[str, int, float], socket.socket] | None = None
) -> tuple[ServedChain, ...]:
    """Ask every address once, side by side; an address that cannot be reached is an answer too."""
    addresses: Iterable[str]
    try:
        addresses = resolve(endpoint)
    except Problem as problem:
        return (ServedChain(endpoint.host, error=str(problem)),)
    dial = connect or _connect
    with ThreadPoolExecutor(max_workers=_PARALLEL_PROBES) as pool:
        return tuple(pool.map(lambda address: _probe_address(endpoint, address, timeout, dial), addresses))


def probe_again(
    endpoint: Endpoint, *, probes: int, pause: float, timeout: float, clock: Clock
) -> tuple[tuple[ServedChain, ...], ...]:
    """Several rounds of :func:`probe`, so many seconds apart: nodes behind one address may answer in turn."""
    rounds = [probe(endpoint, timeout=timeout)]
    while len(rounds) < probes:
        clock.pause(pause)
        rounds.append(probe(endpoint, timeout=timeout))
    return tuple(rounds)


def stable_probes(last: ServedChain, rounds: Sequence[Sequence[ServedChain]]) -> int:
    """In how many of the rounds, counted back from the end, this address served this chain."""
    if not last.chain:
        return 0
    stable = 0
    for answers in reversed(rounds):
        if not any(one.address == last.address and one.chain == last.chain for one in answers):
            break
        stable += 1
    return stable


def _connect(address: str, port: int, timeout: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=timeout)


def _probe_address(
    endpoint: Endpoint, address: str, timeout: float, dial: Callable[[str, int, float], socket.socket]
) -> ServedChain:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is trusted here and nothing is sent: the answer is evidence, judged afterwards by certificates.trust.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    tls: ssl.SSLSocket | None = None
    try:
        with dial(address, endpoint.port, timeout) as connection:
            connection.settimeout(timeout)
            tls = context.wrap_socket(connection, server_hostname=endpoint.server_name, do_handshake_on_connect=False)
            try:
                tls.do_handshake()
            except ssl.SSLError as error:
                # A receiver that demands a client certificate ends the handshake only after it has shown its own.
                served = _served(tls)
                if not served:
                    return ServedChain(address, error=f"the TLS handshake failed: {error.reason or error}")
                return ServedChain(address, chain=_parsed(served), tls_version=tls.version())
            return ServedChain(address, chain=_parsed(_served(tls)), tls_version=tls.version())
    except Problem as problem:
        return ServedChain(address, error=f"it serves a certificate that cannot be read: {problem.what}")
    except TimeoutError:
        return ServedChain(address, error=f"no answer within {timeout:g} seconds")
    except OSError as error:
        return ServedChain(address, error=error.strerror or str(error))
    finally:
        if tls is not None:
            tls.close()


def _parsed(served: list[bytes]) -> tuple[Certificate, ...]:
    return tuple(parse_certificate(der) for der in served)


def _served(tls: ssl.SSLSocket) -> list[bytes]:
    """The certificates as sent. ``SSLSocket`` offers them since Python 3.13; its inner object does since 3.10."""
    if hasattr(tls, "get_unverified_chain"):
        return list(tls.get_unverified_chain())
    inner = getattr(tls, "_sslobj", None)
    if inner is None:
        return []
    chain = inner.get_unverified_chain() or []
    return [certificate.public_bytes(_DER) for certificate in chain]


# ``_ssl.ENCODING_DER``: the constant is not re-exported by ``ssl``.
_DER = 2
