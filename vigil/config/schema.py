"""The file's shape: `site` (vigil/model/site.py), `center` and `nodes`. Relative paths begin at the file's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from vigil.config.channels import NotifySettings
from vigil.model.escalation import Escalation
from vigil.model.ids import CameraId, HallId, NodeId
from vigil.model.ledger import LedgerRules
from vigil.model.people import Role
from vigil.model.retention import Keep
from vigil.model.site import Forward, Secret, Site, Strict


@dataclass(frozen=True, slots=True)
class S3Settings(Strict):
    endpoint: str
    """http:// or https:// address of the store."""
    bucket: str
    access_key: Secret
    secret_key: Secret
    region: str = "us-east-1"
    public_endpoint: str | None = None
    """The same store as the nodes reach it, where that is another address."""


@dataclass(frozen=True, slots=True)
class ObjectSettings(Strict):
    """Where segments, clips and snapshots are kept: a folder or an S3 bucket, one of the two."""

    folder: str | None = None
    s3: S3Settings | None = None
    at_most_gib: float | None = None
    """What footage may take; beyond it what need not be kept goes first. None: as much as there is."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings(Strict):
    """A PostgreSQL server."""

    url: str
    """postgresql+psycopg:// address, with the user and without the password."""
    password: Secret | None = None
    """None: the server lets us in without, as over a socket."""
    tls_ca: str | None = None
    """PEM file of the authority that signed the server's certificate; None: those that the system trusts."""


@dataclass(frozen=True, slots=True)
class RtspUser(Strict):
    """Another platform that may pull. The register names it with its unit and reason (decree 799, article 16)."""

    name: str
    password: Secret
    unit: str
    reason: str
    halls: tuple[HallId, ...] = ()
    """All cameras of these halls."""
    cameras: tuple[CameraId, ...] = ()
    """And these."""


@dataclass(frozen=True, slots=True)
class RtspSettings(Strict):
    """Live pictures and recordings for other platforms."""

    users: tuple[RtspUser, ...]
    listen: str = "127.0.0.1:8554"
    clear_text: bool = False
    """True: `listen` may be another address than loopback, where pictures can be read on the network."""
    tls_listen: str | None = None
    """RTSPS."""
    tls_certificate: str | None = None
    """None: the centre's; a centre behind a reverse proxy has none of its own."""
    tls_key: str | None = None


@dataclass(frozen=True, slots=True)
class OidcSettings(Strict):
    """An identity provider (OpenID Connect) whose people may log in here, with roles by what it says of them."""

    issuer: str
    """https:// address; its configuration is at /.well-known/openid-configuration below it."""
    client_id: str
    client_secret: Secret
    redirect_uri: str
    """Where the provider sends browsers back to: https://HOST/api/v1/session/oidc/callback."""
    roles: dict[str, tuple[str, ...]]
    """By a value of the claim: roles, as `operator` or `hall@ID`. Who has none of the values is refused."""
    claim: str = "groups"
    name: str = "OpenID Connect"
    """On the button of the login page."""
    username_claim: str = "preferred_username"
    name_claim: str = "name"
    unit_claim: str = "department"
    """The office; the register must name it."""
    scopes: tuple[str, ...] = ("openid", "profile")


@dataclass(frozen=True, slots=True)
class IdentitySettings(Strict):
    key: Secret | None = None
    """Seals what second factors are made of; at least 32 characters. None: nobody can enrol one."""
    old_keys: tuple[Secret, ...] = ()
    """Keys that were in force before: at the start all is sealed anew with `key`, and then they can go."""
    second_factor: tuple[Role, ...] = ()
    """Who holds one of these roles must have a second factor."""
    oidc: OidcSettings | None = None


@dataclass(frozen=True, slots=True)
class CenterSettings(Strict):
    data: str
    """Folder of the centre's scratch files, and of its database where that is SQLite."""
    objects: ObjectSettings
    database: DatabaseSettings | None = None
    """None: SQLite in `data`."""
    listen: str = "127.0.0.1:8480"
    tls_certificate: str | None = None
    tls_key: str | None = None
    origins: tuple[str, ...] = ()
    """Further origins that may use the API, for a centre behind a reverse proxy (https://host)."""
    metrics_token: Secret | None = None
    rtsp: RtspSettings | None = None
    """None: nobody pulls."""
    forwards: dict[CameraId, tuple[Forward, ...]] = field(default_factory=dict)
    """By camera: media servers that the centre pushes it to, for those that the hall does not reach."""
    public_url: str | None = None
    """Where people reach the screen, for links in messages; None: messages have no links."""
    notify: NotifySettings | None = None
    """None: alerts are told on the screen alone."""
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    escalation: Escalation = field(default_factory=Escalation)
    keep: Keep = field(default_factory=Keep)
    """To whom an alert goes that nobody takes further."""
    ledger: LedgerRules = field(default_factory=LedgerRules)
    """What is offered for the ledger, and when its deadlines are told."""


class DetectorBackend(StrEnum):
    OPENVINO = "openvino"
    ULTRALYTICS = "ultralytics"


class DetectorPrecision(StrEnum):
    INT8 = "int8"
    FP16 = "fp16"


@dataclass(frozen=True, slots=True)
class DetectorEntry(Strict):
    backend: DetectorBackend = DetectorBackend.OPENVINO
    model: str | None = None
    """A path, or for Ultralytics a model's name; None: the YOLOv8n that comes with vigil."""
    threads: int | None = None
    """None: the machine's cores but one, at most eight."""
    confidence: float = 0.25
    doubt: float = 0.1
    precision: DetectorPrecision = DetectorPrecision.INT8
    """Of the weights that come with vigil."""
    device: str = "cpu"
    """Ultralytics' name of what computes: cpu, 0, cuda:1."""


@dataclass(frozen=True, slots=True)
class UploadWindow(Strict):
    hours: str
    """HH:MM-HH:MM in the site's time zone."""
    mbit_s: float
    """0: nothing goes."""


@dataclass(frozen=True, slots=True)
class UploadSettings(Strict):
    """How much of the line footage may take. Alerts and live pictures are not held back."""

    mbit_s: float | None = None
    """None: all there is."""
    windows: tuple[UploadWindow, ...] = ()


@dataclass(frozen=True, slots=True)
class ProxySettings(Strict):
    url: str
    """http:// address of the proxy, without credentials."""
    username: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class NodeSettings(Strict):
    id: NodeId
    center: str
    """ws:// or wss:// address of the centre."""
    data: str
    """Folder of the outbox and the spool, on a local disk."""
    key: Secret | None = None
    """What proves this node to the centre. None, in the centre's file: the node is enrolled (`vigil enrol`)."""
    listen: str = "127.0.0.1:9480"
    """Where /metrics and /healthz of the node are served; loopback only."""
    segment_s: float = 30
    spool_gib: float = 20
    outbox_mib: float = 256
    uploads: UploadSettings = field(default_factory=UploadSettings)
    proxy: ProxySettings | None = None
    """Where the hall reaches the centre through an HTTP proxy."""
    detector: DetectorEntry = field(default_factory=DetectorEntry)


@dataclass(frozen=True, slots=True)
class _File(Strict):
    """The YAML file as written."""

    site: Site | None = None
    center: CenterSettings | None = None
    nodes: tuple[NodeSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class Configuration:
    """A file that passed every check. `folder` is where its relative paths begin."""

    file: Path
    site: Site | None
    center: CenterSettings | None
    nodes: tuple[NodeSettings, ...]

    @property
    def folder(self) -> Path:
        return self.file.parent

    def path(self, relative: str) -> Path:
        return (self.folder / Path(relative).expanduser()).resolve()

    def node(self, node_id: str) -> NodeSettings | None:
        return next((node for node in self.nodes if node.id == node_id), None)
