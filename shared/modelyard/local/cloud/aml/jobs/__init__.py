"""Jobs of the present Azure ML: commands, and pipelines of commands, as clients of v2 send them."""
