"""Each code of the Cloud API leads to one act; what may have been accepted is unknown."""

from typing import Any

import pytest

from bot.channels.base import Act
from bot.channels.whatsapp import errors
from bot.channels.whatsapp.errors import Failure

TABLE = {
    Act.RETRY: [1, 2, 4, 80007, 130429, 131000, 131016, 131057, 132069],
    Act.PAIR_RETRY: [131056],
    Act.PAUSE: [
        0,
        3,
        10,
        33,
        190,
        200,
        250,
        299,
        368,
        130497,
        131005,
        131031,
        131037,
        131042,
        131045,
        131048,
        131064,
        133010,
        133016,
    ],
    Act.FINAL: [
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
    ],
    Act.TEMPLATE: [131047],
    Act.LATER: [131049],
    Act.NO_MARKETING: [131050],
}


@pytest.mark.parametrize(("act", "code"), [(act, code) for act, codes in TABLE.items() for code in codes])
def test_a_known_code_decides_alone(act: Any, code: Any) -> None:
    assert errors.act(code=code, http_status=400) is act
    assert errors.act(code=code, http_status=None) is act


@pytest.mark.parametrize(
    ("code", "http_status", "failure", "act"),
    [
        (None, None, Failure.NOTHING_LEFT, Act.RETRY),
        (None, None, Failure.ANSWER_LOST, Act.UNKNOWN),
        (None, 200, Failure.NO_GRAPH_ERROR, Act.UNKNOWN),
        (None, 500, None, Act.UNKNOWN),
        (131000, 502, None, Act.UNKNOWN),
        (131000, 504, None, Act.UNKNOWN),
        (999999, 429, None, Act.RETRY),
        (999999, 500, None, Act.RETRY),
        (999999, 503, None, Act.RETRY),
        (999999, 401, None, Act.PAUSE),
        (999999, 400, None, Act.FINAL),
        (999999, None, None, Act.FINAL),
    ],
)
def test_without_a_known_code_the_status_and_the_failure_decide(
    code: Any, http_status: Any, failure: Any, act: Any
) -> None:
    assert errors.act(code=code, http_status=http_status, failure=failure) is act


@pytest.mark.parametrize(
    ("act", "header", "seconds"),
    [
        (Act.RETRY, "30", 30),
        (Act.RETRY, None, None),
        (Act.RETRY, "Fri, 01 Jan 2027", None),
        (Act.PAIR_RETRY, None, 4),
        (Act.LATER, None, 86400),
    ],
)
def test_the_wait_comes_from_the_header_or_from_metas_rule(act: Any, header: Any, seconds: Any) -> None:
    assert errors.retry_after_seconds(act, header=header) == seconds
