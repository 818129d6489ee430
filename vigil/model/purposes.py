"""What somebody looks at footage for (案由, 检查任务): the reason of decree 799, article 16, said before the first look.

Whoever may inspect a hall unannounced looks for a purpose, and each look of his says which. Who watches over a hall as
his duty has that duty for a reason, and says none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

LONGEST_TEXT: Final = 500
LONGEST_NUMBER: Final = 64


@dataclass(frozen=True, slots=True)
class Purpose:
    """`number` is that of the case or of the task, '' where it has none."""

    text: str
    number: str = ""

    def __str__(self) -> str:
        """As the register says it."""
        return f"[{self.number}] {self.text}" if self.number else self.text

    @classmethod
    def said(cls, text: str, number: str = "") -> Self:
        """Without the blanks around it. Raises ValueError, which says what would be right."""
        text, number = text.strip(), number.strip()
        if not text or len(text) > LONGEST_TEXT:
            raise ValueError(f"text: 1 to {LONGEST_TEXT} characters.")
        if len(number) > LONGEST_NUMBER:
            raise ValueError(f"number: at most {LONGEST_NUMBER} characters.")
        if not (text + number).isprintable():
            raise ValueError("A purpose is one line.")
        return cls(text, number)

    def beside(self, reason: str | None) -> str:
        """Both, for what has a reason of its own, as a pull."""
        return f"{self}; {reason}" if reason else str(self)
