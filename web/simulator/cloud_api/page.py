"""A page that shows what the stand-in knows."""

from flask import Blueprint, current_app, render_template_string

from web.simulator.cloud_api.control import describe
from web.simulator.cloud_api.exchange import Exchange

page = Blueprint("page", __name__)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5">
<title>Cloud API stand-in</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top }
td { overflow-wrap: anywhere }
</style>
<h1>Stand-in of the Cloud API</h1>
<p>{{ state.sends }} messages accepted, {{ state.messages }} in all. Nothing here leaves this machine.</p>
<h2>Numbers</h2>
<table><thead><tr><th>Id</th><th>Number</th><th>Name</th><th>Account</th><th>App</th>
<th>Faults waiting</th></tr></thead>
<tbody>{% for number in state.numbers %}<tr><td>{{ number.id }}</td><td>{{ number.display }}</td>
<td>{{ number.name }}</td><td>{{ number.waba }}</td><td>{{ number.app }}</td>
<td>{{ number.faults }}</td></tr>{% endfor %}
</tbody></table>
<h2>Apps</h2>
<table><thead><tr><th>Id</th><th>Callback</th><th>Verified</th><th>Delivered</th><th>Under way</th></tr></thead>
<tbody>{% for app in apps %}<tr><td>{{ app.app.id }}</td><td>{{ app.app.callback_url }}</td>
<td>{{ app.app.verified }}</td><td>{{ app.counts.delivered }}</td><td>{{ app.pending }}</td></tr>{% endfor %}
</tbody></table>
<h2>Phones</h2>
<table><thead><tr><th>Who</th><th>Number</th><th>User id</th><th>Last message</th></tr></thead>
<tbody>{% for phone in phones %}<tr><td>{{ phone.who }}</td><td>{{ phone.phone }}</td><td>{{ phone.bsuid }}</td>
<td>{{ phone.last }}</td></tr>{% endfor %}
</tbody></table>
</html>
"""
_MOST_PHONES = 50


@page.get("/")
def show() -> str:
    """Show numbers, apps and phones."""
    exchange: Exchange = current_app.extensions["cloud_api"]
    world = exchange.world
    state = describe(exchange)
    with world.changed:
        last = {who: messages[-1].shown.get("text", "") for (who, _), messages in world.threads.items() if messages}
    phones = [{**phone, "last": last.get(phone["who"], "")} for phone in state["phones"][-_MOST_PHONES:]]
    return render_template_string(_PAGE, state=state, apps=list(exchange.subscribers.values()), phones=phones)
