"""Certificates made at run time by OpenSSL: an authority, a server's and a caller's."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAME = "enrichment.example"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, in PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates; `folder` holds them all."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def signed(self, name: str) -> Pair:
        """A pair of this name."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{name}")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", str(pair.key), "-out", str(request))
        _openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self.folder / "ca.key")),
            *("-CAcreateserial", "-days", "2", "-extfile", str(extensions), "-out", str(pair.certificate)),
        )
        return pair


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder: Path) -> Authority:
    """A new authority that keeps its files in the folder; skips the test where there is no OpenSSL."""
    if not shutil.which("openssl"):
        pytest.skip("the openssl command is not here: it makes the certificates of this test")
    made = Authority(folder)
    key, certificate = str(folder / "ca.key"), str(made.certificate)
    _openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=authority", "-keyout", key, "-out", certificate)
    return made


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)
