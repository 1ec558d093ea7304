"""Online endpoints: deployments that are servers on this machine, behind one address each."""
