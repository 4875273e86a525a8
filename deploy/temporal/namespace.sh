#!/bin/sh
# Makes the namespace TEMPORAL_NAMESPACE on the server at TEMPORAL_ADDRESS, unless it is
# there; the CLI reads both by itself. Closed orders stay visible for RETENTION. The
# orders themselves are remembered by our own database, however short that is.
set -eu

attempts=60
until temporal operator cluster health; do
  attempts=$((attempts - 1))
  if [ "$attempts" -eq 0 ]; then
    echo "no healthy Temporal server at $TEMPORAL_ADDRESS within five minutes" >&2
    exit 1
  fi
  sleep 5
done

# Between the two somebody else may create it: then create fails, and describe finds it.
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION" ||
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null
echo "namespace $TEMPORAL_NAMESPACE is there"
