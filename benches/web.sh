#!/usr/bin/env bash
# What pages cost the run that they follow: the CPU time of a run at a steady rate without the view, with it and nobody there, and with
# so many pages that read everything.
# usage: benches/web.sh path/to/plimsoll [RATE] [SECONDS] [PAGES]
set -euo pipefail
plimsoll=$(realpath "${1:?path to plimsoll}")
rate=${2:-20000} seconds=${3:-20} pages=${4:-10} rounds=${ROUNDS:-3}
work=$(mktemp -d)
readers=()
cleanup() {
  for pid in "${readers[@]}" "${target:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

# where nginx is, it is the lighter target
port=25080
"$plimsoll" target --port $port --threads 1 >"$work/target.log" 2>&1 &
target=$!
sleep 1
cat >"$work/plan.yaml" <<PLAN
target: http://127.0.0.1:$port/demo
endpoints: {products: {get: /products}}
users: {u: {tasks: {look: {call: products}}}}
shape: {arrivals: {rate: $rate/s, for: ${seconds}s, max_users: 400}}
thresholds: [error_rate <= 100%]
PLAN

# CPU seconds of the run, with so many pages; the pages are curls that take every event and throw it away
measure() {
  local web=$1 count=$2 out="$work/out" said="$work/said"
  rm -rf "$out"
  ( cd "$work" && exec bash -c 'TIMEFORMAT="%U %S"; time "$@"' time "$plimsoll" run plan.yaml --out "$out" $web >/dev/null ) 2>"$said" &
  local run=$!
  readers=()
  if [ "$count" -gt 0 ]; then
    until grep -q "web view: http" "$said"; do sleep 0.05; done
    local url
    url=$(sed -n 's/^web view: //p' "$said")
    local at=${url%/\?token=*} token=${url#*token=}
    local name="plimsoll_${at##*:}"
    for _ in $(seq "$count"); do
      curl -sN -o /dev/null --cookie "$name=$token" "$at/events" & readers+=($!)
    done
  fi
  wait $run || true
  for pid in "${readers[@]}"; do kill "$pid" 2>/dev/null || true; done
  readers=()
  local cpu report
  cpu=$(tail -1 "$said" | awk '{print $1 + $2}')
  report=$(ls "$out"/*.json | head -1)
  python3 - "$report" "$cpu" "$1" "$count" <<'PY'
import json, sys
report = json.load(open(sys.argv[1]))
books, generator, total = report["books"], report["generator"], report["total"]
print(f"{sys.argv[3] or 'no view':>8} {sys.argv[4]:>3} pages: {float(sys.argv[2]):7.2f} s of CPU, {total['rate']:.0f}/s, "
      f"p99 {total['response_time']['p99']:.2f} ms, late p99 {generator['lateness_p99']:.3f} ms, "
      f"dropped {books['dropped']}, suspect {generator['suspect_seconds']} s")
PY
}

echo "$rate/s for ${seconds}s, $rounds rounds"
for _ in $(seq "$rounds"); do
  measure "" 0
  measure --web 0
  measure --web "$pages"
done
