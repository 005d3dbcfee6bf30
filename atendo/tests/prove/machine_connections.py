"""Connections that end, by us or by the server, and SQL that undoes the settings of a session."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from hypothesis import strategies as st
from hypothesis.stateful import rule

from atendo.tests.prove.machine_transactions import (
    Transactions,
    outside_blocks,
    outside_those_by_hand,
    while_usable,
)
from tenants.tests.statements import execute, kill_the_connection

SESSION_COMMANDS = [
    "RESET ROLE",
    "SET ROLE NONE",
    "SET LOCAL ROLE NONE",
    "SET SESSION AUTHORIZATION DEFAULT",
    "SET app.company_id = '1'",
    "SET LOCAL app.company_id = '1'",
    "RESET ALL",
    "DISCARD ALL",  # which a transaction refuses
]


class Connections(Transactions):
    def __init__(self):
        super().__init__()
        self.lost = False  # the connection, inside blocks that are still open

    @outside_blocks
    @rule(close=st.booleans())
    def end_a_request(self, close):
        """The next one may begin in the scope in which this one ended."""
        self.before_the_end()
        self.look()
        connection.close() if close else connection.close_if_unusable_or_obsolete()
        self.request_ended()
        self.look()

    @outside_those_by_hand
    @rule(checked=st.booleans())
    def lose_the_connection(self, checked):
        """A health check, once a request and in no transaction, spares it the error."""
        self.before_the_end()
        self.look()
        connection.health_check_done = not checked
        kill_the_connection()
        if self.blocks():
            self.failed = self.lost = True
        if self.blocks() or not checked:
            with pytest.raises(OperationalError):
                execute()
            connection.close_if_unusable_or_obsolete()
        self.look()

    def rolled_back(self):
        self.failed = self.lost = self.lost and self.blocks() > 0
        super().rolled_back()

    @while_usable
    @rule(command=st.sampled_from(SESSION_COMMANDS))
    def undo_the_settings(self, command):
        """The statement after it is right again."""
        if command == "DISCARD ALL":
            self.before_the_end()
            command = "RESET ALL" if self.in_transaction() else command
        with connection.cursor() as cursor:
            cursor.execute(command)
