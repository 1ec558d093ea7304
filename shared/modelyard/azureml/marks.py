"""What model-deploy writes to deployments, services and endpoints to know them again."""

from __future__ import annotations

FINGERPRINT = "modelyard.fingerprint"
"""Property of a deployment, tag of a service: the hash of all that it was asked to be."""
ORIGIN = "modelyard.rollout"
"""Property of a deployment, tag of a service or an endpoint: the rollout that made it. Random for
each: two jobs that deploy the same don't take what the other one made for their own."""
PROVEN = "modelyard.proven"
"""Tag of an endpoint: the deployment that was given all of the traffic, or had it before another
one got a part. A tag, since the properties of an endpoint can't be altered."""
