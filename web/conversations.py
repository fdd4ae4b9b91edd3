"""A conversation as somebody of the firm may see it; what is opened is noted in the log."""

import uuid
from collections.abc import Sequence

from bot.conversation import Entry, thread
from compliance import audit
from tenants.roles import Permission
from web.access import here


def read(conversation_id: uuid.UUID, *, why: str) -> Sequence[Entry]:
    """The messages of a conversation, as far as the person is entitled. Reading content is an entry in the log."""
    visit = here()
    entries = thread(
        conversation_id,
        sees_content=visit.may(Permission.SEE_CONTENT),
        sees_masked=visit.may(Permission.SEE_MASKED),
    )
    if any(entry.text is not None for entry in entries):
        audit.record("read", subject=("conversation", conversation_id), details={"for": why})
    return entries
