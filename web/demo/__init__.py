"""The world around the product in the demo and the tests: identity provider, firms' systems, scripted conversations."""
