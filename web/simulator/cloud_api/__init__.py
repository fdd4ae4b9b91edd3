"""A stand-in of Meta's Cloud API: for the simulator, the tests and the benchmarks.

The one rule: towards a firm it behaves like the real one, bad days included. Everything it
knows is in memory, and everything about it is ordered through `/_control/`.
"""

from flask import Flask

from web.simulator.cloud_api.control import control
from web.simulator.cloud_api.exchange import Exchange
from web.simulator.cloud_api.graph import graph
from web.simulator.cloud_api.page import page
from web.simulator.cloud_api.server import Server, serve
from web.simulator.cloud_api.world import Settings, World

__all__ = ["Server", "Settings", "create_cloud_api", "serve"]


def create_cloud_api(*, settings: Settings | None = None) -> Flask:
    """Make the stand-in as a Flask application; `serve` runs it."""
    app = Flask(__name__)
    app.extensions["cloud_api"] = Exchange(World(settings or Settings()))
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_blueprint(control)
    app.register_blueprint(page)
    app.register_blueprint(graph)
    return app
