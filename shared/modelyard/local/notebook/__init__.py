"""The notebook runtime of the local cloud: what a Databricks cluster's driver does, in earnest.

A cluster is a *driver*: a child process in a session of its own (:mod:`.driver_process` is the
end the local cloud holds, :mod:`.driver` the process itself). Every run is a process of its own
again, so runs go side by side and each can be killed with everything it started. The layers,
from the outside in::

    driver_process   starts, watches and stops the driver            (in the local cloud)
    driver           takes orders, supervises the runs               (process 1)
    supervisor       one run's process: output, time-out, end; verdict makes the result
    bootstrap        starts any of these with any interpreter
    overlay          the run's own environment over the cluster's
    run_process      one run                                         (process 2)
    session          the cells of a notebook in one namespace
    dbutils/         what notebooks call

Processes talk in JSON lines over socket pairs, never over the output of a notebook.
"""
