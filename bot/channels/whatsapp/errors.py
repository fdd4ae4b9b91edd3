"""What to do about each error of the Cloud API, as one table.

The one rule: whatever may have been accepted is UNKNOWN. The Cloud API has no idempotency
key, so a message is sent again only where a Graph error says that it was not taken.
Codes: developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

import enum

from bot.channels.base import Act


class Failure(enum.StrEnum):
    """How a call ended that brought no Graph error."""

    NOTHING_LEFT = "nothing_left"
    """Connection refused, connect or pool time-out: the request never left."""
    ANSWER_LOST = "answer_lost"
    """The request may have left: read time-out, broken connection, an answer too large to read."""
    NO_GRAPH_ERROR = "no_graph_error"
    """An answer came that neither confirms nor is a Graph error."""


_ACTS: dict[Act, tuple[int, ...]] = {
    Act.RETRY: (1, 2, 4, 80007, 130429, 131000, 131016, 131057, 132069),
    Act.PAIR_RETRY: (131056,),
    Act.PAUSE: (
        *(0, 3, 10, 33, 190, *range(200, 300), 368, 130497),
        *(131005, 131031, 131037, 131042, 131045, 131048, 131064, 133010, 133016),
    ),
    Act.FINAL: (
        *(
            100,
            130403,
            130472,
            131008,
            131009,
            131021,
            131026,
            131030,
            131051,
            131052,
            131053,
            131062,
            131063,
        ),
        *(
            132000,
            132001,
            132005,
            132007,
            132008,
            132012,
            132015,
            132016,
            132018,
            132068,
            137000,
        ),
    ),
    Act.TEMPLATE: (131047,),
    Act.LATER: (131049,),
    Act.NO_MARKETING: (131050,),
}
ACT_OF_CODE = {code: act for act, codes in _ACTS.items() for code in codes}

PAIR_RETRY_SECONDS = 4.0
"""Meta: retry after 4^n seconds, n the number of failures; this is the first."""
LATER_SECONDS = 24 * 3600.0


def act(*, code: int | None, http_status: int | None, failure: Failure | None = None) -> Act:
    """Decide what follows from a Graph error code, an HTTP status or a failure of the network."""
    if failure is Failure.NOTHING_LEFT:
        return Act.RETRY
    # A gateway answers 502 and 504 for a server behind it that may have taken the message.
    if failure is not None or code is None or http_status in (502, 504):
        return Act.UNKNOWN
    if code in ACT_OF_CODE:
        return ACT_OF_CODE[code]
    return _act_of_status(http_status)


def retry_after_seconds(what: Act, *, header: str | None = None) -> float | None:
    """Tell how long to wait at least, from the Retry-After header or from Meta's own rule."""
    if header is not None and header.isascii() and header.isdigit() and len(header) <= 6:
        return float(header)
    return {Act.PAIR_RETRY: PAIR_RETRY_SECONDS, Act.LATER: LATER_SECONDS}.get(what)


def _act_of_status(http_status: int | None) -> Act:
    if http_status is None:
        return Act.FINAL  # a status webhook said "failed" with a code that is new to us
    if http_status == 429 or http_status >= 500:
        return Act.RETRY
    if http_status in (401, 403):
        return Act.PAUSE
    return Act.FINAL
