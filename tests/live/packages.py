"""Debian packages that tests need and install themselves."""

import os
import shutil
import subprocess
from typing import NoReturn

import pytest

INSTALL_SECONDS = 300


def install(package: str) -> None:
    """Installs a package where that can be done; whether it then is here is for the caller to see."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, timeout=INSTALL_SECONDS)
        subprocess.run(command, check=False, timeout=INSTALL_SECONDS, env=environ)


def give_up(missing: str) -> NoReturn:
    """Skips the test; where everything is to be tested, a test that is not run is a failure."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
