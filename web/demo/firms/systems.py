"""The firms' systems over HTTP: `/regulator/register`, `/telco/customers/{customer}/…`.

The one rule: what is somebody's own needs the connector's bearer token; the public register is public.
"""

import functools
import hmac
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from ruamel.yaml import YAML

from web.demo.firms.register import find
from web.demo.trouble import allow_trouble

TOKENS = {"telco": "telco-connector-of-the-demo"}


def create_firms() -> Flask:
    """Make the app that stands for every example firm's system."""
    app = Flask(__name__)
    allow_trouble(app)

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @app.get("/regulator/register")
    def register() -> Response:
        name = request.args.get("name", "").strip()
        if not name:
            abort(400, "name is missing")
        return jsonify(find(name=name))

    @app.get("/telco/customers/<customer>/puk")
    def puk(customer: str) -> Response:
        return jsonify(_of("telco", customer)["puk"])

    @app.get("/telco/customers/<customer>/invoice")
    def invoice(customer: str) -> Response:
        return jsonify(_of("telco", customer)["invoice"])

    @app.errorhandler(400)
    @app.errorhandler(401)
    @app.errorhandler(404)
    def refuse(error: Any) -> tuple[Response, int]:
        return jsonify(error=str(error.name)), int(error.code)

    return app


def _of(firm: str, customer: str) -> dict[str, Any]:
    """The customer's own, for the firm's connector alone; 401 or 404 else."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), TOKENS[firm].encode()):
        abort(401)
    found: dict[str, Any] | None = _customers().get(customer)
    if found is None:
        abort(404)
    return found


@functools.cache
def _customers() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(Path(__file__).with_name("customers.yaml"))
    for customer in document.values():
        customer["invoice"] = {name: str(value) for name, value in customer["invoice"].items()}
    return document
