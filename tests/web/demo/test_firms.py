"""The firms' systems: the register finds what people mean, customers' own things need the token."""

import time

import pytest
from flask.testing import FlaskClient

from web.demo.firms import TOKENS, create_firms


@pytest.fixture
def firms() -> FlaskClient:
    return create_firms().test_client()


def find(firms: FlaskClient, name: str) -> tuple[str, str | None, list[str]]:
    found = firms.get("/regulator/register", query_string={"name": name}).get_json()
    entry = found["entry"]["name"] if found["entry"] else None
    return found["outcome"], entry, [candidate["name"] for candidate in found["candidates"]]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("PT Dana Nusantara Tbk", "PT Dana Nusantara Tbk"),
        ("pt. dana nusantara", "PT Dana Nusantara Tbk"),
        ("Perseroan Terbatas Dana Nusantara", "PT Dana Nusantara Tbk"),
        ("KSP Dana Nusantara", "KSP Dana Nusantara"),
        ("Koperasi Simpan Pinjam Dana Nusantara", "KSP Dana Nusantara"),
        ("P.T. B.P.R. Gunung Mas", "PT BPR Gunung Mas"),
        ("bank perekonomian rakyat gunung mas", "PT BPR Gunung Mas"),
        ("Bank Samudra Raya", "PT Bank Samudra Raya Tbk"),
        ("dapen pekerja bahari", "Dana Pensiun Pekerja Bahari"),
        ("KRIPTO GARUDA GLOBAL!!", "Kripto Garuda Global"),
        ("Dana Nusantara Cepat Cair", "Dana Nusantara Cepat Cair"),
    ],
)
def test_a_name_that_means_one_firm_is_exact(firms: FlaskClient, asked: str, meant: str) -> None:
    assert find(firms, asked)[:2] == ("exact", meant)


@pytest.mark.parametrize(
    ("asked", "among"),
    [
        ("Dana Nusntara", ["PT Dana Nusantara Tbk", "KSP Dana Nusantara"]),
        ("dana nusantara", ["PT Dana Nusantara Tbk", "KSP Dana Nusantara", "Dana Nusantara Cepat Cair"]),
        ("Sumber Rejeki", ["PT BPR Sumber Rejeki Makmur", "PT BPR Sumber Rejeki Abadi"]),
        ("modal bahri", ["PT Modal Bahari"]),
        ("gunungmas", ["PT BPR Gunung Mas"]),
        ("Asuransi Pelangi", ["PT Asuransi Jiwa Pelangi", "PT Asuransi Umum Pelangi"]),
        ("Kripto Garuda", ["Kripto Garuda Global"]),
        ("samudra raya", ["PT Bank Samudra Raya Tbk", "Samudra Raya Undian Nasabah"]),
        ("apakah PT Modal Bahari terdaftar?", ["PT Modal Bahari"]),
    ],
)
def test_anything_less_is_a_choice(firms: FlaskClient, asked: str, among: list[str]) -> None:
    outcome, entry, candidates = find(firms, asked)
    assert (outcome, entry) == ("candidates", None)
    assert set(among) <= set(candidates)
    assert len(candidates) <= 5


@pytest.mark.parametrize(
    "asked",
    ["Warung Kopi Tiga", "PT", "a", "Toko Bunga Mawar", "selamat pagi", "good morning", "🙂🙂", "pinjaman online cepat",
     "saya mau bertanya", "x" * 300, "I have a question", "terima kasih banyak"],
)  # fmt: skip
def test_what_resembles_nothing_finds_nothing(firms: FlaskClient, asked: str) -> None:
    assert find(firms, asked) == ("none", None, [])


def test_scores_fall_from_the_nearest_on(firms: FlaskClient) -> None:
    found = firms.get("/regulator/register?name=dana+nusntara+cepat").get_json()["candidates"]
    scores = [candidate["score"] for candidate in found]
    assert scores == sorted(scores, reverse=True)
    assert set(found[0]) == {"id", "name", "status", "kind", "kind_id", "kind_en", "since", "reference", "score"}


def test_the_register_wants_a_name(firms: FlaskClient) -> None:
    assert firms.get("/regulator/register?name=%20").status_code == 400


def test_a_customers_own_needs_the_connectors_token(firms: FlaskClient) -> None:
    right = {"Authorization": f"Bearer {TOKENS['telco']}"}
    assert firms.get("/telco/customers/anna/puk", headers=right).get_json()["code"] == "48213977"
    assert firms.get("/telco/customers/luc/invoice", headers=right).get_json()["amount"] == "119.35"
    assert firms.get("/telco/customers/nobody/puk", headers=right).status_code == 404
    for wrong in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": f"Basic {TOKENS['telco']}"}):
        assert firms.get("/telco/customers/anna/puk", headers=wrong).status_code == 401


def test_bad_days_are_made_and_end(firms: FlaskClient) -> None:
    address = "/control/trouble/regulator"
    firms.put(address, json={"garbage": True})
    assert firms.get("/regulator/register?name=x").get_json(silent=True) is None
    firms.put(address, json={"slow_seconds": 0.2})
    before = time.monotonic()
    assert firms.get("/regulator/register?name=x").status_code == 200
    assert time.monotonic() - before >= 0.2
    firms.put(address, json={"down": True})
    assert firms.get("/regulator/register?name=x").status_code == 503
    assert firms.get("/telco/customers/anna/puk").status_code == 401
    assert firms.delete(address).get_json() == {"down": False, "slow_seconds": 0.0, "garbage": False}
    assert firms.get("/regulator/register?name=x").status_code == 200
