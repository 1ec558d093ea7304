"""Setting up a project: ``modelyard setup azure-devops`` and ``modelyard setup github``.

``document`` and ``fields`` read ``modelyard.yml``; ``secret_values`` what it refers to; ``plan`` is
what is to be done and ``printing`` shows it; ``tenant`` is what needs rights in Azure itself. Each
platform has a package of its own that compares the file with what is there; ``command`` brings them
together.
"""
