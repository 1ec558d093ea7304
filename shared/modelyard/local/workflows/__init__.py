"""Workflows of GitHub on this machine: read and checked here, run by act.

``reading``, ``planning`` and ``model`` make the plan of a workflow and of what it calls;
``adaption`` writes copies that act can run, ``act`` finds and starts it, ``translation`` makes the
runner's events of what act says, ``running`` brings them together.
"""
