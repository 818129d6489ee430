"""Poses: bone → rotation in the rest frame (y up, facing +z). The rest pose holds the arms out and the forearms forward."""

from __future__ import annotations

import numpy as np

X, Y, Z = (1, 0, 0), (0, 1, 0), (0, 0, 1)

Pose = dict[str, np.ndarray]
SIDES = {"l": -1, "r": 1}


def rotation(axis: tuple[int, int, int], degrees: float) -> np.ndarray:
    """Rodrigues' rotation matrix, 3 x 3."""
    angle = np.radians(degrees)
    x, y, z = np.array(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def arm(pose: Pose, side: str, down: float = 40, forward: float = 0, elbow: float = -12, inward: float = 0) -> None:
    """Hang the arm, swing it forward, then flex the elbow and turn the forearm inward (degrees)."""
    sign = SIDES[side]
    upper = rotation(X, -forward) @ rotation(Z, sign * down)
    flexed = rotation(X, -forward) @ rotation(Y, sign * inward) @ rotation(X, -elbow) @ rotation(X, forward)
    pose[f"upperarm_{side}"] = upper
    pose[f"lowerarm_{side}"] = upper.T @ flexed @ upper


def stand(elbow: float = -14, forward: float = -3, twist: float = 0, head: float = 0, nod: float = 0) -> Pose:
    pose = {
        "thigh_l": rotation(Z, -3),
        "thigh_r": rotation(Z, 3),
        "head": rotation(Y, head) @ rotation(X, nod),
        "spine_02": rotation(Y, twist),
    }
    for side in SIDES:
        arm(pose, side, 41, forward, elbow)
    return pose


def stand_b() -> Pose:
    """Weight on one leg, hands together in front, looking aside."""
    pose = stand(twist=-6, head=22)
    pose["thigh_r"] = rotation(X, -9) @ rotation(Z, 2)
    pose["calf_r"] = rotation(X, 15)
    for side in SIDES:
        arm(pose, side, 40, 4, 38, 42)
    return pose


def walk(phase: float) -> Pose:
    """One moment of a stride; `phase` 0..1."""
    sine, cosine = np.sin(2 * np.pi * phase), np.cos(2 * np.pi * phase)
    pose = stand()
    pose["thigh_l"] = rotation(X, -25 * sine) @ rotation(Z, -3)
    pose["thigh_r"] = rotation(X, 25 * sine) @ rotation(Z, 3)
    pose["calf_l"] = rotation(X, 6 + 36 * max(0, cosine))
    pose["calf_r"] = rotation(X, 6 + 36 * max(0, -cosine))
    arm(pose, "l", 41, -22 * sine, -8 + 12 * max(0, -sine))
    arm(pose, "r", 41, 22 * sine, -8 + 12 * max(0, sine))
    return pose


def phone() -> Pose:
    pose = stand(nod=20)
    arm(pose, "r", 40, 18, 78, 28)
    return pose


def lean() -> Pose:
    """A visitor at the window: forearms on the counter, trunk forward."""
    pose = stand(nod=6)
    pose["spine_01"] = rotation(X, 13)
    for side in SIDES:
        arm(pose, side, 38, 24, 36, 18)
    pose["thigh_r"] = rotation(X, 6) @ rotation(Z, 4)
    return pose


def sit(
    forward: float = 14,
    elbow: float = 58,
    inward: float = 14,
    nod: float = 0,
    head: float = 0,
    trunk: float = 4,
    twist: float = 0,
) -> Pose:
    pose = stand(head=head, nod=nod)
    pose["spine_01"] = rotation(X, trunk)
    pose["spine_02"] = rotation(Y, twist)
    for side, sign in SIDES.items():
        pose[f"thigh_{side}"] = rotation(X, -84) @ rotation(Z, sign * 3)
        pose[f"calf_{side}"] = rotation(X, 82)
        arm(pose, side, 40, forward, elbow, inward)
    return pose


def chair() -> Pose:
    """A visitor on a waiting chair, hands in the lap."""
    return sit(forward=8, elbow=34, inward=34, nod=6, trunk=-4)


def clerk_type() -> Pose:
    return sit(forward=22, elbow=56, inward=12, nod=6)


def clerk_down() -> Pose:
    return sit(forward=20, elbow=50, inward=30, nod=26, trunk=9)


def clerk_turn() -> Pose:
    return sit(forward=20, elbow=54, inward=10, nod=4, head=-34, twist=-20)


def clerk_talk() -> Pose:
    return sit(forward=16, elbow=66, inward=26, nod=-2, trunk=7)
