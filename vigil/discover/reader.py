"""Asks cameras what they are: the clock first, which logins depend on, then the device, then its media. Several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from vigil.clock import Clock
from vigil.discover import media
from vigil.discover.camera import FoundCamera, Profile
from vigil.discover.document import Element, plain
from vigil.discover.login import Login
from vigil.discover.place import Device
from vigil.discover.probe import scope
from vigil.discover.soap import MEDIA, MEDIA2, Service, Session
from vigil.errors import DiscoveryError, LoginRefused, RequestDeclined

log = structlog.get_logger()

AT_ONCE: Final = 16
"""Cameras asked at the same time."""
_REQUESTS_IN_ALL: Final = 12
"""A camera may take so many time-outs altogether: one that answers each request just in time ends, too."""

_HALF_A_SECOND: Final = timedelta(seconds=0.5)
"""Cameras tell whole seconds, cut off: half of one is missing on average."""


async def read_all(
    devices: Iterable[Device], login: Login | None, clock: Clock, timeout_s: float
) -> AsyncIterator[FoundCamera | DiscoveryError]:
    """Each as it is read. One that cannot be read gives its error, and the others go on."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(device: Device) -> FoundCamera | DiscoveryError:
        async with slots:
            try:
                async with (
                    asyncio.timeout(timeout_s * _REQUESTS_IN_ALL),
                    Session(device, login, clock, timeout_s) as session,
                ):
                    return await read(session, device.name, clock)
            except DiscoveryError as error:
                return error
            except TimeoutError:
                return DiscoveryError(device.address, "it answers too slowly. Give it more time with --timeout")
            except Exception as error:
                log.debug("camera_not_understood", address=device.address, exc_info=True)
                what = f"vigil failed on what it answers ({type(error).__name__}), which is a fault of vigil's. Enter it by hand"
                return DiscoveryError(device.address, what)

    for reading in asyncio.as_completed([one(device) for device in devices]):
        yield await reading


async def read(session: Session, name: str | None, clock: Clock) -> FoundCamera:
    """Raises DiscoveryError. Without `name` the camera is asked for it."""
    offset = await _offset(session, clock)
    session.offset = offset or timedelta()
    device = await session.call(session.device, "GetDeviceInformation")
    services = await _media_services(session)
    return FoundCamera(
        address=session.address,
        name=name or await _name(session),
        manufacturer=plain(device.value("Manufacturer")),
        model=plain(device.value("Model")),
        firmware=plain(device.value("FirmwareVersion")),
        serial=plain(device.value("SerialNumber")),
        offset_s=offset.total_seconds() if offset is not None else None,
        profiles=await _profiles(session, services),
    )


async def _offset(session: Session, clock: Clock) -> timedelta | None:
    """The camera's clock minus ours. ONVIF has the time told without a login; some cameras want one all the same."""
    asked_at = clock.now()
    try:
        answer = await session.call(session.device, "GetSystemDateAndTime", authless=True)
    except LoginRefused:
        asked_at = clock.now()
        answer = await session.call(session.device, "GetSystemDateAndTime")
    except RequestDeclined:
        return None
    told = camera_time(answer)
    if told is None:
        return None
    return told + _HALF_A_SECOND - (asked_at + (clock.now() - asked_at) / 2)


def camera_time(answer: Element) -> datetime | None:
    """The UTC that a camera tells; None where it tells none, or none that there is. It is cut to whole seconds."""
    told = answer.first("SystemDateAndTime", "UTCDateTime")
    if told is None:
        return None
    try:
        year, month, day = (int(told.value("Date", part) or "") for part in ("Year", "Month", "Day"))
        hours, minutes, seconds = (int(told.value("Time", part) or "") for part in ("Hour", "Minute", "Second"))
        if not 1970 <= year <= 2100:  # beyond those a date cannot be reckoned with, nor written into a login
            return None
        # By addition: cameras tell of 24:00:00 and of second 60.
        since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return datetime(year, month, day, tzinfo=UTC) + since
    except (ValueError, OverflowError):
        return None


async def _media_services(session: Session) -> list[Service]:
    """Media2 before Media, at the camera. Older cameras know GetCapabilities alone."""
    try:
        answer = await session.call(session.device, "GetServices", "<r:IncludeCapability>false</r:IncludeCapability>")
        told = {one.value("Namespace"): one.value("XAddr") for one in answer.every("Service")}
    except RequestDeclined:
        answer = await session.call(session.device, "GetCapabilities", "<r:Category>Media</r:Category>")
        told = {MEDIA: answer.value("Capabilities", "Media", "XAddr")}
    found = [session.service(space, address) for space in (MEDIA2, MEDIA) if (address := told.get(space))]
    if not found:
        raise DiscoveryError(
            session.address,
            "it has no media service, so it shows no video by ONVIF. Is it a camera? A sensor, a door or a loudspeaker "
            "has none; leave it out",
        )
    return found


async def _profiles(session: Session, services: list[Service]) -> tuple[Profile, ...]:
    """Of the first service that has any, with their streams' addresses; a stream without one stays without."""
    declined: RequestDeclined | None = None
    for service in services:
        try:
            found = await media.profiles(session, service)
        except RequestDeclined as error:
            declined = error
            continue
        if found:
            return tuple([await _with_stream(session, service, profile) for profile in found])
    raise declined or DiscoveryError(
        session.address, "it has no profile with a video encoder. Set up a video stream in the camera's own menu"
    )


async def _with_stream(session: Session, service: Service, profile: Profile) -> Profile:
    try:
        return replace(profile, stream=await media.stream_address(session, service, profile))
    except RequestDeclined:
        return profile


async def _name(session: Session) -> str | None:
    try:
        answer = await session.call(session.device, "GetScopes")
    except DiscoveryError:
        return None  # only a name
    return scope(" ".join(item.text for item in answer.every("ScopeItem")), "name")
