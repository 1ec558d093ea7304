"""How a run is shown: as a live tree on a terminal, as lines, or as JSON for programs."""
