"""A configuration that passes, and variants of it that do not."""

from __future__ import annotations

from pathlib import Path

from vigil.config import load_text
from vigil.config.schema import Configuration
from vigil.errors import ConfigError, Fault

FILE = Path("/etc/vigil/site.yaml")

GOOD = """\
site:
  name: 市政务服务中心
  calendars:
    usual: {hours: ["08:30-12:00", "14:30-18:00"]}
  halls:
    - id: gongan
      name: 公安分厅
      department: 市公安局
      calendar: usual
      groups:
        - id: huji
          name: 户籍业务
          windows:
            - {id: one, name: 1号窗口}
      cameras:
        - id: counter
          name: 柜台
          url: rtsp://192.0.2.7/1
          username: vigil
          password: {env: CAMERA_PASSWORD}
          zones:
            - {kind: staff-area, window: one, polygon: [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]}
center:
  data: center
  objects: {folder: objects}
nodes:
  - id: node
    center: ws://127.0.0.1:8480
    key: {file: node.key}
    data: node
"""


def variant(old: str, new: str, *more: str) -> str:
    """The good file with one thing replaced, and another; each must be there."""
    text = GOOD
    pairs = [old, new, *more]
    for before, after in zip(pairs[::2], pairs[1::2], strict=True):
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def read(text: str = GOOD) -> Configuration:
    return load_text(text, FILE)


def faults(text: str) -> list[Fault]:
    try:
        read(text)
    except ConfigError as error:
        return error.faults
    return []


def line_of(text: str, part: str) -> int:
    """The line in which `part` stands first, counted from 1."""
    return text[: text.index(part)].count("\n") + 1
