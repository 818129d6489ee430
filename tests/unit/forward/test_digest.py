from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.clock import FakeClock
from vigil.forward.rtsp.digest import (
    NONCE_LIFETIME_S,
    Algorithm,
    DigestGuard,
    Verdict,
    answer,
    parse_authorization,
)

URI = "rtsp://127.0.0.1:8554/hall/camera"
USER, PASSWORD = "监控", 'pass"word'


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def guard(clock: FakeClock) -> DigestGuard:
    return DigestGuard({USER: PASSWORD}, clock=clock)


def hashed(algorithm: Algorithm, text: str) -> str:
    return hashlib.new("md5" if algorithm is Algorithm.MD5 else "sha256", text.encode()).hexdigest()


def nonce_of(challenge: str) -> str:
    parameters = parse_authorization(challenge)
    assert parameters is not None
    return parameters["nonce"]


def authorization(
    nonce: str,
    changed: Mapping[str, str] | None = None,
    *,
    login: str = USER,
    password: str = PASSWORD,
    using: Algorithm = Algorithm.MD5,
    qop: bool = True,
    uri: str = URI,
) -> str:
    """What a player sends; `changed` replaces parameters after the response was computed."""
    values = {"realm": "vigil", "nonce": nonce, "uri": uri}
    if qop:
        values |= {"qop": "auth", "nc": "00000001", "cnonce": "abc"}
    secret = hashed(using, f"{login}:vigil:{password}")
    response = answer(using, secret, "DESCRIBE", values)
    values |= {"username": login, "algorithm": using.value, "response": response} | dict(changed or {})
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in values.items())


def verify(guard: DigestGuard, header: str, *, method: str = "DESCRIBE", connection: str = "one") -> Verdict:
    return guard.verify(header, method=method, uri=URI, connection=connection)


class TestAnswer:
    """The examples of RFC 7616, section 3.9.1, and of RFC 2617, section 3.5."""

    @pytest.mark.parametrize(
        ("algorithm", "expected"),
        [
            (Algorithm.MD5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm.SHA256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_rfc_7616(self, algorithm: Algorithm, expected: str) -> None:
        secret = hashed(algorithm, "Mufasa:http-auth@example.org:Circle of Life")
        given_values = {
            "uri": "/dir/index.html",
            "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "nc": "00000001",
            "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "qop": "auth",
        }
        assert answer(algorithm, secret, "GET", given_values) == expected

    def test_rfc_2617_without_qop(self) -> None:
        secret = hashed(Algorithm.MD5, "Mufasa:testrealm@host.com:Circle Of Life")
        given_values = {"uri": "/dir/index.html", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093"}
        assert answer(Algorithm.MD5, secret, "GET", given_values) == "670fd8c2df070c60b045671b8b24ff02"


class TestGuard:
    @pytest.mark.parametrize("algorithm", list(Algorithm))
    @pytest.mark.parametrize("qop", [True, False])
    def test_accepts_the_right_answer(self, guard: DigestGuard, algorithm: Algorithm, qop: bool) -> None:
        nonce = nonce_of(guard.challenges("one")[0])
        assert verify(guard, authorization(nonce, using=algorithm, qop=qop)) is Verdict.ACCEPTED

    @pytest.mark.parametrize(
        "changed",
        [
            {"realm": "elsewhere"},
            {"uri": f"{URI}2"},
            {"response": ""},
            {"response": "ü"},
            {"qop": "auth-int"},
            {"algorithm": "MD5-sess"},
            {"algorithm": "SHA-256"},
            {"nc": "00000002"},
        ],
    )
    def test_refuses_anything_else(self, guard: DigestGuard, changed: dict[str, str]) -> None:
        nonce = nonce_of(guard.challenges("one")[0])
        assert verify(guard, authorization(nonce, changed)) is Verdict.REFUSED

    @pytest.mark.parametrize("named", [URI, f"{URI}/", f"{URI}/trackID=0", "rtsp://another.name/hall/camera"])
    def test_an_answer_may_name_the_stream_of_which_the_request_names_the_track(
        self, guard: DigestGuard, named: str
    ) -> None:
        """As LIVE555 and VLC do; what it names is in the hash, so nobody can put another stream into it."""
        header = authorization(nonce_of(guard.challenges("one")[0]), uri=named)
        for uri in (URI, f"{URI}/trackID=0"):
            assert guard.verify(header, method="DESCRIBE", uri=uri, connection="one") is Verdict.ACCEPTED

    @pytest.mark.parametrize("named", ["", "*", "rtsp://[", f"{URI}2", f"{URI}?from=x", "rtsp://127.0.0.1:8554/hall"])
    def test_an_answer_that_names_another_stream_is_refused(self, guard: DigestGuard, named: str) -> None:
        header = authorization(nonce_of(guard.challenges("one")[0]), uri=named)
        assert guard.verify(header, method="DESCRIBE", uri=f"{URI}/trackID=0", connection="one") is Verdict.REFUSED

    @pytest.mark.parametrize(("login", "password"), [(USER, "wrong"), ("nobody", PASSWORD), (USER, "")])
    def test_refuses_who_does_not_know_the_password(self, guard: DigestGuard, login: str, password: str) -> None:
        nonce = nonce_of(guard.challenges("one")[0])
        assert verify(guard, authorization(nonce, login=login, password=password)) is Verdict.REFUSED

    def test_refuses_an_answer_for_another_method(self, guard: DigestGuard) -> None:
        header = authorization(nonce_of(guard.challenges("one")[0]))
        assert verify(guard, header, method="SETUP") is Verdict.REFUSED

    def test_a_nonce_expires(self, guard: DigestGuard, clock: FakeClock) -> None:
        header = authorization(nonce_of(guard.challenges("one")[0]))
        clock.advance(NONCE_LIFETIME_S)
        assert verify(guard, header) is Verdict.ACCEPTED
        clock.advance(0.1)
        assert verify(guard, header) is Verdict.STALE

    def test_a_nonce_is_of_no_use_on_another_connection(self, guard: DigestGuard) -> None:
        header = authorization(nonce_of(guard.challenges("one")[0]))
        assert verify(guard, header, connection="two") is Verdict.STALE

    @pytest.mark.parametrize("nonce", ["", "0.0.0", "ffffffff.00", "é"])
    def test_a_nonce_cannot_be_made_up(self, guard: DigestGuard, nonce: str) -> None:
        assert verify(guard, authorization(nonce)) is Verdict.STALE

    def test_a_nonce_cannot_be_prolonged(self, guard: DigestGuard) -> None:
        nonce = nonce_of(guard.challenges("one")[0])
        assert verify(guard, authorization("f" + nonce)) is Verdict.STALE

    def test_nonces_of_one_instant_differ(self, guard: DigestGuard) -> None:
        assert guard.challenges("one") != guard.challenges("one")

    def test_challenges_offer_the_stronger_first_and_md5_last(self, guard: DigestGuard) -> None:
        first, second = guard.challenges("one", stale=True)
        assert 'realm="vigil"' in first
        assert 'qop="auth", algorithm=SHA-256, stale=true' in first
        assert "algorithm=MD5" in second
        assert nonce_of(first) == nonce_of(second)

    def test_holds_no_password(self, guard: DigestGuard) -> None:
        assert PASSWORD not in repr(vars(guard))


class TestParse:
    def test_reads_quotes_tokens_and_escapes(self) -> None:
        assert parse_authorization(r'digest username="a\"b, c" ,nc=00000001,qop=auth, x=""') == {
            "username": 'a"b, c',
            "nc": "00000001",
            "qop": "auth",
            "x": "",
        }

    @pytest.mark.parametrize("header", ["", "Basic dTpw", 'Digest username="open', "Digest nonsense"])
    def test_refuses_what_is_none(self, guard: DigestGuard, header: str) -> None:
        assert verify(guard, header) is Verdict.REFUSED

    @given(st.text(max_size=80))
    def test_never_fails(self, text: str) -> None:
        parse_authorization(f"Digest {text}")
