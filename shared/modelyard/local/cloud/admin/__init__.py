"""The cloud's own interface, on loopback only: ``http://127.0.0.1:PORT/modelyard/...``.

Everybody who can reach the port may use it. Answers carry no secrets; what changes something needs
``Content-Type: application/json`` or a method that a foreign web page can't send.
"""
