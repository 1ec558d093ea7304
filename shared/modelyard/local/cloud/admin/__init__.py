"""The cloud's own interface, on loopback only: ``http://127.0.0.1:PORT/modelyard/...``.

A request needs the key of the state folder (see :mod:`.access`). Answers carry no secrets; what
changes something also needs ``Content-Type: application/json`` or a method that a foreign web page
can't send.
"""
