#!/usr/bin/env python3
"""Compares the program with other tools: runs every check_*.py beside this file.

use: run.py PROGRAM [NAME...]        NAME: run only check_NAME.py

The tools ("peers") are those of requirements.txt, installed into .venv at the root of the project; one that
cannot be installed is named and left out. A line of it may end with `# alone` (installed without what it depends on)
or `# source` (its source is unpacked into .venv/source, LENSFRAME_SOURCES, and not built). A check begins with a
line `needs: peer, peer` in its docstring or in
a comment; it is skipped, by name, when a peer it needs is absent, and is called with the program's path as its
only argument and the installed peers in LENSFRAME_PEERS. A check fails by exiting with anything but 0.

Exit code: 0 if no check failed, 1 if one did, 2 if nothing could be tried.
"""
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE.parent.parent / ".venv"
PYTHON = VENV / "bin" / "python"
SOURCES = VENV / "source"
NEEDS = re.compile(r"^\s*#?\s*needs:\s*(.*)$", re.MULTILINE)
# What the venv's own interpreter says is installed, as name==version lines.
LIST = "import importlib.metadata as m\nfor d in m.distributions(): print(d.metadata['Name'] + '==' + d.version)"


class Impossible(Exception):
    """Nothing can be tried; the message says what to do."""


def main(program, names):
    program = Path(program).resolve()
    if not os.access(program, os.X_OK):
        raise Impossible(f"{program} is not a program: run `cargo build` first")
    checks = find_checks(names)
    make_venv()
    peers = install(pins(HERE / "requirements.txt"))
    print("peers:", ", ".join(f"{name} {version}" for name, version in peers.items()) or "none", flush=True)
    results = [run(check, program, peers) for check in checks]
    passed, failed, skipped = (results.count(what) for what in ("passed", "failed", "skipped"))
    print(f"parity: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def find_checks(names):
    checks = sorted(HERE.glob("check_*.py"))
    if names:
        known = {check.stem[len("check_"):]: check for check in checks}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise Impossible(f"no check is called {', '.join(unknown)}; there are: {', '.join(known)}")
        checks = [known[name] for name in names]
    if not checks:
        raise Impossible(f"there is no check_*.py in {HERE.name}/")
    return checks


def make_venv():
    if PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    if create_venv():
        return
    # Debian's and Ubuntu's python3 comes without ensurepip.
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if shutil.which("apt-get") and os.geteuid() == 0:
        for name in (package, "python3-venv"):
            print(f"installing {name}", flush=True)
            subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL)
            apt = ["apt-get", "install", "-y", "-qq", name]
            if subprocess.run(apt, stdout=subprocess.DEVNULL).returncode == 0 and create_venv():
                return
    raise Impossible(f"Python cannot make a venv: sudo apt-get install {package} (or python3-venv), then run again")


def create_venv():
    return subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdout=subprocess.DEVNULL).returncode == 0


def pins(path):
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return dict(line.split("==") for line in lines if line)


def marked(path, mark):
    """The names on lines that end with this mark."""
    return {line.split("==")[0] for line in path.read_text().splitlines() if f"# {mark}" in line}


def install(wanted):
    """Installs what is missing and returns the peers that are there, by name, with their versions."""
    alone, sources = (marked(HERE / "requirements.txt", mark) for mark in ("alone", "source"))
    missing = [f"{name}=={version}" for name, version in there(wanted, sources, absent=True).items()]
    if missing:
        print("installing", ", ".join(missing), "into .venv", flush=True)
    # Sources come last: asking what they are takes tools that are among the others.
    for pin in [pin for pin in missing if pin.split("==")[0] in alone]:
        missing.remove(pin)
        if (attempt := pip(["--no-deps", pin])).returncode != 0:
            refused(pin, attempt.stderr)
    plain = [pin for pin in missing if pin.split("==")[0] not in sources]
    if plain and pip(plain).returncode != 0:
        # Together is faster; one by one finds out which it was.
        for pin in plain:
            if (attempt := pip([pin])).returncode != 0:
                refused(pin, attempt.stderr)
    for pin in [pin for pin in missing if pin not in plain]:
        fetch(pin)
    return there(wanted, sources)


def there(wanted, sources, absent=False):
    """Those of the wanted that are there, in the version wanted; or those that are not."""
    own = installed()
    has = lambda name, version: (SOURCES / f"{name}-{version}").is_dir() if name in sources else own.get(name) == version
    return {name: version for name, version in wanted.items() if has(name, version) != absent}


def fetch(pin):
    """Unpacks a package's source, unbuilt."""
    with tempfile.TemporaryDirectory() as folder:
        command = [PYTHON, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--no-build-isolation", "--no-binary", ":all:", "--dest", folder, pin]
        attempt = subprocess.run(command, capture_output=True, text=True)
        archives = list(Path(folder).glob("*.tar.gz"))
        if attempt.returncode != 0 or not archives:
            refused(pin, attempt.stderr)
            return
        with tarfile.open(archives[0]) as archive:
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(SOURCES, **safe)


def refused(pin, said):
    lines = [line for line in said.splitlines() if "ERROR" in line or "Error:" in line]
    print(f"  {pin} cannot be installed: {(lines[-1] if lines else said)[-200:].strip()}", flush=True)


def pip(pins_wanted):
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary"]
    return subprocess.run(command + pins_wanted, capture_output=True, text=True)


def installed():
    listing = subprocess.run([PYTHON, "-c", LIST], capture_output=True, text=True, check=True).stdout
    pairs = (line.split("==", 1) for line in listing.splitlines())
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def run(check, program, peers):
    found = NEEDS.search(check.read_text())
    needs = [name.strip().lower() for name in found.group(1).split(",") if name.strip()] if found else []
    absent = [name for name in needs if name not in peers]
    if absent:
        print(f"== {check.stem}: skipped, without {', '.join(absent)}", flush=True)
        return "skipped"
    print(f"== {check.stem}", flush=True)
    start = time.monotonic()
    environment = dict(os.environ, LENSFRAME_PEERS=" ".join(peers), LENSFRAME_SOURCES=str(SOURCES), PYTHONDONTWRITEBYTECODE="1")
    code = subprocess.run([PYTHON, check, program], env=environment).returncode
    outcome = "passed" if code == 0 else "failed"
    print(f"== {check.stem}: {outcome}, {time.monotonic() - start:.1f} s", flush=True)
    return outcome


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        sys.exit(2)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Impossible as error:
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(2)
