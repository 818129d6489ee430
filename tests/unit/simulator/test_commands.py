from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from vigil import cli
from vigil.model.media import Codec
from vigil.sim.assets import Assets
from vigil.simulator import live
from vigil.simulator.live import LiveConfig

STORY = """\
name: small
hall: mini
start_at: 2026-03-02T09:00:00+08:00
seconds: 3
warm_up_s: 0
"""


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(STORY, encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, ["sim", *(str(argument) for argument in arguments)])


def test_renders_what_was_asked_for(assets: Assets, story: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(
        *("render", story, "--out", out, "--assets", assets.folder, "--camera", "side", "--seconds", 1, "--fps", 2),
        *("--size", "160x96", "--sub", "80x64", "--codec", "h265", "--seed", 7),
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "mini-side-sub.mp4",
        "mini-side-sub.truth.jsonl",
        "mini-side.mp4",
        "mini-side.truth.jsonl",
    ]
    assert str(out / "mini-side.mp4") in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--size", "big"), "'big' is no size; write WIDTHxHEIGHT"),
        (("--size", "161x97"), "161x97 cannot be coded"),
        (("--camera", "roof"), "no camera 'roof'; it has front, side"),
        (("--fps", "0"), "0 pictures a second"),
        (("--codec", "mjpeg"), "mjpeg"),
    ],
)
def test_bad_options_are_told_in_words(
    assets: Assets, story: Path, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = run("render", story, "--out", tmp_path / "out", "--assets", assets.folder, *arguments)
    assert result.exit_code in (1, 2)
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_bad_scenario_is_told_with_its_line(assets: Assets, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(STORY + "ligth: dusk\n", encoding="utf-8")
    result = run("render", wrong, "--out", tmp_path / "out", "--assets", assets.folder)
    assert result.exit_code == 1
    assert "wrong.yaml:6" in result.output


def test_lists_halls_and_cameras(assets: Assets) -> None:
    output = run("halls", "--assets", assets.folder).output
    assert "mini: windows 1, 2; a queue of 4 places" in output
    assert "mini-side" in output


def test_shows_zones_as_a_configuration_wants_them(assets: Assets) -> None:
    (hall,) = yaml.safe_load(run("halls", "--zones", "--assets", assets.folder).output)
    assert hall["id"] == "mini"
    front = hall["cameras"][0]
    assert front["id"] == "mini-front"
    assert [(zone["kind"], zone.get("window"), zone.get("group")) for zone in front["zones"]] == [
        ("staff-area", "mini-1", None),
        ("staff-area", "mini-2", None),
        ("queue", None, "mini-queue"),
    ]


class TestServe:
    @pytest.fixture
    def served(self, monkeypatch: pytest.MonkeyPatch) -> list[LiveConfig]:
        configs: list[LiveConfig] = []

        def note(config: LiveConfig, stop: threading.Event) -> None:
            configs.append(config)

        monkeypatch.setattr(live, "run_live", note)
        monkeypatch.setattr("signal.signal", lambda *_: None)
        return configs

    def test_hands_over_what_was_asked_for(
        self, assets: Assets, story: Path, tmp_path: Path, served: list[LiveConfig]
    ) -> None:
        (tmp_path / "password").write_text("secret\n")
        result = run(
            *("serve", story, "--port", 9000, "--seed", 3, "--fps", 5, "--codec", "h265", "--assets", assets.folder),
            *("--user", "vigil", "--password-file", tmp_path / "password"),
        )
        assert result.exit_code == 0, result.output
        (config,) = served
        assert (config.port, config.seed, config.users) == (9000, 3, {"vigil": "secret"})
        assert (config.stream.fps, config.stream.codec, config.stream.sub) == (5, Codec.H265, (640, 360))
        assert config.stream.preset == "ultrafast"

    def test_wants_user_and_password_together(self, story: Path, served: list[LiveConfig]) -> None:
        result = run("serve", story, "--user", "vigil")
        assert result.exit_code == 2
        assert "go together" in result.output
        assert served == []

    def test_two_scenarios_in_one_hall_are_refused(self, assets: Assets, story: Path) -> None:
        other = story.with_name("other.yaml")
        other.write_text(STORY.replace("name: small", "name: other"), encoding="utf-8")
        result = run("serve", story, other, "--assets", assets.folder)
        assert result.exit_code == 1
        assert "small and other both take place in hall mini" in result.output
