"""Who acts: one at a time, and each thread for itself."""

import threading
import uuid

import pytest

from tenants import context
from tenants.context import Acting, Actor, NoTenant, TenantChanged

ACTOR = Actor("system", "test")


def test_nobody_acts_by_default() -> None:
    for ask in (context.current, context.current_organisation):
        with pytest.raises(NoTenant):
            ask()
    assert context.scope() == 0


def test_an_act_begins_and_ends() -> None:
    acting = Acting(uuid.uuid4(), ACTOR)
    token = context.enter(acting)
    try:
        assert context.current() is acting
        assert context.current_organisation() == acting.organisation_id
        assert context.scope() == id(acting)
    finally:
        context.leave(token)
    with pytest.raises(NoTenant):
        context.current()


def test_no_act_begins_inside_another() -> None:
    organisation_id = uuid.uuid4()
    token = context.enter(Acting(organisation_id, ACTOR))
    try:
        for other in (organisation_id, uuid.uuid4(), None):
            with pytest.raises(TenantChanged):
                context.enter(Acting(other, ACTOR))
        assert context.current_organisation() == organisation_id
    finally:
        context.leave(token)


def test_the_platform_is_no_organisation() -> None:
    token = context.enter(Acting(None, ACTOR))
    try:
        with pytest.raises(NoTenant):
            context.current_organisation()
    finally:
        context.leave(token)


def test_another_thread_does_not_inherit_the_act() -> None:
    token = context.enter(Acting(uuid.uuid4(), ACTOR))
    seen: list[int] = []
    try:
        thread = threading.Thread(target=lambda: seen.append(context.scope()))
        thread.start()
        thread.join()
    finally:
        context.leave(token)
    assert seen == [0]


def test_two_acts_of_the_same_people_are_two() -> None:
    organisation_id = uuid.uuid4()
    assert Acting(organisation_id, ACTOR) != Acting(organisation_id, ACTOR)
