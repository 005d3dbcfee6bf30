"""How one simulator behaves, and how long the real server takes for each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# Seconds on the real server, before the speed setting divides them.
CREATE_WAIT_S = 5.0  # create with qrcode:true answers after a fixed sleep
CONNECT_WAIT_S = 2.0  # connect in state close answers after a fixed sleep
QR_READY_S = 3.0  # longer than connect waits: its first answer is {"count": 0}
QR_LIFE_S = 45.0
PAIRING_CODE_S = 1.0  # the pairing code follows its QR code
SCAN_RESTART_S = 1.0  # the 515 restart: state close for an instant
HANDSHAKE_S = 2.0
BOOT_S = 2.0  # instances are in the database but not yet in memory
ACK_S = 0.5
RETRY_FIRST_S = 5.0
RETRY_MAX_S = 300.0
RETRY_ATTEMPTS = 10

FASTEST_STEPS = 50


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one simulator.

    `speed` divides every delay of the real server. `qr_seconds` is the real life of a QR code
    and is not divided; None means 45 s / speed. `webhook_timeout` is in real seconds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    api_key: str = "simulator-key"
    speed: float = 1.0
    qr_seconds: float | None = None
    qr_limit: int = 30
    version: str = "2.3.6"
    logout_kills_inbound: bool | None = None
    webhook_timeout: float = 30.0
    release: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError("speed must be greater than 0")
        numbers = self.version.split("-")[0].split(".")
        object.__setattr__(self, "release", tuple(int(part) for part in numbers))

    def shortened(self, seconds: float) -> float:
        """Return a time of the real server divided by the speed."""
        return seconds / self.speed

    def real(self, seconds: float) -> float:
        """Return how long a step takes here.

        Steps never run more than 50 times faster, so that what follows them keeps its order.
        """
        return seconds / min(self.speed, FASTEST_STEPS)

    @property
    def qr_life(self) -> float:
        """Life of one QR code, in real seconds."""
        return self.shortened(QR_LIFE_S) if self.qr_seconds is None else self.qr_seconds

    @property
    def inbound_dies_on_logout(self) -> bool:
        """Defect of 2.3.1 to 2.3.6: after an API logout no inbound message is ever emitted."""
        if self.logout_kills_inbound is not None:
            return self.logout_kills_inbound
        return (2, 3, 1) <= self.release <= (2, 3, 6)
