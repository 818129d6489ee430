"""Entries of the configuration for cameras that were found: text in the form of configs/example.yaml, for a person to finish."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vigil.discover.camera import Profile
from vigil.discover.choice import Choice, against_ours
from vigil.model.site import Secret

_LONGEST_ID: Final = 63
"""As the configuration has it."""
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 ._/()-]*[A-Za-z0-9)]|[A-Za-z]")
"""A text that YAML takes for itself without quotes."""
_WORDS: Final = frozenset({"y", "yes", "n", "no", "true", "false", "on", "off", "null"})
_SHOWN: Final = {"H264": "H.264", "H265": "H.265"}


@dataclass(frozen=True, slots=True)
class Account:
    """Who logs in, and where the password is kept."""

    username: str
    password: Secret


def document(choices: Iterable[Choice], account: Account | None, head: Iterable[str] = ()) -> str:
    """A mapping with `cameras:` alone. `head` are lines of comment above it."""
    taken: set[str] = set()
    lines = [*(f"# {line}" for line in head), "cameras:"]
    for choice in sorted(choices, key=lambda one: (_by_address(one.camera.address), one.channel)):
        lines += [f"  {line}" for line in _entry(choice, _free(camera_id(choice), taken), account)]
    return "\n".join(lines) + "\n"


def camera_id(choice: Choice) -> str:
    """From its name or model and the end of its serial number, else from its address: lower-case letters, digits, hyphens."""
    camera = choice.camera
    called = slug(camera.name or "") or slug(camera.model or "") or "camera"
    told_apart = slug(camera.serial or "").replace("-", "")[-8:]
    if not told_apart and called == "camera":
        told_apart = slug(camera.address)
    base = f"{called}-{told_apart}".strip("-")
    ending = f"-{choice.channel}" if choice.channels > 1 else ""
    return base[: _LONGEST_ID - len(ending) - 4].strip("-") + ending


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _free(wanted: str, taken: set[str]) -> str:
    """`wanted`, or the first of wanted-2, wanted-3 … that nobody has."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    taken.add(found)
    return found


def _entry(choice: Choice, name: str, account: Account | None) -> Iterator[str]:
    for line in _comments(choice):
        yield f"# {line}"
    yield f"- id: {_scalar(name)}"
    yield f"  name: {_scalar(shown_name(choice))}"
    yield f"  url: {_url(choice.main)}"
    if choice.sub is not None:
        yield f"  substream: {_url(choice.sub)}"
    if account is not None:
        yield f"  username: {_scalar(account.username)}"
        key, value = ("env", account.password.env) if account.password.env else ("file", account.password.file)
        yield f"  password: {{{key}: {json.dumps(value, ensure_ascii=False)}}}"


def shown_name(choice: Choice) -> str:
    camera = choice.camera
    made = " ".join(part for part in (camera.manufacturer, camera.model) if part)
    ending = f" ({choice.channel})" if choice.channels > 1 else ""
    return (camera.name or made or camera.address) + ending


def _comments(choice: Choice) -> Iterator[str]:
    camera = choice.camera
    made = " ".join(part for part in (camera.manufacturer, camera.model) if part) or "maker and model not told"
    told = [
        made,
        *(f"{noun} {value}" for noun, value in (("firmware", camera.firmware), ("serial", camera.serial)) if value),
    ]
    yield f"{', '.join(told)}; at {camera.address}"
    if camera.offset_s is not None:
        yield f"clock {against_ours(camera.offset_s)}"
    yield f"main stream: {described(choice.main)}"
    if choice.sub is not None:
        yield f"substream: {described(choice.sub)}"
    for warning in choice.warnings:
        yield f"WARNING: {warning}"


def described(profile: Profile) -> str:
    """H.264 1920x1080, 25 fps, 4096 kbit/s, a key frame each 2 s, sound AAC (MainStream)"""
    parts = [_SHOWN.get(profile.codec or "", profile.codec or "codec not told")]
    if profile.width and profile.height:
        parts[0] += f" {profile.width}x{profile.height}"
    if profile.fps:
        parts.append(f"{profile.fps:g} fps")
    if profile.bitrate_kbps:
        parts.append(f"{profile.bitrate_kbps} kbit/s")
    if profile.keyframe_s:
        parts.append(f"a key frame each {profile.keyframe_s:.3g} s")
    if profile.audio:
        parts.append(f"sound {profile.audio}")
    return f"{', '.join(parts)} ({profile.name})"


def _url(profile: Profile) -> str:
    return _scalar(profile.stream.url) if profile.stream else '""'


def _scalar(text: str) -> str:
    """As YAML reads it back: bare where that is safe, else in double quotes, which YAML has as JSON does."""
    plain_url = re.fullmatch(r"rtsps?://[A-Za-z0-9._~:/?=&%+-]+[A-Za-z0-9/=]", text)
    if plain_url or (_BARE.fullmatch(text) and text.lower() not in _WORDS):
        return text
    return json.dumps(text, ensure_ascii=False)


def _by_address(address: str) -> tuple[tuple[int, ...], str]:
    """192.0.2.9 before 192.0.2.10."""
    return tuple(int(number) for number in re.findall(r"\d+", address)), address
