"""The whole of Atendo on free ports with a database of its own: for the story and the tests."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from atendo.demo_data import COMPANIES
from atendo.processes import LOCAL, Processes, free_port, manage, web_command


@dataclass
class Stack:
    """Simulator, web server and worker.  `folder` keeps the log and the simulator's state."""

    database: str
    folder: Path
    web_port: int = field(default_factory=lambda: free_port(0))
    simulator_port: int = field(default_factory=lambda: free_port(0))
    speed: str = "30"
    qr_seconds: str = "20"
    processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        environment = addresses(self.web_port, self.simulator_port)
        environment |= {"DEBUG": "true", "DATABASE_NAME": self.database}
        self.processes = Processes(environment=environment, log=self.folder / "stack.log")

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def simulator(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    def make_database(self, *, with_demo: bool = True) -> None:
        """Drop, create and migrate the database, with the demo's companies or without."""
        options = [] if with_demo else ["--empty"]
        environment = self.processes.full_environment | {"LOG_LEVEL": "WARNING"}
        subprocess.run(manage("fresh_database", *options), env=environment, check=True)

    def start(self) -> None:
        self.start_simulator()
        self.processes.start("web", web_command(self.web_port))
        self.processes.start("worker", manage("worker"))
        self.processes.wait_for("web", f"{self.site}/healthz")

    def start_simulator(self) -> None:
        state = str(self.folder / "simulator.json")
        options = ["--port", str(self.simulator_port), "--state", state]
        pace = ["--speed", self.speed, "--qr-seconds", self.qr_seconds]
        self.processes.start("simulator", manage("evolution_simulator", *options, *pace))
        self.processes.wait_for("simulator", f"{self.simulator}/")

    def add_phones(self) -> None:
        """One phone for each company and for each client of the demo."""
        for company in COMPANIES:
            for name, number in ((company.name, company.phone), *company.clients):
                body = json.dumps({"number": number.lstrip("+"), "name": name}).encode()
                request = urllib.request.Request(  # noqa: S310 -- the simulator's address
                    f"{self.simulator}/simulator/phones",
                    data=body,
                    headers={"Content-Type": "application/json"},
                )
                LOCAL.open(request, timeout=5).close()

    def stop_simulator(self) -> None:
        self.processes.stop("simulator")

    def stop(self) -> None:
        self.processes.stop_all()

    def log(self) -> str:
        return (self.folder / "stack.log").read_text(errors="replace")


def addresses(web: int, simulator: int) -> dict[str, str]:
    """The settings that tell the processes where the others are."""
    return {
        "SITE_URL": f"http://127.0.0.1:{web}",
        "WEBHOOK_BASE_URL": f"http://127.0.0.1:{web}",
        "EVOLUTION_API_URL": f"http://127.0.0.1:{simulator}",
        "EVOLUTION_API_KEY": "simulator-key",
    }
