from __future__ import annotations

from base64 import b64decode

import pytest

from vigil.clock import FakeClock
from vigil.forward.rtsp.digest import Algorithm, DigestGuard, Verdict
from vigil.login import Login, challenges

URI = "rtsp://hall/ch1"


def login_for(header: str, username: str = "admin", password: str = "s3cret") -> Login:
    made = Login(username, password)
    assert made.challenged(header)
    return made


def test_nobody_is_told_before_somebody_asks() -> None:
    assert Login("admin", "s3cret").authorization("DESCRIBE", URI) is None


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_standard(algorithm: str, response: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7616, 3.9.1."""
    ours = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("vigil.login.secrets.token_hex", lambda _: ours)
    asked = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    answer = login_for(asked, "Mufasa", "Circle of Life").authorization("GET", "/dir/index.html")
    assert answer is not None
    assert f'response="{response}"' in answer
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in answer
    assert answer.endswith(f"qop=auth, nc=00000001, algorithm={algorithm}")


@pytest.mark.parametrize("algorithms", [(Algorithm.MD5,), (Algorithm.SHA256,), tuple(Algorithm)])
@pytest.mark.parametrize("password", ["s3cret", 'with "quotes" and \\', "口令"])
def test_a_server_takes_the_answers_to_one_challenge(algorithms: tuple[Algorithm, ...], password: str) -> None:
    guard = DigestGuard({"admin": password}, clock=FakeClock(), algorithms=algorithms)
    ours = login_for(", ".join(guard.challenges("one")), password=password)
    for method in ("DESCRIBE", "SETUP", "PLAY"):
        answer = ours.authorization(method, URI)
        assert answer is not None
        assert guard.verify(answer, method=method, uri=URI, connection="one") is Verdict.ACCEPTED


def test_a_server_without_qop_gets_the_older_answer() -> None:
    """RFC 2617: what most cameras ask for."""
    guard = DigestGuard({"admin": "s3cret"}, clock=FakeClock(), algorithms=(Algorithm.MD5,))
    (asked,) = guard.challenges("one")
    answer = login_for(asked.replace('qop="auth", ', "")).authorization("PLAY", URI)
    assert answer is not None
    assert "qop" not in answer
    assert guard.verify(answer, method="PLAY", uri=URI, connection="one") is Verdict.ACCEPTED


def test_a_new_challenge_takes_the_place_of_the_old() -> None:
    ours = login_for('Digest realm="camera", nonce="old"')
    ours.challenged('Digest realm="camera", nonce="new", stale=true')
    assert 'nonce="new"' in (ours.authorization("PLAY", URI) or "")


def test_the_password_goes_over_the_line_only_where_nothing_better_is_asked() -> None:
    assert "s3cret" not in (login_for('Basic realm="x", Digest realm="x", nonce="1"').authorization("PLAY", URI) or "")
    basic = login_for('Basic realm="x"').authorization("PLAY", URI) or ""
    assert b64decode(basic.removeprefix("Basic ")) == b"admin:s3cret"


@pytest.mark.parametrize("header", ["", "Bearer x", 'Digest realm="x", nonce="1", algorithm=MD5-sess'])
def test_what_cannot_be_answered_is_not(header: str) -> None:
    ours = Login("admin", "s3cret")
    assert not ours.challenged(header)
    assert ours.authorization("PLAY", URI) is None


def test_a_header_may_hold_several_challenges() -> None:
    header = 'Digest realm="a, Basic b", nonce="1" , algorithm=SHA-256,Digest realm="a", nonce="2", Basic realm="c"'
    found = [(one.scheme, one.algorithm, one.parameters.get("nonce")) for one in challenges(header)]
    assert found[-2:] == [("digest", "md5", "2"), ("basic", "md5", None)]
