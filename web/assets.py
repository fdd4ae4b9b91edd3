"""Static files under addresses that change with their content.

One rule: the digest of the whole folder stands in the path, not in a query, so that a
module's relative import and a sprite's reference carry it too and may be kept for a year.
"""

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"

blueprint = Blueprint("assets", __name__)


def install(app: Flask) -> None:
    """Serve the folder and teach templates `asset('house.css')`."""
    app.extensions["guichet.assets"] = digest(FOLDER)
    app.register_blueprint(blueprint)
    app.jinja_env.globals["asset"] = asset


def asset(file: str) -> str:
    """Give the address of a static file as it is now."""
    return url_for("assets.serve", digest=current_app.extensions["guichet.assets"], file=file)


def digest(folder: Path) -> str:
    """Digest names and contents of all files of a folder."""
    sha256 = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            sha256.update(file.relative_to(folder).as_posix().encode() + b"\0")
            sha256.update(hashlib.sha256(file.read_bytes()).digest())
    return sha256.hexdigest()[:16]


@blueprint.get("/static/<string(length=16):digest>/<path:file>")
def serve(digest: str, file: str) -> Response:
    """Serve a file; for good when the digest is today's, else to be asked for again."""
    response = send_from_directory(FOLDER, file, etag=True)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable"
        if digest == current_app.extensions["guichet.assets"]
        else "public, no-cache"
    )
    return response
