#!/bin/sh
# Lists the clusters of a workspace: DATABRICKS_HOST, DATABRICKS_TOKEN.
set -eu
: "${DATABRICKS_HOST:?is the address of the workspace}" "${DATABRICKS_TOKEN:?is a secret}"
# On standard input: what stands on a command line is seen by every process of the machine.
curl -sSf -H @- "$DATABRICKS_HOST/api/2.0/clusters/list" <<EOF
Authorization: Bearer $DATABRICKS_TOKEN
EOF
echo
