"""Run history: experiments and runs, whichever SDK started them, with their children and logs."""
