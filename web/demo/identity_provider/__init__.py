"""A small, proper OpenID provider for the demo and the tests, one issuer a firm.

The one rule: it does what the specifications ask (discovery, code flow with PKCE S256, nonce,
one-time codes, exact redirect addresses, logout), only its people and its memory are small.
`{issuer}/{firm}` is each firm's issuer; staff and customers sign in through separate clients.
"""

from web.demo.identity_provider.provider import create_identity_provider
from web.demo.identity_provider.records import Audience, Client, Person

__all__ = ["Audience", "Client", "Person", "create_identity_provider"]
