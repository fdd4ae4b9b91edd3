"""Small stand-ins of the example firms' own systems: the regulator's register, the telco's customer system."""

from web.demo.firms.systems import TOKENS, create_firms

__all__ = ["TOKENS", "create_firms"]
