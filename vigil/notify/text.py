"""A message as one text, within the bytes that a channel takes."""

from __future__ import annotations

import json
from collections.abc import Callable

from vigil.notify.message import Item, Message
from vigil.notify.words import WORDS

Size = Callable[[str], int]


def utf8_size(text: str) -> int:
    return len(text.encode())


def json_size(text: str) -> int:
    """Within JSON that leaves Chinese as it is."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def text_of(message: Message, most: int, size: Size = utf8_size) -> str:
    """Title, as many alerts with their links as fit, and how many more there are. Its `size` is `most` at the most."""
    blocks = [_block(item) for item in message.items]
    for count in range(len(blocks), 0, -1):
        text = _whole(message, blocks[:count])
        if size(text) <= most:
            return text
    if blocks:
        room = most - size(_whole(message, [""]))
        blocks = [cut(blocks[0], max(room, 0), size)]
    return cut(_whole(message, blocks), most, size)


def _whole(message: Message, blocks: list[str]) -> str:
    left_out = len(message.items) - len(blocks) + message.more
    ends = [WORDS[message.language].more(left_out)] if left_out else []
    if message.link is not None and (left_out or message.test):
        ends.append(message.link)
    return "\n".join([message.title, *blocks, *ends])


def _block(item: Item) -> str:
    return item.text if item.link is None else f"{item.text}\n{item.link}"


def cut(text: str, most: int, size: Size = utf8_size) -> str:
    """The text, or as much of its beginning as fits with an ellipsis behind it; nothing where not even that fits."""
    if size(text) <= most:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle] + "…") <= most else (low, middle - 1)
    shorter = text[:low] + "…"
    return shorter if size(shorter) <= most else ""
