# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the runtime says when a connection fails: the texts of the Java stack, from what OpenSSL really said.

Texts: SAP Note 2354153 and the messages of the JDK (sun.security.ssl, sun.security.provider.certpath, java.net).
"""

from __future__ import annotations

import re
import socket
import ssl
from datetime import datetime, timezone

__all__ = ["PATH_NOT_FOUND", "delivery_error", "expired_text", "not_yet_valid_text"]

_HANDSHAKE = "javax.net.ssl.SSLHandshakeException: "
PATH_NOT_FOUND = (
    f"{_HANDSHAKE}PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: "
    "unable to find valid certification path to requested target"
)
_VALIDATION = f"{_HANDSHAKE}PKIX path validation failed: java.security.cert.CertPathValidatorException: "
_VALIDITY = f"{_VALIDATION}validity check failed, cause: java.security.cert."
_EXPIRED_TEXT = f"{_VALIDITY}CertificateExpiredException"
_NOT_YET_VALID_TEXT = f"{_VALIDITY}CertificateNotYetValidException"

# Codes of X509_verify_cert (openssl/x509_vfy.h).
_HOST_MISMATCH = {62, 64}
_SIGNATURE, _NO_CA, _PURPOSE = 7, {24, 79}, 26

_ALERT = re.compile(r"ALERT_([A-Z0-9_]+)$")


def delivery_error(error: OSError, host: str) -> str:
    """One line for the message processing log."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate_error(error.verify_code, host)
    if isinstance(error, ssl.SSLError):
        return _tls_error(error)
    if isinstance(error, ConnectionRefusedError):
        return "java.net.ConnectException: Connection refused (Connection refused)"
    if isinstance(error, socket.gaierror):
        return f"java.net.UnknownHostException: {host}"
    if isinstance(error, TimeoutError):
        return "java.net.SocketTimeoutException: connect timed out"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "java.net.SocketException: Connection reset"
    return f"java.io.IOException: {error.strerror or type(error).__name__}"


def expired_text(not_after: datetime) -> str:
    return f"{_EXPIRED_TEXT}: NotAfter: {_java_date(not_after)}"


def not_yet_valid_text(not_before: datetime) -> str:
    return f"{_NOT_YET_VALID_TEXT}: NotBefore: {_java_date(not_before)}"


def _certificate_error(code: int, host: str) -> str:
    if code in _HOST_MISMATCH:
        kind = (
            "alternative names matching IP address"
            if re.fullmatch(r"[0-9.]+|.*:.*", host)
            else "alternative DNS name matching"
        )
        return f"{_HANDSHAKE}java.security.cert.CertificateException: No subject {kind} {host} found"
    if code == _SIGNATURE:
        return f"{_VALIDATION}signature check failed"
    if code in _NO_CA:
        return f"{_VALIDATION}basic constraints check failed: this is not a CA certificate"
    if code == _PURPOSE:
        return f"{_HANDSHAKE}Extended key usage does not permit use for TLS server authentication"
    # What is left are other reasons for which no path is found; Java's builder has one sentence for all of them.
    return PATH_NOT_FOUND


def _tls_error(error: ssl.SSLError) -> str:
    alert = _ALERT.search(error.reason or "")
    if alert:
        return f"{_HANDSHAKE}Received fatal alert: {alert.group(1).lower()}"
    if isinstance(error, ssl.SSLEOFError):
        return f"{_HANDSHAKE}Remote host terminated the handshake"
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message"
    return f"{_HANDSHAKE}{(error.reason or 'unknown').replace('_', ' ').lower()}"


def _java_date(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%a %b %d %H:%M:%S UTC %Y")
