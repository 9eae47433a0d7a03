"""A throw-away Dovecot 2.3 (Debian: `dovecot-imapd`): temporary folder, high ports, nothing in /etc, no service.

As root its workers run as an unprivileged user (Dovecot refuses uid 0 for mail); otherwise everything runs as us.
It lets a client with the server's own address log in without TLS: so it listens on 127.0.0.2.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from rigs.certs import Certs
from rigs.imap_server import ImapServer, free_port, wait_for_greeting

PROGRAM = Path("/usr/sbin/dovecot")
LIBRARIES = Path("/usr/lib/dovecot")

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
libexec_dir = {libraries}
mail_plugin_dir = {libraries}/modules
log_path = {folder}/dovecot.log
protocols = imap
listen = {host}
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_dh =
disable_plaintext_auth = yes
auth_failure_delay = 0
auth_mechanisms = plain login xoauth2
auth_username_format = %Lu
default_login_user = {login}
default_internal_user = {user}
default_internal_group = {group}
default_vsz_limit = 512M
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 100
imap_capability = {capability}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf.ext
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""

OAUTH_CONFIG = """
introspection_mode = auth
introspection_url = http://127.0.0.1:{port}/introspect
username_attribute = username
active_attribute = active
active_value = true
"""


def dovecot_is_here() -> bool:
    """Whether Dovecot is installed; with MAILCASE_REQUIRE_DOVECOT=1 it has to be."""
    if os.environ.get("MAILCASE_REQUIRE_DOVECOT") == "1" and not PROGRAM.exists():
        raise FileNotFoundError(f"MAILCASE_REQUIRE_DOVECOT=1, but there is no {PROGRAM}")
    return PROGRAM.exists()


class Tokens:
    """A stand-in for the token server that Dovecot asks (RFC 7662): `valid` maps access tokens to users."""

    def __init__(self) -> None:
        self.valid: dict[str, str] = {}
        valid = self.valid

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
                user = valid.get(token)
                body = json.dumps({"active": user is not None, "username": user}).encode()
                self.send_response(200 if user else 401)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Who(NamedTuple):
    uid: int
    gid: int
    user: str
    group: str
    login: str


def _who_runs_it() -> _Who:
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return _Who(me.pw_uid, me.pw_gid, me.pw_name, grp.getgrgid(me.pw_gid).gr_name, me.pw_name)
    names = {entry.pw_name for entry in pwd.getpwall()}
    worker = pwd.getpwnam("dovecot" if "dovecot" in names else "nobody")
    login = "dovenull" if "dovenull" in names else "daemon"
    return _Who(worker.pw_uid, worker.pw_gid, worker.pw_name, grp.getgrgid(worker.pw_gid).gr_name, login)


class Dovecot(ImapServer):
    """A running Dovecot with one user; `capability` replaces what it says it can do after login ('' leaves it)."""

    def __init__(self, certs: Certs, *, capability: str = "", prefix: str = "", separator: str = "/") -> None:
        self.name = "dovecot"
        self.host = "127.0.0.2"
        self.port, self.tls_port = free_port(self.host), free_port(self.host)
        self.user, self.password = "intake@example.test", "pass-for-dovecot"
        self.ca_file = certs.ca
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.tokens = Tokens()
        self._write_files(certs, capability=capability, prefix=prefix, separator=separator)
        self._errors = (self.folder / "stderr").open("wb")
        self.process = subprocess.Popen(
            [str(PROGRAM), "-F", "-c", str(self.folder / "dovecot.conf")],
            env={"PATH": os.environ["PATH"], "TZ": "UTC"},
            stdout=self._errors,
            stderr=self._errors,
        )
        try:
            wait_for_greeting(self.host, self.port, self.process)
        except RuntimeError as problem:
            said = self.log()
            self.close()
            raise RuntimeError(f"{problem}: {said}") from None

    def _write_files(self, certs: Certs, **settings: str) -> None:
        who = _who_runs_it()
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir()
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
            os.chown(self.folder / "mail", who.uid, who.gid)
        shutil.copy(certs.cert, self.folder / "cert.pem")
        shutil.copy(certs.key, self.folder / "key.pem")
        (self.folder / "users").write_text(f"{self.user}:{{PLAIN}}{self.password}::::::\n")
        (self.folder / "oauth2.conf.ext").write_text(OAUTH_CONFIG.format(port=self.tokens.port))
        config = CONFIG.format(
            folder=self.folder,
            libraries=LIBRARIES,
            host=self.host,
            port=self.port,
            tls_port=self.tls_port,
            **who._asdict(),
            **settings,
        )
        (self.folder / "dovecot.conf").write_text(config)

    def log(self) -> str:
        """Everything that Dovecot said."""
        files = (self.folder / "stderr", self.folder / "dovecot.log")
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def close(self) -> None:
        """Stop Dovecot and remove its folder."""
        super().close()
        self._errors.close()
        self.tokens.close()
        shutil.rmtree(self.folder, ignore_errors=True)
