"""All nouns over one database, as the centre hands them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vigil.store.alert_steps import AlertSteps
from vigil.store.alerts import Alerts
from vigil.store.clips import Clips
from vigil.store.clocks import Clocks
from vigil.store.completeness import FootageHours
from vigil.store.database import Database
from vigil.store.expiry import Expiry
from vigil.store.footage import Footage
from vigil.store.holds import Holds
from vigil.store.ledger import Ledger
from vigil.store.minutes import Minutes
from vigil.store.mutes import Mutes
from vigil.store.node_keys import NodeKeys
from vigil.store.observations import Observations
from vigil.store.register import Register
from vigil.store.sessions import Sessions
from vigil.store.suspensions import Suspensions
from vigil.store.traces import Traces
from vigil.store.users import Users


@dataclass(frozen=True, slots=True)
class Stores:
    """`database.write()` around calls of several of them makes one transaction of all."""

    database: Database
    users: Users
    sessions: Sessions
    alerts: Alerts
    alert_steps: AlertSteps
    footage: Footage
    clips: Clips
    observations: Observations
    register: Register
    suspensions: Suspensions
    mutes: Mutes
    ledger: Ledger
    minutes: Minutes
    traces: Traces
    clocks: Clocks
    node_keys: NodeKeys
    footage_hours: FootageHours
    holds: Holds
    expiry: Expiry

    @classmethod
    def over(cls, database: Database) -> Self:
        return cls(
            database=database,
            users=Users(database),
            sessions=Sessions(database),
            alerts=Alerts(database),
            alert_steps=AlertSteps(database),
            footage=Footage(database),
            clips=Clips(database),
            observations=Observations(database),
            register=Register(database),
            suspensions=Suspensions(database),
            mutes=Mutes(database),
            ledger=Ledger(database),
            minutes=Minutes(database),
            traces=Traces(database),
            clocks=Clocks(database),
            node_keys=NodeKeys(database),
            footage_hours=FootageHours(database),
            holds=Holds(database),
            expiry=Expiry(database),
        )
