"""The end of a log: what a message shows of it."""

from __future__ import annotations

from modelyard.log_ends import indented, without_server

SERVER = "/azureml-envs/lib/python3.11/site-packages/azureml_inference_server_http/server"
RAISED = f"""\
Initializing logger
12:00:00 E [8] azmlinfsrv - Traceback (most recent call last):
  File "{SERVER}/user_script.py", line 77, in load_script
    main_module_spec.loader.exec_module(user_module)
                            ^^^^^^^^^^^
  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
  File "/var/azureml-app/code/score.py", line 1, in <module>
    import grapes
  File "/azureml-envs/lib/python3.11/site-packages/grapes.py", line 2, in <module>
    import vines
ModuleNotFoundError: No module named 'vines'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{SERVER}/aml_blueprint.py", line 91, in setup
    self.user_script.load_script(config.app_root)
  File "{SERVER}/user_script.py", line 79, in load_script
    raise UserScriptImportException(ex) from ex
azureml_inference_server_http.server.user_script.UserScriptImportException: Failed to import

12:00:00 I [8] gunicorn.error - Worker exiting (pid: 8)
"""
OF_THE_SCRIPT = """\
Initializing logger
12:00:00 E [8] azmlinfsrv - Traceback (most recent call last):
  File "/var/azureml-app/code/score.py", line 1, in <module>
    import grapes
  File "/azureml-envs/lib/python3.11/site-packages/grapes.py", line 2, in <module>
    import vines
ModuleNotFoundError: No module named 'vines'

12:00:00 I [8] gunicorn.error - Worker exiting (pid: 8)
"""


def test_a_traceback_is_that_of_the_script() -> None:
    assert without_server(RAISED) == OF_THE_SCRIPT


def test_a_script_that_raises_from_another_error_keeps_both() -> None:
    log = RAISED.replace("azureml_inference_server_http.server.user_script.User", "grapes.User")
    assert "The above exception was the direct cause" in without_server(log)
    assert "grapes.UserScriptImportException: Failed to import" in without_server(log)


def test_the_last_lines_are_shown_without_empty_ones() -> None:
    assert indented("1\n\n2  \n3\n", lines=2) == "    2\n    3"
    assert indented(" \n") == "    (it printed nothing)"
