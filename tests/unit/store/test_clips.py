from __future__ import annotations

from tests.unit.store.samples import CAMERA, T0, at
from vigil.model.alerts import ClipState
from vigil.model.ids import AlertId, CameraId, ClipId
from vigil.model.media import Gap, GapCause
from vigil.store.clips import ClipRecord
from vigil.store.footage import Span
from vigil.store.stores import Stores

SPAN = Span(at(0), at(60))
PULL, MADE = ClipId("pull"), ClipId("made")
ALERT = AlertId("alert-1")


def pull(stores: Stores, clip_id: ClipId = PULL, seconds: float = 0) -> ClipRecord:
    return stores.clips.request(clip_id, CAMERA, SPAN, by="li", reason="投诉 2026-17", at=at(seconds))


def of_alert(stores: Stores, span: Span = SPAN, clip_id: ClipId = MADE) -> ClipRecord | None:
    return stores.clips.request_for_alert(clip_id, ALERT, CAMERA, span, at=at(1))


def test_a_pull_waits_until_it_is_made(stores: Stores) -> None:
    asked = pull(stores)
    assert (asked.pulled, asked.playable) == (True, False)
    assert stores.clips.pending() == [asked] == [stores.clips.find(PULL)]
    assert stores.clips.mark_ready(PULL, "clips/pull.mp4", 123, "f" * 64)
    made = stores.clips.find(PULL)
    assert made is not None
    assert (made.state, made.playable) == (ClipState.READY, True)
    assert (made.object_key, made.size, made.sha256) == ("clips/pull.mp4", 123, "f" * 64)
    assert (made.by, made.reason) == ("li", "投诉 2026-17")
    assert stores.clips.pending() == []


def test_a_clip_with_gaps_is_partial(stores: Stores) -> None:
    pull(stores)
    gap = Gap(CAMERA, at(10), at(20.5), GapCause.CAMERA)
    stores.clips.mark_ready(PULL, "k", 1, "f", [gap])
    made = stores.clips.find(PULL)
    assert made is not None
    assert (made.state, made.gaps) == (ClipState.PARTIAL, (gap,))


def test_a_clip_may_fail(stores: Stores) -> None:
    pull(stores)
    assert stores.clips.mark_failed(PULL, [Gap(CAMERA, at(0), at(60), GapCause.NODE)])
    failed = stores.clips.find(PULL)
    assert failed is not None
    assert (failed.state, failed.playable, len(failed.gaps)) == (ClipState.FAILED, False, 1)
    assert not stores.clips.mark_failed(ClipId("none"))
    assert not stores.clips.mark_ready(ClipId("none"), "k", 1, "f")


def test_an_alert_has_one_clip(stores: Stores) -> None:
    assert of_alert(stores) is not None
    assert of_alert(stores, clip_id=ClipId("second")) is None
    stores.clips.mark_ready(MADE, "k", 1, "f")
    assert of_alert(stores) is None


def test_a_clip_grows_with_its_alert_and_waits_again(stores: Stores) -> None:
    of_alert(stores)
    stores.clips.mark_ready(MADE, "k", 1, "f")
    longer = Span(at(0), at(120))
    again = of_alert(stores, longer, ClipId("second"))
    assert again is not None
    assert (again.id, again.to_at, again.state) == (MADE, at(120), ClipState.WAITING)
    assert not stores.clips.mark_ready(MADE, "short", 1, "f", made_of=SPAN)
    assert stores.clips.mark_ready(MADE, "long", 2, "f", made_of=longer)


def test_pulls_are_listed_only_when_asked_for(stores: Stores) -> None:
    pull(stores, seconds=2)
    of_alert(stores)
    assert [clip.id for clip in stores.clips.newest(of=None, pulls_of=None)] == [PULL, MADE]
    assert [clip.id for clip in stores.clips.newest(of=None, pulls_of=())] == [MADE]
    assert stores.clips.newest(of=None, pulls_of=None, camera=CameraId("other")) == []
    assert len(stores.clips.newest(of=None, pulls_of=None, limit=1)) == 1


def test_clips_of_several_alerts(stores: Stores) -> None:
    of_alert(stores)
    pull(stores)
    assert {key: clip.id for key, clip in stores.clips.of_alerts([ALERT, AlertId("x")]).items()} == {ALERT: MADE}
    assert stores.clips.of_alerts([]) == {}


def test_what_waits_longest_is_made_first(stores: Stores) -> None:
    for number in (3, 1, 2):
        pull(stores, ClipId(f"pull-{number}"), seconds=number)
    assert [clip.id for clip in stores.clips.pending(limit=2)] == ["pull-1", "pull-2"]
    assert stores.clips.pending()[0].created_at == at(1) > T0
