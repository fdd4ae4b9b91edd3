"""Who may what: the table, said once more by hand, so that a change of it is a decision."""

import pytest

from tenants.roles import MAY, NotAllowed, Permission, Role, check_may, may

TABLE = {
    Permission.SEE_CONVERSATIONS: {Role.ADMIN, Role.AGENT, Role.OFFICER},
    Permission.SEE_CONTENT: {Role.AGENT, Role.OFFICER},
    Permission.SEE_MASKED: {Role.OFFICER},
    Permission.ANSWER_TICKETS: {Role.AGENT},
    Permission.SEE_DECISIONS: {Role.ADMIN, Role.OFFICER},
    Permission.RELEASE_HELD: {Role.OFFICER},
    Permission.SEE_LOG: {Role.OFFICER},
    Permission.CONFIGURE: {Role.ADMIN},
}


def test_every_role_and_permission_is_decided_upon() -> None:
    assert set(MAY) == set(Role)
    assert set(TABLE) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_says(role: Role, permission: Permission) -> None:
    allowed = role in TABLE[permission]
    assert may(role, permission) is allowed
    if allowed:
        check_may(role, permission)
    else:
        with pytest.raises(NotAllowed, match=permission.value):
            check_may(role, permission)


def test_nobody_who_answers_releases_and_nobody_who_configures_reads() -> None:
    for held in MAY.values():
        assert not {Permission.ANSWER_TICKETS, Permission.RELEASE_HELD} <= held
        assert not {Permission.CONFIGURE, Permission.SEE_CONTENT} <= held
