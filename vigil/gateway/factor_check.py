"""Whether a code holds: of the second factor, or a recovery code. Either is good once."""

from __future__ import annotations

import structlog

from vigil.gateway import totp
from vigil.gateway.deps import GatewayDeps
from vigil.sealing import Seal
from vigil.store.second_factors import SecondFactor

_log = structlog.get_logger(__name__)


def holds(deps: GatewayDeps, factor: SecondFactor, code: str) -> bool:
    """Uses the code up. Raises SealError where the key is not that of the second factor."""
    typed = "".join(code.split())
    if typed.isascii() and typed.isdigit() and len(typed) == totp.DIGITS:
        step = totp.matching_step(opened(deps.seal, factor), typed, deps.clock.now())
        return step is not None and deps.stores.second_factors.use(factor.username, step)
    if not deps.stores.second_factors.use_recovery(factor.username, totp.recovery_hash(code)):
        return False
    left = deps.stores.second_factors.recovery_left(factor.username)
    _log.warning("recovery_code_used", username=factor.username, left=left)
    return True


def opened(seal: Seal | None, factor: SecondFactor) -> bytes:
    assert seal is not None  # noqa: S101, the centre does not start without the key once there is a second factor
    return seal.open(factor.sealed, factor.username)
