"""Brands: which of an organisation's names are served here, and where the others are told to go."""

import uuid
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Audited, Base, Owned, new_id


class Brand(Owned, Audited, Base):
    """A brand of an organisation. `elsewhere` is the kind way on, by language, when it is not served."""

    __tablename__ = "brand"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]
    name: Mapped[str]
    is_served: Mapped[bool]
    elsewhere: Mapped[dict[str, Any]]
