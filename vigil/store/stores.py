"""All nouns over one database, as the centre hands them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vigil.store.alert_steps import AlertSteps
from vigil.store.alerts import Alerts
from vigil.store.api_tokens import ApiTokens
from vigil.store.clips import Clips
from vigil.store.clocks import Clocks
from vigil.store.completeness import FootageHours
from vigil.store.database import Database
from vigil.store.deliveries import Deliveries
from vigil.store.expiry import Expiry
from vigil.store.figure_expiry import FigureExpiry
from vigil.store.footage import Footage
from vigil.store.holds import Holds
from vigil.store.identities import Identities
from vigil.store.leavings import Leavings
from vigil.store.ledger import Ledger
from vigil.store.minutes import Minutes
from vigil.store.mutes import Mutes
from vigil.store.node_keys import NodeKeys
from vigil.store.notices import Notices
from vigil.store.observations import Observations
from vigil.store.outcomes import Outcomes
from vigil.store.queue_sums import QueueSums
from vigil.store.recording import Recording
from vigil.store.register import Register
from vigil.store.reports import Reports
from vigil.store.second_factors import SecondFactors
from vigil.store.sessions import Sessions
from vigil.store.site_versions import SiteVersions
from vigil.store.suspensions import Suspensions
from vigil.store.traces import Traces
from vigil.store.users import Users
from vigil.store.window_sums import WindowSums


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
    second_factors: SecondFactors
    api_tokens: ApiTokens
    identities: Identities
    holds: Holds
    expiry: Expiry
    figure_expiry: FigureExpiry
    window_sums: WindowSums
    reports: Reports
    recording: Recording
    queue_sums: QueueSums
    outcomes: Outcomes
    notices: Notices
    deliveries: Deliveries
    site_versions: SiteVersions
    leavings: Leavings

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
            second_factors=SecondFactors(database),
            api_tokens=ApiTokens(database),
            identities=Identities(database),
            holds=Holds(database),
            expiry=Expiry(database),
            figure_expiry=FigureExpiry(database),
            window_sums=WindowSums(database),
            reports=Reports(database),
            recording=Recording(database),
            queue_sums=QueueSums(database),
            outcomes=Outcomes(database),
            notices=Notices(database),
            deliveries=Deliveries(database),
            site_versions=SiteVersions(database),
            leavings=Leavings(database),
        )
