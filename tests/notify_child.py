"""A process that sends what waits in a database to a webhook, until it is killed: `python -m tests.notify_child DATABASE URL`."""

from __future__ import annotations

import asyncio
import ssl
import sys
from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.robots import WEBHOOK_SECRET
from tests.unit.notify.samples import SITE
from vigil.center.notify.notifier import Notifier
from vigil.clock import SystemClock
from vigil.model.ids import ChannelName
from vigil.model.notices import ChannelKind, Language
from vigil.notify.channel import Label
from vigil.notify.message import Draughtsman
from vigil.notify.post import Poster
from vigil.notify.rules import Rule, Rules
from vigil.notify.webhook import Webhook, key_of
from vigil.store.database import Database
from vigil.store.stores import Stores

SITE_ZONE = ZoneInfo("Asia/Shanghai")
HOOK = ChannelName("hook")
LEASE = timedelta(seconds=3.5)
DEADLINE_S = 3.0


def make_notifier(database: Database, url: str) -> Notifier:
    poster = Poster(url, ssl.create_default_context(), deadline_s=DEADLINE_S)
    label = Label(HOOK, ChannelKind.WEBHOOK, Language.ZH, "127.0.0.1", ())
    channel = Webhook(label, poster, key_of(WEBHOOK_SECRET))
    rules = Rules((Rule((HOOK,)),), timedelta(0), SITE_ZONE)
    stores = Stores.over(database)
    return Notifier((channel,), rules, Draughtsman(SITE, None), stores, SystemClock(), chance=lambda: 0, lease=LEASE)


async def main(database_url: str, url: str) -> None:
    make_notifier(Database(database_url), url).start()
    sys.stdout.write("started\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
