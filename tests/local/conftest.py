"""The real server, for every test of this folder."""

from tests.support.local_server import parrot as parrot
