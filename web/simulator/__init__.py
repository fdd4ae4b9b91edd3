"""The phone on which to try everything, and the stand-in of the Cloud API that it talks through."""
