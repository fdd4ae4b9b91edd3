"""The recognisers, one module a family; a new family is listed here and nowhere else."""

from compliance.recognisers import (
    birth_dates,
    cards,
    client_references,
    emails,
    health,
    ibans,
    money,
    names,
    national_numbers,
    phones,
    secrets,
    special,
)
from compliance.recognisers.distress import medical, self_harm, violence
from compliance.recognisers.finding import Alarm, Family

FAMILIES: tuple[Family, ...] = (
    cards.FAMILY,
    ibans.FAMILY,
    national_numbers.FAMILY,
    phones.FAMILY,
    emails.FAMILY,
    secrets.FAMILY,
    client_references.FAMILY,
    birth_dates.FAMILY,
    money.FAMILY,
    names.FAMILY,
    health.FAMILY,
    special.FAMILY,
)
ALARMS: tuple[Alarm, ...] = (medical.ALARM, self_harm.ALARM, violence.ALARM)
