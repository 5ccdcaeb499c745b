# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers as receivers, each with the files, the check and the reload that its administrator has."""

from __future__ import annotations

import shlex
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential

__all__ = ["SERVERS", "HaProxy", "JavaServer", "Nginx", "RealServer"]

_PATIENCE = 60.0  # seconds until a server listens


class RealServer:
    """A context manager. A subclass names its files and commands.

    :param directory: of its own; ``tls`` below it holds what is exchanged.
    """

    needs: tuple[str, ...] = ()  # commands, and how to get them
    package = ""

    def __init__(self, directory: Path, address: str, credential: Credential) -> None:
        self.directory, self.address = directory, address
        self.tls = directory / "tls"
        self.tls.mkdir(parents=True)
        self.port = _free_port(address)
        self._log = directory / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        for name, content in self.contents(credential).items():
            (self.tls / name).write_bytes(content)
        self.configure()

    @classmethod
    def missing(cls) -> list[str]:
        return [command for command in cls.needs if _found(command) is None]

    # What a subclass says.

    def contents(self, credential: Credential) -> Mapping[str, bytes]:
        """The files of a certificate, in the form that this server wants."""
        raise NotImplementedError

    def configure(self) -> None:
        """Write the server's settings, if it has any."""

    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def check_command(self) -> str:
        raise NotImplementedError

    @property
    def reload_command(self) -> str:
        raise NotImplementedError

    # What they share.

    def exchange_files(self, source: Path, contents: Mapping[str, bytes]) -> dict[str, Any]:
        """``receiver_certificate_renewal_exchange_files`` for new contents, which are written below ``source``."""
        source.mkdir()
        for name, content in contents.items():
            (source / name).write_bytes(content)
        return {
            "files": [{"src": str(source / name), "dest": str(self.tls / name)} for name in contents],
            "check_command": self.check_command,
            "reload_command": self.reload_command,
        }

    def served(self) -> bytes:
        """The DER of the certificate that a new connection gets."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection((self.address, self.port), timeout=10) as connection,
            context.wrap_socket(connection, server_hostname="erp.example") as tls,
        ):
            return tls.getpeercert(binary_form=True) or b""

    def __enter__(self) -> RealServer:  # noqa: PYI034 - Python 3.10 has no Self
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.served()
                return self
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.__exit__(None, None, None)
                    raise RuntimeError(f"It does not start: {self._log.read_text()}") from None
                time.sleep(0.05)  # no server here says when it listens

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _script(self, name: str, line: str) -> str:
        path = self.directory / name
        path.write_text(f"#!/bin/sh\nexec {line}\n")
        path.chmod(0o700)
        return str(path)


class Nginx(RealServer):
    needs, package = ("nginx",), "nginx-light"

    def contents(self, credential: Credential) -> Mapping[str, bytes]:
        return {"chain.pem": credential.chain_pem.encode(), "key.pem": credential.key_pem.encode()}

    def configure(self) -> None:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        for kind in kinds:
            (self.directory / kind).mkdir()
        paths = "".join(f"  {kind}_temp_path {kind};\n" for kind in kinds)
        (self.directory / "nginx.conf").write_text(
            "daemon off;\npid nginx.pid;\nerror_log error.log;\nworker_processes 2;\nevents {}\n"
            f"http {{\n{paths}  access_log off;\n"
            f"  server {{\n    listen {self.address}:{self.port} ssl;\n"
            f"    ssl_certificate {self.tls}/chain.pem;\n    ssl_certificate_key {self.tls}/key.pem;\n"
            "    ssl_session_tickets off;\n    location / { return 200; }\n  }\n}\n"
        )

    def command(self) -> list[str]:
        return [str(_found("nginx")), "-p", str(self.directory), "-e", "error.log", "-c", "nginx.conf"]

    @property
    def check_command(self) -> str:
        return shlex.join([*self.command(), "-t"])

    @property
    def reload_command(self) -> str:
        return shlex.join([*self.command(), "-s", "reload"])


class HaProxy(RealServer):
    needs, package = ("haproxy",), "haproxy"

    def contents(self, credential: Credential) -> Mapping[str, bytes]:
        """Chain and key in one file."""
        return {"erp.pem": (credential.chain_pem + credential.key_pem).encode()}

    def configure(self) -> None:
        (self.directory / "haproxy.cfg").write_text(
            "global\n  no log\n"
            "defaults\n  mode http\n  timeout client 30s\n  timeout connect 5s\n  timeout server 30s\n"
            f"frontend erp\n  bind {self.address}:{self.port} ssl crt {self.tls}/erp.pem\n"
            "  http-request return status 200\n"
        )

    def command(self) -> list[str]:
        pid = str(self.directory / "haproxy.pid")
        return [str(_found("haproxy")), "-W", "-f", str(self.directory / "haproxy.cfg"), "-p", pid]

    @property
    def check_command(self) -> str:
        return shlex.join([str(_found("haproxy")), "-c", "-f", str(self.directory / "haproxy.cfg")])

    @property
    def reload_command(self) -> str:
        """What "systemctl reload haproxy" does: the master starts new workers, the old ones finish their work."""
        master = f"{shlex.quote(str(self.directory))}/haproxy.pid"
        return self._script("reload", f'kill -USR2 "$(head -n 1 {master})"')


class JavaServer(RealServer):
    needs, package = ("java", "keytool", "openssl"), "openjdk-17-jdk-headless openssl"
    PASSWORD = "a password of this test alone"

    def contents(self, credential: Credential) -> Mapping[str, bytes]:
        """A PKCS#12 keystore, made by its administrator with openssl."""
        key, chain = (self.directory / name for name in ("key.tmp", "chain.tmp"))
        key.write_text(credential.key_pem)
        chain.write_text(credential.chain_pem)
        made = subprocess.run(
            ["openssl", "pkcs12", "-export", "-name", "erp", "-inkey", key, "-in", chain, "-passout", "stdin"],
            input=self.PASSWORD.encode(), check=True, capture_output=True,
        )  # fmt: skip
        key.unlink()
        chain.unlink()
        return {"erp.p12": made.stdout}

    def configure(self) -> None:
        (self.directory / "password").write_text(self.PASSWORD)

    def command(self) -> list[str]:
        source = Path(__file__).with_name("KeystoreServer.java")
        where = [self.address, str(self.port), str(self.tls / "erp.p12"), str(self.directory / "password")]
        return ["java", "-Xmx64m", "-XX:TieredStopAtLevel=1", str(source), *where, str(self.directory / "server.pid")]

    @property
    def check_command(self) -> str:
        return shlex.join(self.keytool("-list"))

    @property
    def reload_command(self) -> str:
        return self._script("reload", f'kill -HUP "$(cat {shlex.quote(str(self.directory))}/server.pid)"')

    def keytool(self, *command: str) -> list[str]:
        password = str(self.directory / "password")
        return ["keytool", *command, "-keystore", str(self.tls / "erp.p12"), "-storepass:file", password]


SERVERS = {"nginx": Nginx, "haproxy": HaProxy, "java": JavaServer}


def _found(command: str) -> str | None:
    return shutil.which(command) or shutil.which(command, path="/usr/sbin:/sbin")


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])
