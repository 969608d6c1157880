#!/bin/sh
# quietly.sh "What is being done" command…: one progress line; the command's own output is shown only when it fails.
what=$1
shift
printf '%s…\n' "$what"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 </dev/null || {
  code=$?
  cat "$log" >&2
  printf 'That failed: %s. The lines above say why.\n' "$what" >&2
  exit "$code"
}
