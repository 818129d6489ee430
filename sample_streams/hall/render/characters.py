"""Who there is: body shape, colours, and the standing height in metres that each is scaled to when packed."""

from __future__ import annotations

from dataclasses import dataclass

Rgb = tuple[float, float, float]
"""Linear red, green, blue, 0..1, as Blender takes them."""

LIGHT, FAIR, TAN, BROWN, DARK = (
    (0.68, 0.40, 0.27),
    (0.76, 0.49, 0.37),
    (0.56, 0.34, 0.20),
    (0.33, 0.19, 0.12),
    (0.17, 0.095, 0.06),
)
BLACK, BRUNETTE, BLOND, GREY = (0.02, 0.018, 0.015), (0.07, 0.035, 0.02), (0.22, 0.12, 0.05), (0.32, 0.31, 0.30)
NAVY, WHITE = (0.035, 0.06, 0.17), (0.72, 0.74, 0.78)


@dataclass(frozen=True)
class Look:
    """`gender` 0 is female, 1 male; `tall` and `heavy` are shares of the extremes, -1..1; `loose` is the cloth's distance, dm."""

    role: str
    height_m: float
    gender: float
    skin: Rgb
    hair: str
    hair_colour: Rgb
    top: Rgb
    bottom: Rgb
    race: str = "asian"
    age: str = "young"
    tall: float = 0.0
    heavy: float = 0.0
    sleeves: str = "long"
    legs: str = "trousers"
    loose: float = 0.12
    vest: Rgb | None = None


LOOKS = {
    "s1": Look("staff", 1.64, 0.0, TAN, "medium", BLACK, WHITE, (0.03, 0.035, 0.06), vest=NAVY),
    "s2": Look(
        "staff",
        1.78,
        1.0,
        LIGHT,
        "short",
        BRUNETTE,
        WHITE,
        (0.03, 0.035, 0.06),
        race="caucasian",
        tall=0.1,
        heavy=0.2,
        vest=NAVY,
    ),
    "s3": Look(
        "staff",
        1.68,
        0.0,
        FAIR,
        "long",
        BLOND,
        WHITE,
        (0.03, 0.035, 0.06),
        race="caucasian",
        tall=0.1,
        heavy=0.3,
        vest=NAVY,
    ),
    "s4": Look(
        "staff",
        1.8,
        1.0,
        BROWN,
        "short",
        BLACK,
        WHITE,
        (0.03, 0.035, 0.06),
        race="african",
        tall=0.1,
        heavy=-0.1,
        vest=NAVY,
    ),
    "v1": Look(
        "visitor",
        1.8,
        1.0,
        LIGHT,
        "short",
        BRUNETTE,
        (0.5, 0.06, 0.06),
        (0.04, 0.05, 0.1),
        race="caucasian",
        tall=0.2,
        heavy=0.1,
    ),
    "v2": Look("visitor", 1.63, 0.0, TAN, "long", BLACK, (0.7, 0.66, 0.58), (0.05, 0.07, 0.15), tall=-0.1),
    "v3": Look(
        "visitor",
        1.83,
        1.0,
        DARK,
        "short",
        BLACK,
        (0.1, 0.24, 0.14),
        (0.22, 0.18, 0.12),
        race="african",
        tall=0.05,
        sleeves="short",
    ),
    "v4": Look(
        "visitor",
        1.68,
        0.0,
        FAIR,
        "medium",
        BLOND,
        (0.3, 0.09, 0.26),
        (0.03, 0.03, 0.035),
        race="caucasian",
        tall=0.1,
        heavy=0.4,
    ),
    "v5": Look(
        "visitor",
        1.7,
        1.0,
        TAN,
        "short",
        BLACK,
        (0.2, 0.22, 0.26),
        (0.05, 0.05, 0.06),
        tall=-0.2,
        heavy=-0.2,
        loose=0.18,
    ),
    "v6": Look(
        "visitor",
        1.66,
        0.0,
        BROWN,
        "scarf",
        (0.12, 0.2, 0.28),
        (0.45, 0.32, 0.08),
        (0.06, 0.04, 0.05),
        race="african",
        heavy=0.3,
        legs="skirt",
    ),
    "v7": Look(
        "visitor",
        1.73,
        1.0,
        FAIR,
        "short",
        GREY,
        (0.1, 0.16, 0.34),
        (0.16, 0.16, 0.17),
        race="caucasian",
        age="old",
        tall=-0.1,
        heavy=0.6,
    ),
    "v8": Look(
        "visitor",
        1.6,
        0.0,
        LIGHT,
        "medium",
        GREY,
        (0.12, 0.3, 0.3),
        (0.12, 0.1, 0.09),
        race="caucasian",
        age="old",
        tall=-0.3,
        heavy=0.5,
    ),
    "v9": Look(
        "visitor",
        1.78,
        1.0,
        LIGHT,
        "short",
        BLACK,
        (0.62, 0.64, 0.66),
        (0.05, 0.08, 0.18),
        tall=0.2,
        heavy=0.5,
        sleeves="short",
    ),
    "v10": Look(
        "visitor",
        1.67,
        0.0,
        FAIR,
        "medium",
        BRUNETTE,
        (0.55, 0.22, 0.24),
        (0.1, 0.13, 0.24),
        tall=0.2,
        heavy=-0.2,
        sleeves="short",
    ),
    "s5": Look(
        "staff", 1.72, 1.0, LIGHT, "short", BLACK, WHITE, (0.03, 0.035, 0.06), heavy=0.1, vest=(0.09, 0.09, 0.1)
    ),
    "s6": Look("staff", 1.62, 0.0, FAIR, "long", BLACK, (0.25, 0.42, 0.62), (0.03, 0.035, 0.06), tall=-0.1),
    "s7": Look("staff", 1.75, 1.0, TAN, "short", GREY, (0.4, 0.5, 0.58), (0.03, 0.035, 0.06), age="old", heavy=0.4),
    "c1": Look(
        "cleaner",
        1.61,
        0.0,
        TAN,
        "medium",
        BLACK,
        (0.1, 0.28, 0.34),
        (0.08, 0.1, 0.12),
        age="old",
        tall=-0.2,
        heavy=0.2,
    ),
    "v11": Look("visitor", 1.74, 1.0, TAN, "short", BLACK, (0.62, 0.44, 0.06), (0.1, 0.1, 0.12), tall=0.1, loose=0.16),
    "v12": Look(
        "visitor",
        1.58,
        0.0,
        LIGHT,
        "short",
        GREY,
        (0.36, 0.08, 0.1),
        (0.04, 0.04, 0.05),
        age="old",
        tall=-0.2,
        heavy=0.3,
    ),
    "v13": Look(
        "visitor",
        1.7,
        0.0,
        FAIR,
        "long",
        BRUNETTE,
        (0.08, 0.1, 0.12),
        (0.42, 0.36, 0.28),
        tall=0.1,
        heavy=-0.1,
        legs="skirt",
    ),
    "v14": Look(
        "visitor", 1.76, 1.0, LIGHT, "short", BLACK, (0.05, 0.2, 0.42), (0.3, 0.3, 0.3), heavy=0.6, sleeves="short"
    ),
    "v15": Look(
        "visitor",
        1.66,
        1.0,
        TAN,
        "none",
        GREY,
        (0.24, 0.2, 0.14),
        (0.05, 0.06, 0.08),
        age="old",
        tall=-0.2,
        heavy=0.1,
        loose=0.2,
    ),
    "v16": Look(
        "visitor", 1.64, 0.0, TAN, "medium", BLACK, (0.16, 0.4, 0.2), (0.03, 0.04, 0.08), heavy=0.1, sleeves="short"
    ),
    "v17": Look(
        "visitor",
        1.82,
        1.0,
        LIGHT,
        "short",
        BLOND,
        (0.7, 0.7, 0.72),
        (0.2, 0.16, 0.1),
        race="caucasian",
        tall=0.3,
        heavy=0.2,
    ),
    "v18": Look(
        "visitor",
        1.61,
        0.0,
        LIGHT,
        "scarf",
        (0.45, 0.1, 0.14),
        (0.2, 0.1, 0.3),
        (0.12, 0.12, 0.14),
        tall=-0.1,
        heavy=0.4,
    ),
}
