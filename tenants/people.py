"""People: those who work for organisations, with one sign-in and a role in each."""

import functools
import uuid
from datetime import datetime

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Audited, Base, Owned, PlatformWide, db, new_id
from tenants.roles import Role

_hasher = PasswordHasher()


class User(PlatformWide, Base):
    """A person who signs in. The password is kept as an argon2id hash."""

    __tablename__ = "person"
    why = "One person may work for several firms and signs in before any of them acts."
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    __table_args__ = (sa.CheckConstraint("email = lower(email)", name="email_is_lower"),)


class Membership(Owned, Audited, Base):
    """A person's role in an organisation."""

    __tablename__ = "membership"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    role: Mapped[str]
    __table_args__ = (
        sa.UniqueConstraint("organisation_id", "user_id"),
        sa.CheckConstraint(sa.column("role").in_([role.value for role in Role]), name="role_is_known"),
    )


class NotAMember(LookupError):
    """The person does not work for this organisation."""


def register(*, email: str, name: str, password: str | None, now: datetime) -> User:
    """Register a person, or return who has this address already."""
    email = email.strip().lower()
    user = db.session.scalar(sa.select(User).where(User.email == email))
    if user is None:
        user = User(
            id=new_id(),
            email=email,
            name=name,
            password_hash=_hasher.hash(password) if password else None,
            created_at=now,
        )
        db.session.add(user)
        db.session.flush()
    return user


def join(*, user_id: uuid.UUID, role: Role) -> Membership:
    """Give a person a role in the acting organisation."""
    membership = Membership(id=new_id(), user_id=user_id, role=role.value)
    db.session.add(membership)
    db.session.flush()
    return membership


def member(*, user_id: uuid.UUID) -> tuple[User, Role]:
    """Return a person and their role in the acting organisation. Raise NotAMember."""
    row = db.session.execute(
        sa.select(User, Membership.role).join(Membership, Membership.user_id == User.id).where(User.id == user_id)
    ).first()
    if row is None:
        raise NotAMember
    return row[0], Role(row[1])


def names() -> dict[str, str]:
    """The names of all who work for the acting organisation, by their id."""
    rows = db.session.execute(sa.select(User.id, User.name).join(Membership, Membership.user_id == User.id))
    return {str(user_id): name for user_id, name in rows}


def by_email(email: str) -> User | None:
    """Find a person by address."""
    return db.session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def password_fits(user: User | None, password: str) -> bool:
    """Check a password; take as long for a person who does not exist."""
    stored = user.password_hash if user is not None else None
    try:
        _hasher.verify(stored or _nobodys_hash(), password)
    except VerifyMismatchError:
        return False
    return stored is not None


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(uuid.uuid4().hex)
